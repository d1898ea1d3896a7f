"""The service keys of a Connect service that a partner delivers (S2.18): what OVHcloud shows of the other side."""

import json

from unrack.contracts.calls import StepCall
from unrack.model.service import Finding
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.schemas_products import ServiceKey
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.transport import OvhApi

_SHOWN = 4
"""Characters of a key that are kept: enough to tell keys apart at the partner, not enough to use one."""

_OVER = frozenset({"cancelled", "terminated"})


async def capture(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Which keys there are. A key lets a partner connect, so only its end is kept."""
    service = service_of(api, call.service)
    keys = await _keys(service)
    content = [
        {"id": key.id, "partner": key.provider, "status": key.status, "key ends with": key.key[-_SHOWN:]}
        for key in keys
    ]
    record = Record(
        type="service-keys",
        name=f"service-keys-{service.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2).encode(),
    )
    return Captured(records=(record,), note=f"{len(keys)} service keys", clock=await api.clock())


async def check(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """The state of each key. Never blocks: how soon OVHcloud hears of the partner's cancellation is not published."""
    keys = await _keys(service_of(api, call.service))
    return tuple(Finding(subject="service key", text=_words(key)) for key in keys)


async def _keys(service: OvhService) -> list[ServiceKey]:
    path = f"{service.path}/serviceKey"
    numbers = await service.below("/serviceKey", list[int])
    return [await service.api.get(f"{path}/{number}", ServiceKey) for number in numbers]


def _words(key: ServiceKey) -> str:
    text = f"the key that ends with {key.key[-_SHOWN:]}, at {key.provider}, is {key.status}"
    return text if key.status in _OVER else f"{text}: the partner's side may still stand"
