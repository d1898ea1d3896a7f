"""Telling the client, by a ticket. Its subject names the run, so that it is opened once."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress
from unrack.providers.whmcs.schemas import Done, OpenedTicket, TicketSummary
from unrack.providers.whmcs.service import HostedService
from unrack.providers.whmcs.transport import WhmcsApi

_READ_BACK = 5.0
_CLOSED = "Closed"


async def tell(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Open the ticket."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    product = await service.product()
    ticket = await _ticket(api, product.clientid, call)
    if ticket is not None:
        return progress.done(f"the client was told in ticket {ticket.tid}", f"ticket {ticket.tid} told it before")
    progress.note(f"OpenTicket/{service.id}")
    await api.change(
        "OpenTicket",
        OpenedTicket,
        deptid=_department(call),
        subject=_subject(call),
        message=_message(call),
        clientid=product.clientid,
        serviceid=service.id,
        priority="Medium",
    )
    raise progress.not_yet("the ticket does not show yet", _READ_BACK)


async def untell(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Tell in the same ticket that the service stays, and close it."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    ticket = await _ticket(api, (await service.product()).clientid, call)
    if ticket is None or ticket.status == _CLOSED:
        return progress.done("the client was told that the service stays", "there is no open ticket to answer")
    progress.note(f"AddTicketReply/{ticket.id}")
    await api.change(
        "AddTicketReply",
        Done,
        ticketid=ticket.id,
        message="The cancellation was withdrawn: your service stays as it is.",
        status=_CLOSED,
    )
    raise progress.not_yet("the answer does not show yet", _READ_BACK)


async def _ticket(api: WhmcsApi, client: int, call: StepCall) -> TicketSummary | None:
    """The newest ticket of this run; WHMCS matches subjects loosely, so they are compared here."""
    listing = api.listing(
        "GetTickets", "tickets", TicketSummary, clientid=client, subject=_subject(call), ignore_dept_assignments=True
    )
    found = [one for one in (await listing.whole()).read if one.subject == _subject(call)]
    return max(found, key=lambda one: one.id, default=None)


def _subject(call: StepCall) -> str:
    return f"Cancellation of your service {call.service.service} [{call.run}]"


def _message(call: StepCall) -> str:
    given = call.parameters.get("message")
    when = f" on {call.effective_at:%Y-%m-%d}" if call.effective_at else ""
    return str(given) if given else f"Your service {call.service.service} is being cancelled and ends{when}."


def _department(call: StepCall) -> int:
    given = call.parameters.get("department")
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=f"step {call.step} does not say in which department the ticket is opened",
            suggestion="give the parameter 'department': its number in Support Departments",
        )
    )
