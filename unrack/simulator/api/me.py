"""``/me``: the account, its debt, its bills, its mails (ovh-api ``me``)."""

from datetime import datetime
from typing import Any

from unrack.simulator.api.endpoint import Call, Endpoint, day, get, price, stamp
from unrack.simulator.records import Bill, BillLine, Mail
from unrack.simulator.refusal import Refusal, not_found

_TAX = 0.2


def _me(call: Call) -> dict[str, Any]:
    account = call.world.accounts[call.caller]
    return {
        "nichandle": account.nichandle,
        "email": account.email,
        "firstname": account.firstname,
        "name": account.name,
        "organisation": account.organisation,
        "country": "FR",
        "currency": {"code": "EUR", "symbol": "€"},
        "customerCode": "0000-0000-00",
        "language": "en_GB",
        "legalform": "corporation",
        "ovhCompany": "ovh",
        "ovhSubsidiary": "FR",
        "state": "complete",
        "kycValidated": True,
    }


def _debt(call: Call) -> dict[str, Any]:
    debt = call.world.accounts[call.caller].debt
    nothing = price(0)
    return {
        "active": True,
        "dueAmount": price(debt),
        "pendingAmount": nothing,
        "todoAmount": nothing,
        "unmaturedAmount": nothing,
    }


def _bills(call: Call) -> list[str]:
    since, until = _date(call, "date.from"), _date(call, "date.to")
    bills = call.world.bills.where(account=call.caller)
    if order := call.query.get("orderId"):
        bills = [bill for bill in bills if str(bill.order) == order]
    if call.query.get("category", "autorenew") != "autorenew":
        return []
    return [b.id for b in bills if (since is None or b.date >= since) and (until is None or b.date <= until)]


def _date(call: Call, name: str) -> datetime | None:
    if (text := call.query.get(name)) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, f"[{name}] Given data ({text}) is not valid for type datetime") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=call.now.tzinfo)


def _bill_of(call: Call) -> Bill:
    bill = call.world.bills.get(call.path["billId"])
    if bill is None or bill.account != call.caller:
        raise not_found("billId", call.path["billId"])
    return bill


def _bill(call: Call) -> dict[str, Any]:
    bill = _bill_of(call)
    net = sum(line.price for line in bill.lines)
    url = f"{call.base_url}/_simulator/bill/{bill.id}"
    return {
        "billId": bill.id,
        "date": stamp(bill.date),
        "orderId": bill.order,
        "priceWithoutTax": price(net),
        "tax": price(net * _TAX),
        "priceWithTax": price(net * (1 + _TAX)),
        "category": "autorenew",
        "password": "0000",
        "pdfUrl": f"{url}.pdf",
        "url": f"{url}.html",
    }


def _line(call: Call) -> dict[str, Any]:
    wanted = call.path["billDetailId"]
    line = next((line for line in _bill_of(call).lines if line.id == wanted), None)
    if line is None:
        raise not_found("billDetailId", wanted)
    return _line_view(line)


def _line_view(line: BillLine) -> dict[str, Any]:
    return {
        "billDetailId": line.id,
        "domain": line.domain,
        "description": line.description,
        "quantity": "1",
        "periodStart": day(line.period_start) if line.period_start else None,
        "periodEnd": day(line.period_end) if line.period_end else None,
        "totalPrice": price(line.price),
        "unitPrice": {"currencyCode": "EUR", "text": f"{line.price:.2f} €", "value": line.price},
    }


def _mails(call: Call) -> list[Mail]:
    return [mail for mail in call.world.mails.where(account=call.caller) if mail.sent_at <= call.now]


def _mail(call: Call) -> dict[str, Any]:
    mail = next((mail for mail in _mails(call) if mail.id == call.path["id"]), None)
    if mail is None:
        raise not_found("id", call.path["id"])
    return {"id": mail.id, "date": stamp(mail.sent_at), "subject": mail.subject, "body": mail.body}


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/me", _me),
    get("/me/debtAccount", _debt),
    get("/me/bill", _bills),
    get("/me/bill/{billId}", _bill),
    get("/me/bill/{billId}/details", lambda call: [line.id for line in _bill_of(call).lines]),
    get("/me/bill/{billId}/details/{billDetailId}", _line),
    get("/me/notification/email/history", lambda call: [mail.id for mail in _mails(call)]),
    get("/me/notification/email/history/{id:int}", _mail),
)
