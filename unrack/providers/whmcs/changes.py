"""What can be undone: suspending the service, letting its domain expire, telling the client by a ticket."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, captured, conflict
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.configuration import EVIDENCE, SUSPENDED, Configuration
from unrack.providers.whmcs.findings import no_domain
from unrack.providers.whmcs.schemas import Done, OpenedTicket, Product, TicketSummary
from unrack.providers.whmcs.service import HostedService

_READ_BACK = 5.0
"""Seconds of provider time before a change is read again."""

_REASON = 200
"""How much of a reason is sent: clients read it in the Client Area."""


async def suspend(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Suspend the service by its server module."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    product = await service.product()
    if product.status == SUSPENDED:
        return progress.done("the service is suspended", f"the service was suspended before ({_reason(product)})")
    _must_live(product)
    progress.note(f"ModuleSuspend/{service.id}")
    reason = f"Being cancelled: {call.reason}"[:_REASON]
    await api.change("ModuleSuspend", Done, serviceid=service.id, suspendreason=reason)
    raise progress.not_yet("the suspension does not show yet", _READ_BACK)


async def unsuspend(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the suspension back, unless the service was suspended before the run: that is for whoever did it."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product = await service.product()
    if before.status == SUSPENDED:
        return ChangeResult(already=True, note="the service was suspended before the run and stays so")
    if product.status == "Active":
        return progress.done("the service is active again", "the service is active")
    _must_live(product)
    progress.note(f"ModuleUnsuspend/{service.id}")
    await api.change("ModuleUnsuspend", Done, serviceid=service.id)
    raise progress.not_yet("the service does not show as active yet", _READ_BACK)


def _must_live(product: Product) -> None:
    if product.ended or product.status not in ("Active", SUSPENDED):
        raise conflict(
            f"the service is {product.status}: it can be neither suspended nor brought back",
            "what is terminated cannot be restored (S4.7); look at it in the admin area",
        )


def _reason(product: Product) -> str:
    return product.suspensionreason or "no reason given"


async def stop_renewal(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Turn the renewal of every domain of the service's name off.

    Raises:
        UnrackError: ``CONFLICT``: there is no such domain, or another than was captured. Somebody wants its renewal
            stopped, so it is not content with nothing.
    """
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    service = HostedService(api, call.service.service)
    product = await service.product()
    now, known = {one.id for one in await service.domains(product)}, {one.id for one in before.domains}
    if not known or now != known:
        raise conflict(*_not_found(product, before, now))
    return await _set(api, call, materials, {domain.id: True for domain in before.domains})


async def restore_renewal(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Set the renewal as it was captured."""
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    return await _set(api, call, materials, {domain.id: domain.do_not_renew for domain in before.domains})


async def _set(api: WhmcsApi, call: StepCall, materials: Materials, wanted: dict[int, bool]) -> ChangeResult:
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    domains = await service.domains(await service.product())
    for domain in domains:
        if domain.donotrenew != wanted.get(domain.id, domain.donotrenew):
            progress.note(f"UpdateClientDomain/{domain.id}")
            await api.change("UpdateClientDomain", Done, domainid=domain.id, donotrenew=wanted[domain.id])
            raise progress.not_yet(f"the renewal of {domain.domainname} does not show yet", _READ_BACK)
    names = ", ".join(domain.domainname for domain in domains) or "no domain"
    return progress.done(f"the renewal is set: {names}", f"the renewal was so before: {names}")


def _not_found(product: Product, before: Configuration, now: set[int]) -> tuple[str, str]:
    gone = [one.name for one in before.domains if one.id not in now]
    if gone:
        what = f"the client {product.clientid} has no domain {', '.join(gone)} any more"
    elif before.domains:
        what = f"the client {product.clientid} has another domain named {product.domain} since the service was captured"
    else:
        what = f"{no_domain(product)}, so no renewal was stopped"
    return what, (
        "look under which name the domain is in the client's profile; turn its renewal off there by hand, then skip "
        "this step with that as the reason"
    )


_CLOSED = "Closed"


async def notify_client(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
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


async def withdraw_notice(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
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
