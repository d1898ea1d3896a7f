"""DNS zones as files (S0.4), empty vRacks, and the service keys of a Connect that a partner delivers (S2.18)."""

import json
from urllib.parse import quote

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot, read_related, unread_findings
from unrack.providers.ovhcloud.products import DOMAIN
from unrack.providers.ovhcloud.schemas.published import ServiceKey
from unrack.providers.ovhcloud.service import OvhService, service_of, unless_parent_answers


async def capture_zone(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """The zone as OVHcloud exports it. A domain may have its zone elsewhere; then the file says so."""
    service = service_of(api, call.service)
    note, text = msg("kept the zone file"), ""
    zone = f"/domain/zone/{quote(service.name)}"
    try:
        text = await unless_parent_answers(api, zone, f"{zone}/export", lambda: api.get(f"{zone}/export", str))
    except UnrackError as error:
        if service.product is not DOMAIN or error.problem.category is not Category.NOT_FOUND:
            raise
        note = msg("OVHcloud has no zone of this name: its DNS is served elsewhere")
    content = (text or f"; {note}\n").encode()
    record = Record(type="zone-file", name=f"{service.name}.zone", media_type="text/dns", content=content)
    return Captured(records=(record,), note=note, clock=await api.clock())


async def check_vrack_empty(api: OvhApi, call: StepCall, materials: Materials) -> Findings:
    """Block for every item still in the vRack. The runbook of its product, or a person in the panel, takes it out.

    A kind that could not be looked at blocks, too (OVHcloud describes no list of VMware virtual data centres, for one),
    unless it could not be either when the configuration was captured: then a person has decided on it.
    """
    related = await read_related(service_of(api, call.service))
    captured = materials.evidence.get(EVIDENCE)
    before = ProductSnapshot.from_bytes(captured).unread if captured else None
    found: list[Finding] = list(unread_findings(related.unread, before))
    for kind, items in related.lists.items():
        if items:
            text = msg(
                "still in the vRack: {kind} {join}. Take it out first",
                kind=kind,
                join=", ".join(item.id for item in items),
            )
            found.append(Finding(subject="vRack", text=text, blocking=True))
    return tuple(found) or (Finding(subject="vRack", text=msg("nothing is in the vRack")),)


_KEY_SHOWN = 4
"""Characters of a key that are kept: enough to tell keys apart at the partner, not enough to use one."""

_KEY_OVER = frozenset({"cancelled", "terminated"})


async def capture_service_keys(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Which keys there are. A key lets a partner connect, so only its end is kept."""
    service = service_of(api, call.service)
    keys = await _service_keys(service)
    content = [
        {"id": key.id, "partner": key.provider, "status": key.status, msg("key ends with"): key.key[-_KEY_SHOWN:]}
        for key in keys
    ]
    record = Record(
        type="service-keys",
        name=f"service-keys-{service.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2).encode(),
    )
    return Captured(records=(record,), note=msg("{len} service keys", len=len(keys)), clock=await api.clock())


async def check_service_keys(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """The state of each key. Never blocks: how soon OVHcloud hears of the partner's cancellation is not published."""
    keys = await _service_keys(service_of(api, call.service))
    return tuple(Finding(subject=msg("service key"), text=_key_words(key)) for key in keys)


async def _service_keys(service: OvhService) -> list[ServiceKey]:
    path = f"{service.path}/serviceKey"
    numbers = await service.below("/serviceKey", list[int])
    return [await service.api.get(f"{path}/{number}", ServiceKey) for number in numbers]


def _key_words(key: ServiceKey) -> str:
    text = msg(
        "the key that ends with {key}, at {provider}, is {status}",
        key=key.key[-_KEY_SHOWN:],
        provider=key.provider,
        status=key.status,
    )
    return text if key.status in _KEY_OVER else msg("{text}: the partner's side may still stand", text=text)
