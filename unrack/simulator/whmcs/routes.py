"""The API actions: fields of a form in, JSON out. Errors are WHMCS's own words (WHMCS developer docs, by action)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from unrack.simulator.whmcs import views
from unrack.simulator.whmcs.records import ApiCredential, CancelRequest, Client, Invoice, Reply, Service, Ticket
from unrack.simulator.whmcs.refusal import says
from unrack.simulator.whmcs.tables import Tables, addons_of, drop_unpaid, end
from unrack.simulator.world import World

Record = TypeVar("Record")

_KINDS = ("Immediate", "End of Billing Period")
_INVOICE_STATUSES = ("Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending")


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One authorised call."""

    world: World
    tables: Tables
    now: datetime
    who: ApiCredential
    form: Mapping[str, str]

    def number(self, name: str) -> int | None:
        """A field that is a number."""
        given = self.form.get(name, "")
        return int(given) if given.isdecimal() else None

    def service(self, missing: str = "Service ID not found") -> Service:
        """The service that the call names."""
        found = self.tables.services.get(self.number("serviceid") or 0)
        if found is None:
            raise says(missing)
        return found

    def client(self, name: str = "clientid") -> Client | None:
        """The client that the call names, if any."""
        given = self.number(name)
        return None if given is None else self.tables.clients.get(given)

    def page(self, items: Sequence[Record]) -> list[Record]:
        """The wanted part of a list: 25 records from the first, unless told."""
        start, most = self.number("limitstart") or 0, self.tables.settings.most
        wanted = self.number("limitnum") or 25
        return list(items[start : start + (min(wanted, most) if most else wanted)])


@dataclass(frozen=True, slots=True)
class Done:
    """An answer, and what was done in words; an empty `effect` means that nothing changed."""

    body: Mapping[str, Any]
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """An action that the simulator offers."""

    run: Callable[[ApiCall], Done]
    mutates: bool = False


def _products(call: ApiCall) -> Done:
    service, client = call.number("serviceid"), call.number("clientid")
    found = [one for one in call.tables.services if service in (None, one.id) and client in (None, one.client)]
    shown = [views.service(one) for one in call.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": 0, "numreturned": len(shown)}
    wanted = {"serviceid": call.form.get("serviceid"), "clientid": call.form.get("clientid")}
    return Done({**wanted, **counts, "products": views.listed(call.tables, "product", shown)})


def _requests(call: ApiCall) -> Done:
    every = list(call.tables.requests)
    shown = [views.request(one) for one in call.page(every)]
    counts = {"totalresults": str(len(every)), "startnumber": "0", "numreturned": str(len(shown))}
    return Done({**counts, **views.flat("packages", "package", shown)})


def _domains(call: ApiCall) -> Done:
    client = call.number("clientid")
    found = [one for one in call.tables.domains if client in (None, one.client)]
    shown = [views.domain(one) for one in call.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": "0", "numreturned": str(len(shown))}
    return Done({**counts, **views.flat("domains", "domain", shown)})


def _addons(call: ApiCall) -> Done:
    """There are no pages: without a service these are all that were ever sold."""
    wanted = call.number("serviceid")
    owners = [one for one in call.tables.services if wanted in (None, 0, one.id)]
    shown = [views.addon(number, name, owner) for owner in owners for number, name in addons_of(owner)]
    return Done({"totalresults": str(len(shown)), **views.flat("addons", "addon", shown)})


def _invoices(call: ApiCall) -> Done:
    client, status = call.number("userid"), call.form.get("status")
    found = [one for one in call.tables.invoices if client in (None, one.client) and _is(one, status, call.now)]
    shown = [views.invoice_line(one) for one in call.page(found)]
    counts = {"totalresults": len(found), "startnumber": 0, "numreturned": len(shown)}
    return Done({**counts, "invoices": views.listed(call.tables, "invoice", shown)})


def _is(invoice: Invoice, status: str | None, now: datetime) -> bool:
    """``Overdue`` is a filter, and no status of its own."""
    if status == "Overdue":
        return invoice.status == "Unpaid" and invoice.due < now.date()
    return status in (None, invoice.status)


def _invoice(call: ApiCall) -> Done:
    found = call.tables.invoices.get(call.number("invoiceid") or 0)
    if found is None:
        raise says("Invoice ID Not Found")
    return Done(views.invoice(call.tables, found))


def _tickets(call: ApiCall) -> Done:
    client, subject = call.number("clientid"), call.form.get("subject", "")
    found = [
        one
        for one in call.tables.tickets
        if client in (None, one.client) and subject.casefold() in one.subject.casefold()
    ]
    shown = [views.ticket(one) for one in call.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": 0, "numreturned": len(shown)}
    return Done({**counts, "tickets": views.listed(call.tables, "ticket", shown)})


def _admin(call: ApiCall) -> Done:
    return Done({"adminid": "1", "name": call.who.admin, "departments": ",1,", "whmcs": {"version": "8.13.0"}})


def _add_request(call: ApiCall) -> Done:
    service = call.service("Service ID Not Found")
    kind = call.form.get("type", "End of Billing Period")
    if call.tables.requests.where(service=service.id):
        raise says("Existing Cancellation Request Exists")
    if kind not in _KINDS:
        kind = "End of Billing Period"
    number = call.world.next_id("whmcs-request")
    reason = call.form.get("reason", "")
    call.tables.requests.put(CancelRequest(id=number, service=service.id, type=kind, reason=reason, at=call.now))
    if call.tables.settings.automatic:
        drop_unpaid(call.tables, service)
    answer = {"serviceid": str(service.id), "userid": str(service.client)}
    return Done(answer, f"cancellation request for service {service.id} recorded ({kind})")


def _suspend(call: ApiCall) -> Done:
    service = _by_module(call)
    reason = call.form.get("suspendreason", "")
    if service.status == "Suspended" and service.suspension_reason == reason:
        return Done({})
    call.tables.services.change(service, status="Suspended", suspension_reason=reason)
    return Done({}, f"service {service.id} suspended")


def _unsuspend(call: ApiCall) -> Done:
    service = _by_module(call)
    if service.status == "Active":
        return Done({})
    call.tables.services.change(service, status="Active", suspension_reason="")
    return Done({}, f"service {service.id} unsuspended")


def _terminate(call: ApiCall) -> Done:
    service = _by_module(call)
    end(call.tables, service, call.now, "Terminated")
    return Done({}, f"service {service.id} terminated; its data is deleted")


def _by_module(call: ApiCall) -> Service:
    """The service, when its server module does what it is told."""
    if "serviceid" not in call.form:
        raise says("Service ID is required")
    service = call.service()
    if service.module is None:
        raise says("Service not assigned to a module")
    if call.tables.settings.module_says:
        raise says(call.tables.settings.module_says)
    if service.status in ("Cancelled", "Terminated"):
        raise says("Account does not exist on this server")
    return service


def _update_domain(call: ApiCall) -> Done:
    found = call.tables.domains.get(call.number("domainid") or 0)
    if found is None:
        raise says("Domain ID Not Found")
    wanted = call.form.get("donotrenew")
    answer = {"domainid": str(found.id)}
    stop = wanted not in ("0", "", None)  # PHP: the text "false" is true
    if wanted is None or stop == found.do_not_renew:
        return Done(answer)
    call.tables.domains.change(found, do_not_renew=stop)
    return Done(answer, f"renewal of {found.name} turned {'off' if stop else 'on'}")


def _update_invoice(call: ApiCall) -> Done:
    found = call.tables.invoices.get(call.number("invoiceid") or 0)
    if found is None:
        raise says("Invoice ID Not Found")
    status = call.form.get("status", found.status)
    if status not in _INVOICE_STATUSES:
        raise says(f"Invalid status {status}")
    gone = {int(value) for name, value in call.form.items() if name.startswith("deletelineids[") and value.isdecimal()}
    lines = tuple(line for line in found.lines if line.id not in gone)
    answer = {"invoiceid": str(found.id)}
    if (status, lines) == (found.status, found.lines):
        return Done(answer)
    call.tables.invoices.change(found, status=status, lines=lines)
    return Done(answer, f"invoice {found.id} is {status} with {len(lines)} lines")


def _open_ticket(call: ApiCall) -> Done:
    client, department = call.client(), call.number("deptid")
    for name, text in (("subject", "Subject is required"), ("message", "Message is required")):
        if not call.form.get(name):
            raise says(text)
    if client is None:
        raise says("Client ID Not Found")
    if department != 1:
        raise says("Department ID not found")
    number = call.world.next_id("whmcs-ticket")
    ticket = Ticket(
        id=number,
        tid=str(500000 + number),
        client=client.id,
        department=department,
        subject=call.form["subject"],
        message=call.form["message"],
        service=call.number("serviceid"),
        at=call.now,
    )
    call.tables.tickets.put(ticket)
    return Done({"id": str(number), "tid": ticket.tid, "c": "KPqH7yG3"}, f"ticket {ticket.tid} opened")


def _reply(call: ApiCall) -> Done:
    found = call.tables.tickets.get(call.number("ticketid") or 0)
    if found is None:
        raise says("Ticket ID not found")
    if not call.form.get("message"):
        raise says("Message is required")
    replies = (*found.replies, Reply(at=call.now, message=call.form["message"]))
    call.tables.tickets.change(found, replies=replies, status=call.form.get("status", "Answered"))
    return Done({}, f"ticket {found.tid} answered")


ACTIONS: Mapping[str, Offered] = {
    "GetClientsProducts": Offered(_products),
    "GetCancelledPackages": Offered(_requests),
    "GetClientsDomains": Offered(_domains),
    "GetClientsAddons": Offered(_addons),
    "GetInvoices": Offered(_invoices),
    "GetInvoice": Offered(_invoice),
    "GetTickets": Offered(_tickets),
    "GetAdminDetails": Offered(_admin),
    "AddCancelRequest": Offered(_add_request, mutates=True),
    "ModuleSuspend": Offered(_suspend, mutates=True),
    "ModuleUnsuspend": Offered(_unsuspend, mutates=True),
    "ModuleTerminate": Offered(_terminate, mutates=True),
    "UpdateClientDomain": Offered(_update_domain, mutates=True),
    "UpdateInvoice": Offered(_update_invoice, mutates=True),
    "OpenTicket": Offered(_open_ticket, mutates=True),
    "AddTicketReply": Offered(_reply, mutates=True),
}
"""Every action that the simulator offers; WHMCS has more."""
