"""The API actions: fields of a form in, JSON out. Errors are WHMCS's own words (WHMCS developer docs, by action)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from unrack.simulator.whmcs import views
from unrack.simulator.whmcs.records import (
    ApiCredential,
    CancelRequest,
    Client,
    Invoice,
    Reply,
    Service,
    Tables,
    Ticket,
    addons_of,
    drop_unpaid,
    end,
)
from unrack.simulator.world import World

Record = TypeVar("Record")

_KINDS = ("Immediate", "End of Billing Period")
_INVOICE_STATUSES = ("Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending")


class Says(Exception):  # noqa: N818  # an answer of WHMCS, not a defect of the simulator
    """WHMCS says no, in words."""


@dataclass(frozen=True, slots=True)
class Asked:
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
            raise Says(missing)
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

    run: Callable[[Asked], Done]
    mutates: bool = False


def _products(asked: Asked) -> Done:
    service, client = asked.number("serviceid"), asked.number("clientid")
    found = [one for one in asked.tables.services if service in (None, one.id) and client in (None, one.client)]
    shown = [views.service(one) for one in asked.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": 0, "numreturned": len(shown)}
    wanted = {"serviceid": asked.form.get("serviceid"), "clientid": asked.form.get("clientid")}
    return Done({**wanted, **counts, "products": views.listed(asked.tables, "product", shown)})


def _requests(asked: Asked) -> Done:
    every = list(asked.tables.requests)
    shown = [views.request(one) for one in asked.page(every)]
    counts = {"totalresults": str(len(every)), "startnumber": "0", "numreturned": str(len(shown))}
    return Done({**counts, **views.flat("packages", "package", shown)})


def _domains(asked: Asked) -> Done:
    client = asked.number("clientid")
    found = [one for one in asked.tables.domains if client in (None, one.client)]
    shown = [views.domain(one) for one in asked.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": "0", "numreturned": str(len(shown))}
    return Done({**counts, **views.flat("domains", "domain", shown)})


def _addons(asked: Asked) -> Done:
    """There are no pages: without a service these are all that were ever sold."""
    wanted = asked.number("serviceid")
    owners = [one for one in asked.tables.services if wanted in (None, 0, one.id)]
    shown = [views.addon(number, name, owner) for owner in owners for number, name in addons_of(owner)]
    return Done({"totalresults": str(len(shown)), **views.flat("addons", "addon", shown)})


def _invoices(asked: Asked) -> Done:
    client, status = asked.number("userid"), asked.form.get("status")
    found = [one for one in asked.tables.invoices if client in (None, one.client) and _is(one, status, asked.now)]
    shown = [views.invoice_line(one) for one in asked.page(found)]
    counts = {"totalresults": len(found), "startnumber": 0, "numreturned": len(shown)}
    return Done({**counts, "invoices": views.listed(asked.tables, "invoice", shown)})


def _is(invoice: Invoice, status: str | None, now: datetime) -> bool:
    """``Overdue`` is a filter, and no status of its own."""
    if status == "Overdue":
        return invoice.status == "Unpaid" and invoice.due < now.date()
    return status in (None, invoice.status)


def _invoice(asked: Asked) -> Done:
    found = asked.tables.invoices.get(asked.number("invoiceid") or 0)
    if found is None:
        raise Says("Invoice ID Not Found")
    return Done(views.invoice(asked.tables, found))


def _tickets(asked: Asked) -> Done:
    client, subject = asked.number("clientid"), asked.form.get("subject", "")
    found = [
        one
        for one in asked.tables.tickets
        if client in (None, one.client) and subject.casefold() in one.subject.casefold()
    ]
    shown = [views.ticket(one) for one in asked.page(found)]
    counts = {"totalresults": str(len(found)), "startnumber": 0, "numreturned": len(shown)}
    return Done({**counts, "tickets": views.listed(asked.tables, "ticket", shown)})


def _admin(asked: Asked) -> Done:
    return Done({"adminid": "1", "name": asked.who.admin, "departments": ",1,", "whmcs": {"version": "8.13.0"}})


def _add_request(asked: Asked) -> Done:
    service = asked.service("Service ID Not Found")
    kind = asked.form.get("type", "End of Billing Period")
    if asked.tables.requests.where(service=service.id):
        raise Says("Existing Cancellation Request Exists")
    if kind not in _KINDS:
        kind = "End of Billing Period"
    number = asked.world.next_id("whmcs-request")
    reason = asked.form.get("reason", "")
    asked.tables.requests.put(CancelRequest(id=number, service=service.id, type=kind, reason=reason, at=asked.now))
    if asked.tables.settings.automatic:
        drop_unpaid(asked.tables, service)
    answer = {"serviceid": str(service.id), "userid": str(service.client)}
    return Done(answer, f"cancellation request for service {service.id} recorded ({kind})")


def _suspend(asked: Asked) -> Done:
    service = _by_module(asked)
    reason = asked.form.get("suspendreason", "")
    if service.status == "Suspended" and service.suspension_reason == reason:
        return Done({})
    asked.tables.services.change(service, status="Suspended", suspension_reason=reason)
    return Done({}, f"service {service.id} suspended")


def _unsuspend(asked: Asked) -> Done:
    service = _by_module(asked)
    if service.status == "Active":
        return Done({})
    asked.tables.services.change(service, status="Active", suspension_reason="")
    return Done({}, f"service {service.id} unsuspended")


def _terminate(asked: Asked) -> Done:
    service = _by_module(asked)
    end(asked.tables, service, asked.now, "Terminated")
    return Done({}, f"service {service.id} terminated; its data is deleted")


def _by_module(asked: Asked) -> Service:
    """The service, when its server module does what it is told."""
    if "serviceid" not in asked.form:
        raise Says("Service ID is required")
    service = asked.service()
    if service.module is None:
        raise Says("Service not assigned to a module")
    if asked.tables.settings.module_says:
        raise Says(asked.tables.settings.module_says)
    if service.status in ("Cancelled", "Terminated"):
        raise Says("Account does not exist on this server")
    return service


def _update_domain(asked: Asked) -> Done:
    found = asked.tables.domains.get(asked.number("domainid") or 0)
    if found is None:
        raise Says("Domain ID Not Found")
    wanted = asked.form.get("donotrenew")
    answer = {"domainid": str(found.id)}
    stop = wanted not in ("0", "", None)  # PHP: the text "false" is true
    if wanted is None or stop == found.do_not_renew:
        return Done(answer)
    asked.tables.domains.change(found, do_not_renew=stop)
    return Done(answer, f"renewal of {found.name} turned {'off' if stop else 'on'}")


def _update_invoice(asked: Asked) -> Done:
    found = asked.tables.invoices.get(asked.number("invoiceid") or 0)
    if found is None:
        raise Says("Invoice ID Not Found")
    status = asked.form.get("status", found.status)
    if status not in _INVOICE_STATUSES:
        raise Says(f"Invalid status {status}")
    gone = {int(value) for name, value in asked.form.items() if name.startswith("deletelineids[") and value.isdecimal()}
    lines = tuple(line for line in found.lines if line.id not in gone)
    answer = {"invoiceid": str(found.id)}
    if (status, lines) == (found.status, found.lines):
        return Done(answer)
    asked.tables.invoices.change(found, status=status, lines=lines)
    return Done(answer, f"invoice {found.id} is {status} with {len(lines)} lines")


def _open_ticket(asked: Asked) -> Done:
    client, department = asked.client(), asked.number("deptid")
    for name, text in (("subject", "Subject is required"), ("message", "Message is required")):
        if not asked.form.get(name):
            raise Says(text)
    if client is None:
        raise Says("Client ID Not Found")
    if department != 1:
        raise Says("Department ID not found")
    number = asked.world.next_id("whmcs-ticket")
    ticket = Ticket(
        id=number,
        tid=str(500000 + number),
        client=client.id,
        department=department,
        subject=asked.form["subject"],
        message=asked.form["message"],
        service=asked.number("serviceid"),
        at=asked.now,
    )
    asked.tables.tickets.put(ticket)
    return Done({"id": str(number), "tid": ticket.tid, "c": "KPqH7yG3"}, f"ticket {ticket.tid} opened")


def _reply(asked: Asked) -> Done:
    found = asked.tables.tickets.get(asked.number("ticketid") or 0)
    if found is None:
        raise Says("Ticket ID not found")
    if not asked.form.get("message"):
        raise Says("Message is required")
    replies = (*found.replies, Reply(at=asked.now, message=asked.form["message"]))
    asked.tables.tickets.change(found, replies=replies, status=asked.form.get("status", "Answered"))
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
