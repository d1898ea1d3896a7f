"""SMS: no call ends an account. Credits stop being bought, then a ticket asks OVHcloud's support to delete it."""

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import captured
from unrack.providers.ovhcloud.converge import Progress
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot
from unrack.providers.ovhcloud.schemas_products import NewTicket, Ticket
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.termination import READ_BACK
from unrack.providers.ovhcloud.transport import OvhApi

RECREDIT = "automaticRecreditAmount"
"""How many credits are bought when few are left; none or nothing: they are not bought by themselves."""


async def stop_recredit(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Buy no credits any more; what is left can still be used."""
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
        return CommitResult(already=True, note="the ticket was opened before")
    body = {
        "subject": _subject(call, service),
        "body": f"Please delete the SMS account {service.name} with all that is left in it. {call.reason}".strip(),
        "category": "assistance",
        "product": "sms",
        "type": "genericRequest",
        "serviceName": service.name,
    }
    ticket = await api.change("POST", "/support/tickets/create", NewTicket, body)
    note = f"opened ticket {ticket.ticket_number}; OVHcloud's support answers there"
    return CommitResult(already=False, note=note, references=(f"support/tickets/{ticket.ticket_id}",))


async def probe_deletion(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the ticket is there: its subject names the run."""
    service, clock = service_of(api, call.service), await api.clock()
    ticket = await _ticket(api, call, service)
    if ticket:
        return ProbeResult(standing=EffectStatus.DONE, note=f"ticket {ticket.ticket_id} is {ticket.state}", clock=clock)
    return ProbeResult(standing=EffectStatus.NOT_DONE, note="there is no such ticket", clock=clock)


async def _ticket(api: OvhApi, call: StepCall, service: OvhService) -> Ticket | None:
    for number in await api.get("/support/tickets", list[int], serviceName=service.name):
        ticket = await api.get(f"/support/tickets/{number}", Ticket)
        if ticket.subject == _subject(call, service):
            return ticket
    return None


def _subject(call: StepCall, service: OvhService) -> str:
    return f"Deletion of {service.name} ({call.run})"


async def _recredit(api: OvhApi, call: StepCall, materials: Materials, amount: int | None) -> ChangeResult:
    service, progress = service_of(api, call.service), Progress(call, materials)
    done = f"credits are bought by themselves: {amount or 'never'}"
    if (await service.view()).get(RECREDIT) == amount:
        return progress.done(done, f"{done}; it was so before")
    progress.note(f"{RECREDIT}={amount}")
    await api.change("PUT", service.path, type(None), {RECREDIT: amount})
    raise progress.not_yet("it does not show yet", READ_BACK)
