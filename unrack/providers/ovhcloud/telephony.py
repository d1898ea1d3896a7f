"""Telephony groups, lines and numbers: ended by ``DELETE`` with a reason, carried out at OVHcloud's own date."""

import json
from typing import Any
from urllib.parse import urlencode

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.contracts.products_ovhcloud import TELEPHONY_GROUP
from unrack.model.service import Finding
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.handlers import conflict
from unrack.providers.ovhcloud.converge import Progress
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.schemas_products import TelephonyTask
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.termination import READ_BACK, invalid
from unrack.providers.ovhcloud.transport import OvhApi

REASONS = frozenset(
    {
        "addresseMove",  # the spelling is OVHcloud's
        "billingDifficulties",
        "cessationOfActivity",
        "missingOptions",
        "moveToCompetitor",
        "other",
        "plugAndPhoneDifficulties",
        "technicalDifficulties",
    }
)
"""``telephony.TerminationReasonEnum`` (ovh-api)."""

_OVER = frozenset({"done", "error"})
"""``telephony.TaskStatusEnum`` but for todo, doing and pause. A status that is not known still stands."""
_DETAILS = 500
"""How much of the reason in words is sent; it travels in the address."""


async def terminate(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Ask for the end (S0.6: the reason is required). It can be taken back until OVHcloud carries it out."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    if await _planned(service):
        return progress.done("OVHcloud will end it", "its end was asked for before")
    reason = str(call.parameters.get("reason") or "other")
    if reason not in REASONS:
        raise invalid(f"'{reason}' is no reason that OVHcloud knows", f"one of {', '.join(sorted(REASONS))}")
    details = str(call.parameters.get("details") or call.reason)[:_DETAILS]
    progress.note(f"DELETE {service.path}")
    await api.change("DELETE", f"{service.path}?{urlencode({'reason': reason, 'details': details})}", type(None))
    if not await _planned(service):
        raise progress.not_yet("the end does not show yet", READ_BACK)
    return progress.done("OVHcloud will end it", "")


async def cancel(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the end back."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    if await _planned(service):
        progress.note(f"POST {service.path}/cancelTermination")
        await api.change("POST", f"{service.path}/cancelTermination", type(None))
        if await _planned(service):
            raise progress.not_yet("the end still shows", READ_BACK)
    return progress.done("the end was taken back", "no end is planned")


async def check_still_planned(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """The end still stands; or it was carried out already, which `await-end` tells."""
    service = service_of(api, call.service)
    if (await service.standing()).ended or await _planned(service):
        return (Finding(subject="planned end", text="the end that was asked for still stands"),)
    text = "the end is no longer planned at OVHcloud: someone took it back. Ask them before going on"
    return (Finding(subject="planned end", text=text, blocking=True),)


async def capture_confirmation(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """When OVHcloud carries the end out: its own date, else the end of the billing period."""
    service = service_of(api, call.service)
    tasks, billed, clock = await _planned(service), await service.find_billed(), await api.clock()
    if not tasks:
        raise conflict("OVHcloud shows no planned end", "someone may have taken it back; ask, then retry the step")
    dates = [task.execution_date for task in tasks if task.execution_date]
    ends = min(dates) if dates else billed.ends_at if billed else None
    content: dict[str, Any] = {
        "read_at": clock.shown.isoformat(),
        "tasks": [task.model_dump(mode="json", by_alias=True) for task in tasks],
        "services": billed.model_dump(mode="json", by_alias=True) if billed else "not listed",
    }
    record = Record(
        type="provider-confirmation",
        name=f"planned-end-{service.id.replace(':', '-')}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True).encode(),
    )
    when = f"{ends:%Y-%m-%d %H:%M %Z}" if ends else "a date it does not show"
    return Captured(records=(record,), note=f"OVHcloud ends it on {when}", clock=clock, effective_at=ends)


async def _planned(service: OvhService) -> list[TelephonyTask]:
    """The terminations that stand: a group's offer tasks, a line's own tasks."""
    path = "/offerTask" if service.product is TELEPHONY_GROUP else "/task"
    numbers = await service.below(path, list[int], action="termination")
    tasks = [await service.api.get(f"{service.path}{path}/{number}", TelephonyTask) for number in sorted(numbers)]
    return [task for task in tasks if task.action == "termination" and task.status not in _OVER]
