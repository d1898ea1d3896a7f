"""Polls of changes that OVHcloud makes in its own time: the end of the service, and its disappearance."""

import json

from unrack.contracts.calls import StepCall
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Materials, Polled, Record
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.services import BilledService
from unrack.providers.ovhcloud.service import service_of
from unrack.providers.ovhcloud.termination import POLICY


async def await_end(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """Whether OVHcloud has ended the service; blocks when the end that is awaited is no longer planned."""
    service = service_of(api, call.service)
    liveness = await service.liveness()
    clock, billed = await api.clock(), liveness.billed
    dated = liveness.ended or liveness.terminated
    effective = billed.ends_at if billed and (dated or billed.planned) else None
    if liveness.ended:
        return Polled(
            reached=True, note=msg("ended: {words}", words=liveness.words()), clock=clock, effective_at=effective
        )
    return Polled(
        reached=False,
        note=msg("not ended: {words}", words=liveness.words()),
        clock=clock,
        findings=() if service.product.own_end else _will_not_come(billed, call),
        look_again_at=billed.ends_at if billed and billed.planned else None,
        effective_at=effective,
    )


async def verify_gone(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """The service is closed or no longer answered for, and not listed as living (S2.14). Keeps the answers."""
    service = service_of(api, call.service)
    liveness = await service.liveness()
    listed = await service.listed()
    clock = await api.clock()
    words = liveness.words()
    note = (
        msg("{words}; still in the list of services", words=words)
        if listed
        else msg("{words}; not in the list of services", words=words)
    )
    content = {
        "service": service.id,
        "read_at": clock.shown.isoformat(),
        f"GET {service.path}": liveness.shown.value,
        f"GET {service.collection or '/services'}": "listed" if listed else msg("not listed"),
        "GET /services": liveness.billed.model_dump(mode="json", by_alias=True)
        if liveness.billed
        else msg("not listed"),
    }
    record = Record(
        type="gone",
        name=f"gone-{service.id.replace(':', '-')}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True).encode(),
    )
    effective = liveness.billed.ends_at if liveness.ended and liveness.billed else None
    records = (record,) if liveness.ended else ()
    return Polled(reached=liveness.ended, note=note, clock=clock, records=records, effective_at=effective)


def _will_not_come(billed: BilledService | None, call: StepCall) -> tuple[Finding, ...]:
    if billed is None:
        return ()
    renew = billed.billing.renew
    if call.timing is Timing.LET_EXPIRE and renew and renew.current.mode == "automatic":
        text = msg("renewal was switched back to automatic: the service will not expire. Switch it off, or cancel it")
        return (Finding(subject=msg("planned end"), text=text, blocking=True),)
    wanted = POLICY.get(call.timing)
    if wanted is None or wanted in billed.planned:
        return ()
    text = msg("the planned end is no longer planned: someone took it back. Ask them, then schedule it again")
    return (Finding(subject=msg("planned end"), text=text, blocking=True),)
