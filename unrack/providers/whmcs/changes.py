"""Changes that can be undone: suspending the service, letting its domain expire, telling the client by a ticket."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
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
        return progress.done(
            msg("the service is suspended"), msg("the service was suspended before ({reason})", reason=_reason(product))
        )
    _must_live(product)
    progress.note(f"ModuleSuspend/{service.id}")
    reason = msg("Being cancelled: {reason}", reason=call.reason)[:_REASON]
    await api.change("ModuleSuspend", Done, serviceid=service.id, suspendreason=reason)
    raise progress.not_yet(msg("the suspension does not show yet"), _READ_BACK)


async def unsuspend(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the suspension back, unless the service was suspended before the run: that is for whoever did it."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product = await service.product()
    if before.status == SUSPENDED:
        return ChangeResult(already=True, note=msg("the service was suspended before the run and stays so"))
    if product.status == "Active":
        return progress.done(msg("the service is active again"), msg("the service is active"))
    _must_live(product)
    progress.note(f"ModuleUnsuspend/{service.id}")
    await api.change("ModuleUnsuspend", Done, serviceid=service.id)
    raise progress.not_yet(msg("the service does not show as active yet"), _READ_BACK)


def _must_live(product: Product) -> None:
    if product.ended or product.status not in ("Active", SUSPENDED):
        raise conflict(
            msg("the service is {status}: it can be neither suspended nor brought back", status=product.status),
            msg("what is terminated cannot be restored (S4.7); look at it in the admin area"),
        )


def _reason(product: Product) -> str:
    return product.suspensionreason or msg("no reason given")


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
            raise progress.not_yet(
                msg("the renewal of {domainname} does not show yet", domainname=domain.domainname), _READ_BACK
            )
    names = ", ".join(domain.domainname for domain in domains) or msg("no domain")
    return progress.done(
        msg("the renewal is set: {names}", names=names), msg("the renewal was so before: {names}", names=names)
    )


def _not_found(product: Product, before: Configuration, now: set[int]) -> tuple[str, str]:
    gone = [one.name for one in before.domains if one.id not in now]
    if gone:
        what = msg(
            "the client {clientid} has no domain {join} any more", clientid=product.clientid, join=", ".join(gone)
        )
    elif before.domains:
        what = msg(
            "the client {clientid} has another domain named {domain} since the service was captured",
            clientid=product.clientid,
            domain=product.domain,
        )
    else:
        what = msg("{no_domain}, so no renewal was stopped", no_domain=no_domain(product))
    return what, (
        msg(
            "look under which name the domain is in the client's profile; turn its renewal off there by hand, then "
            "skip this step with that as the reason"
        )
    )


_CLOSED = "Closed"


async def notify_client(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Open the ticket."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    product = await service.product()
    ticket = await _ticket(api, product.clientid, call)
    if ticket is not None:
        return progress.done(
            msg("the client was told in ticket {tid}", tid=ticket.tid),
            msg("ticket {tid} told it before", tid=ticket.tid),
        )
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
    raise progress.not_yet(msg("the ticket does not show yet"), _READ_BACK)


async def withdraw_notice(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Tell in the same ticket that the service stays, and close it."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    ticket = await _ticket(api, (await service.product()).clientid, call)
    if ticket is None or ticket.status == _CLOSED:
        return progress.done(
            msg("the client was told that the service stays"), msg("there is no open ticket to answer")
        )
    progress.note(f"AddTicketReply/{ticket.id}")
    await api.change(
        "AddTicketReply",
        Done,
        ticketid=ticket.id,
        message=msg("The cancellation was withdrawn: your service stays as it is."),
        status=_CLOSED,
    )
    raise progress.not_yet(msg("the answer does not show yet"), _READ_BACK)


async def _ticket(api: WhmcsApi, client: int, call: StepCall) -> TicketSummary | None:
    """The newest ticket of this run; WHMCS matches subjects loosely, so they are compared here."""
    listing = api.listing(
        "GetTickets", "tickets", TicketSummary, clientid=client, subject=_subject(call), ignore_dept_assignments=True
    )
    found = [one for one in (await listing.whole()).read if one.subject == _subject(call)]
    return max(found, key=lambda one: one.id, default=None)


def _subject(call: StepCall) -> str:
    return msg("Cancellation of your service {service} [{run}]", service=call.service.service, run=call.run)


def _message(call: StepCall) -> str:
    given = call.parameters.get("message")
    when = f" on {call.effective_at:%Y-%m-%d}" if call.effective_at else ""
    return (
        str(given)
        if given
        else msg("Your service {service} is being cancelled and ends{when}.", service=call.service.service, when=when)
    )


def _department(call: StepCall) -> int:
    given = call.parameters.get("department")
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("step {step} does not say in which department the ticket is opened", step=call.step),
            suggestion=msg("give the parameter 'department': its number in Support Departments"),
        )
    )
