"""Telephony, ended by ``DELETE`` with a reason at OVHcloud's own date; and SMS, deleted by OVHcloud's support.

No call ends an SMS account: credits stop being bought, then a ticket asks for the deletion.
"""

import json
from typing import Any
from urllib.parse import urlencode

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.handlers import captured, conflict
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot
from unrack.providers.ovhcloud.products import TELEPHONY_GROUP
from unrack.providers.ovhcloud.schemas.published import TelephonyReason
from unrack.providers.ovhcloud.schemas.services import NewTicket, TelephonyTask, Ticket
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.tasks import Progress
from unrack.providers.ovhcloud.termination import READ_BACK, invalid

REASONS = frozenset(TelephonyReason)
"""``telephony.TerminationReasonEnum`` (ovh-api)."""

_OVER = frozenset({"done", "error"})
"""``telephony.TaskStatusEnum`` but for todo, doing and pause. A status that is not known still stands."""
_DETAILS = 500
"""How much of the reason in words is sent; it travels in the address."""


async def terminate_telephony(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Ask for the end (S0.6: the reason is required). It can be taken back until OVHcloud carries it out."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    if await _planned(service):
        return progress.done(msg("OVHcloud will end it"), msg("its end was asked for before"))
    reason = str(call.parameters.get("reason") or "other")
    if reason not in REASONS:
        raise invalid(
            msg("'{reason}' is no reason that OVHcloud knows", reason=reason),
            msg("one of {join}", join=", ".join(sorted(REASONS))),
        )
    details = str(call.parameters.get("details") or call.reason)[:_DETAILS]
    progress.note(f"DELETE {service.path}")
    await api.change("DELETE", f"{service.path}?{urlencode({'reason': reason, 'details': details})}", type(None))
    if not await _planned(service):
        raise progress.not_yet(msg("the end does not show yet"), READ_BACK)
    return progress.done(msg("OVHcloud will end it"), "")


async def cancel_telephony(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the end back."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    if await _planned(service):
        progress.note(msg("POST {path}/cancelTermination", path=service.path))
        await api.change("POST", f"{service.path}/cancelTermination", type(None))
        if await _planned(service):
            raise progress.not_yet(msg("the end still shows"), READ_BACK)
    return progress.done(msg("the end was taken back"), msg("no end is planned"))


async def check_telephony_planned(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """The end still stands; or it was carried out already, which `await-end` tells."""
    service = service_of(api, call.service)
    if (await service.liveness()).ended or await _planned(service):
        return (Finding(subject=msg("planned end"), text=msg("the end that was asked for still stands")),)
    text = msg("the end is no longer planned at OVHcloud: someone took it back. Ask them before going on")
    return (Finding(subject=msg("planned end"), text=text, blocking=True),)


async def capture_telephony_end(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """When OVHcloud carries the end out: its own date, else the end of the billing period."""
    service = service_of(api, call.service)
    tasks, billed, clock = await _planned(service), await service.find_billed(), await api.clock()
    if not tasks:
        raise conflict(
            msg("OVHcloud shows no planned end"), msg("someone may have taken it back; ask, then retry the step")
        )
    dates = [task.execution_date for task in tasks if task.execution_date]
    ends = min(dates) if dates else billed.ends_at if billed else None
    content: dict[str, Any] = {
        "read_at": clock.shown.isoformat(),
        "tasks": [task.model_dump(mode="json", by_alias=True) for task in tasks],
        "services": billed.model_dump(mode="json", by_alias=True) if billed else msg("not listed"),
    }
    record = Record(
        type="provider-confirmation",
        name=f"planned-end-{service.id.replace(':', '-')}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True).encode(),
    )
    when = f"{ends:%Y-%m-%d %H:%M %Z}" if ends else msg("a date it does not show")
    return Captured(
        records=(record,), note=msg("OVHcloud ends it on {when}", when=when), clock=clock, effective_at=ends
    )


async def _planned(service: OvhService) -> list[TelephonyTask]:
    """The terminations that stand: a group's offer tasks, a line's own tasks."""
    path = "/offerTask" if service.product is TELEPHONY_GROUP else "/task"
    numbers = await service.below(path, list[int], action="termination")
    tasks = [await service.api.get(f"{service.path}{path}/{number}", TelephonyTask) for number in sorted(numbers)]
    return [task for task in tasks if task.action == "termination" and task.status not in _OVER]


RECREDIT = "automaticRecreditAmount"
"""How many credits are bought when few are left; none or nothing: they are not bought by themselves."""


async def stop_recredit(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Stop buying credits. The remaining ones can still be used."""
    return await _recredit(api, call, materials, None)


async def restore_recredit(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Buy credits as it was captured."""
    return await _recredit(
        api, call, materials, ProductSnapshot.from_bytes(captured(materials, EVIDENCE)).resource.get(RECREDIT)
    )


async def ask_deletion(api: OvhApi, call: StepCall, _: Materials) -> CommitResult:
    """Open the ticket, unless it is there already. Support deletes the account in its own time."""
    service = service_of(api, call.service)
    if await _ticket(api, call, service):
        return CommitResult(already=True, note=msg("the ticket was opened before"))
    body = {
        "subject": _subject(call, service),
        "body": msg(
            "Please delete the SMS account {name} with all that is left in it. {reason}",
            name=service.name,
            reason=call.reason,
        ).strip(),
        "category": "assistance",
        "product": "sms",
        "type": "genericRequest",
        "serviceName": service.name,
    }
    ticket = await api.change("POST", "/support/tickets/create", NewTicket, body)
    note = msg("opened ticket {ticket_number}; OVHcloud's support answers there", ticket_number=ticket.ticket_number)
    return CommitResult(already=False, note=note, references=(f"support/tickets/{ticket.ticket_id}",))


async def probe_deletion(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the ticket is there: its subject names the run."""
    service, clock = service_of(api, call.service), await api.clock()
    ticket = await _ticket(api, call, service)
    if ticket:
        return ProbeResult(
            standing=EffectStatus.DONE,
            note=msg("ticket {ticket_id} is {state}", ticket_id=ticket.ticket_id, state=ticket.state),
            clock=clock,
        )
    return ProbeResult(standing=EffectStatus.NOT_DONE, note=msg("there is no such ticket"), clock=clock)


async def _ticket(api: OvhApi, call: StepCall, service: OvhService) -> Ticket | None:
    for number in await api.get("/support/tickets", list[int], serviceName=service.name):
        ticket = await api.get(f"/support/tickets/{number}", Ticket)
        if ticket.subject == _subject(call, service):
            return ticket
    return None


def _subject(call: StepCall, service: OvhService) -> str:
    return msg("Deletion of {name} ({run})", name=service.name, run=call.run)


async def _recredit(api: OvhApi, call: StepCall, materials: Materials, amount: int | None) -> ChangeResult:
    service, progress = service_of(api, call.service), Progress(call, materials)
    done = msg("credits are bought by themselves: {value}", value=amount or "never")
    if (await service.view()).get(RECREDIT) == amount:
        return progress.done(done, msg("{done}; it was so before", done=done))
    progress.note(f"{RECREDIT}={amount}")
    await api.change("PUT", service.path, type(None), {RECREDIT: amount})
    raise progress.not_yet(msg("it does not show yet"), READ_BACK)
