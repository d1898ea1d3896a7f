"""The answers of the API, as in its samples: ids as text, dates without a zone, some lists as flat fields."""

from datetime import date, datetime
from typing import Any

from unrack.simulator.whmcs.records import CancelRequest, DomainName, Invoice, Service, Ticket
from unrack.simulator.whmcs.tables import Tables

NO_DAY = "0000-00-00"


def service(one: Service) -> dict[str, Any]:
    """``GetClientsProducts``."""
    return {
        "id": str(one.id),
        "qty": "1",
        "clientid": str(one.client),
        "orderid": "1",
        "pid": "1",
        "regdate": one.registered_on.isoformat(),
        "name": one.product,
        "groupname": "Shared Hosting",
        "domain": one.domain,
        "serverid": "1",
        "servername": "Saturn",
        "suspensionreason": one.suspension_reason,
        "firstpaymentamount": one.amount,
        "recurringamount": one.amount,
        "billingcycle": one.cycle,
        "nextduedate": _day(one.next_due),
        "status": one.status,
        "username": "demodoma",
        "password": one.password,
        "overideautosuspend": "",
        "overidesuspenduntil": NO_DAY,
    }


def request(one: CancelRequest) -> dict[str, Any]:
    """``GetCancelledPackages``."""
    never = f"{NO_DAY} 00:00:00"
    return {
        "id": str(one.id),
        "date": _stamp(one.at),
        "relid": str(one.service),
        "reason": one.reason,
        "type": one.type,
        "created_at": never,
        "updated_at": never,
    }


def domain(one: DomainName) -> dict[str, Any]:
    """``GetClientsDomains``."""
    return {
        "id": str(one.id),
        "userid": str(one.client),
        "regtype": "Register",
        "domainname": one.name,
        "registrar": "enom",
        "expirydate": _day(one.expires_on),
        "nextduedate": _day(one.expires_on),
        "status": "Active",
        "donotrenew": "1" if one.do_not_renew else "0",
        "notes": "",
    }


def addon(number: int, name: str, owner: Service) -> dict[str, Any]:
    """``GetClientsAddons``."""
    status = "Active" if owner.status in ("Active", "Suspended") else "Cancelled"
    return {"id": str(number), "userid": str(owner.client), "serviceid": str(owner.id), "name": name, "status": status}


def invoice_line(one: Invoice) -> dict[str, Any]:
    """A line of ``GetInvoices``: here ids are numbers."""
    total = f"{sum(float(line.amount) for line in one.lines):.2f}"
    return {
        "id": one.id,
        "userid": one.client,
        "date": _day(one.issued_on),
        "duedate": _day(one.due),
        "datepaid": f"{NO_DAY} 00:00:00",
        "total": total,
        "status": one.status,
        "currencycode": "EUR",
    }


def invoice(tables: Tables, one: Invoice) -> dict[str, Any]:
    """``GetInvoice``; its documents name no currency."""
    lines = [
        {
            "id": line.id,
            "type": line.type,
            "relid": line.relid,
            "description": line.description,
            "amount": line.amount,
            "taxed": 0,
        }
        for line in one.lines
    ]
    shown = {name: value for name, value in invoice_line(one).items() if name not in ("id", "currencycode")}
    return {"invoiceid": one.id, **shown, "items": listed(tables, "item", lines), "transactions": ""}


def ticket(one: Ticket) -> dict[str, Any]:
    """``GetTickets``."""
    return {
        "id": str(one.id),
        "tid": one.tid,
        "deptid": str(one.department),
        "userid": str(one.client),
        "date": _stamp(one.at),
        "subject": one.subject,
        "status": one.status,
        "priority": "Medium",
        "service": f"S{one.service}" if one.service else "",
    }


def listed(tables: Tables, name: str, items: list[dict[str, Any]]) -> Any:  # noqa: ANN401  # any JSON
    """A list in its wrapper; an empty one as the settings have it."""
    if items:
        return {name: items}
    return "" if tables.settings.empty == "text" else []


def flat(outer: str, inner: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A list as flat fields (``packages[package][0][id]``)."""
    return {
        f"{outer}[{inner}][{number}][{name}]": value
        for number, item in enumerate(items)
        for name, value in item.items()
    }


def _day(given: date | None) -> str:
    return given.isoformat() if given else NO_DAY


def _stamp(given: datetime) -> str:
    return given.strftime("%Y-%m-%d %H:%M:%S")
