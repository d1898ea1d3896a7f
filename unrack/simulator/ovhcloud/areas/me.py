"""``/me``: the account, its debt, its bills, its mails (ovh-api ``me``)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, day, get, price, stamp
from unrack.simulator.ovhcloud.records import Bill, BillLine, Mail
from unrack.simulator.ovhcloud.refusal import not_found, refused

_TAX = 0.2


def _me(call: ApiCall) -> dict[str, Any]:
    account = call.tables.accounts[call.caller]
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


def _debt(call: ApiCall) -> dict[str, Any]:
    debt = call.tables.accounts[call.caller].debt
    nothing = price(0)
    return {
        "active": True,
        "dueAmount": price(debt),
        "pendingAmount": nothing,
        "todoAmount": nothing,
        "unmaturedAmount": nothing,
    }


def _bills(call: ApiCall, *, correcting: bool) -> list[str]:
    since, until = _date(call, "date.from"), _date(call, "date.to")
    bills = [bill for bill in call.tables.bills.where(account=call.caller) if bool(bill.corrects) is correcting]
    if order := call.query.get("orderId"):
        bills = [bill for bill in bills if str(bill.order) == order]
    if call.query.get("category", "autorenew") != "autorenew":
        return []
    return [b.id for b in bills if (since is None or b.date >= since) and (until is None or b.date <= until)]


def _date(call: ApiCall, name: str) -> datetime | None:
    if (text := call.query.get(name)) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refused(400, f"[{name}] Given data ({text}) is not valid for type datetime") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=call.now.tzinfo)


@dataclass(frozen=True, slots=True)
class _Documents:
    """Bills, or the corrective invoices of 2026, which are told in other words."""

    path: str
    name: str
    line_name: str
    correcting: bool

    def of(self, call: ApiCall) -> Bill:
        """The one in the path."""
        number = call.path["number"]
        bill = call.tables.bills.get(number)
        if bill is None or bill.account != call.caller or bool(bill.corrects) is not self.correcting:
            raise not_found(self.name, number)
        return bill

    def head(self, call: ApiCall) -> dict[str, Any]:
        """``billing.Bill`` or ``billing.CorrectiveInvoice``."""
        bill = self.of(call)
        shown = _head(call, bill)
        return {self.name: bill.id, **({"correctedInvoiceId": bill.corrects} if bill.corrects else {}), **shown}

    def line(self, call: ApiCall) -> dict[str, Any]:
        """``billing.BillDetail`` or ``billing.CorrectiveInvoiceDetail``."""
        wanted = call.path["line"]
        line = next((line for line in self.of(call).lines if line.id == wanted), None)
        if line is None:
            raise not_found(self.line_name, wanted)
        return {self.line_name: line.id, "quantity": 1 if self.correcting else "1", **_line(line)}

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the endpoints that read these bills and their lines."""
        one = f"{self.path}/{{number}}"
        return (
            get(self.path, lambda call: _bills(call, correcting=self.correcting)),
            get(one, self.head),
            get(f"{one}/details", lambda call: [line.id for line in self.of(call).lines]),
            get(f"{one}/details/{{line}}", self.line),
        )


def _head(call: ApiCall, bill: Bill) -> dict[str, Any]:
    net = sum(line.price for line in bill.lines)
    url = f"{call.base_url}/_simulator/bill/{bill.id}"
    return {
        "date": stamp(bill.date),
        "orderId": bill.order,
        "priceWithoutTax": price(net),
        "tax": price(net * _TAX),
        "priceWithTax": price(net * (1 + _TAX)),
        "category": "autorenew",
        "eInvoicingId": f"e-{bill.id}",
        "eInvoicingStatus": "accepted",
        "password": "0000",
        "pdfUrl": f"{url}.pdf",
        "url": f"{url}.html",
    }


def _line(line: BillLine) -> dict[str, Any]:
    return {
        "domain": line.domain,
        "description": line.description,
        "periodStart": day(line.period_start) if line.period_start else None,
        "periodEnd": day(line.period_end) if line.period_end else None,
        "totalPrice": price(line.price),
        "unitPrice": {"currencyCode": "EUR", "text": f"{line.price:.2f} €", "value": line.price},
    }


def _mails(call: ApiCall) -> list[Mail]:
    return [mail for mail in call.tables.mails.where(account=call.caller) if mail.sent_at <= call.now]


def _mail(call: ApiCall) -> dict[str, Any]:
    mail = next((mail for mail in _mails(call) if mail.id == call.path["id"]), None)
    if mail is None:
        raise not_found("id", call.path["id"])
    return {"id": mail.id, "date": stamp(mail.sent_at), "subject": mail.subject, "body": mail.body}


ENDPOINTS: tuple[Endpoint, ...] = (
    get("/me", _me),
    get("/me/debtAccount", _debt),
    *_Documents("/me/bill", "billId", "billDetailId", correcting=False).endpoints(),
    *_Documents(
        "/me/correctiveInvoice", "correctiveInvoiceId", "correctiveInvoiceDetailId", correcting=True
    ).endpoints(),
    get("/me/notification/email/history", lambda call: [mail.id for mail in _mails(call)]),
    get("/me/notification/email/history/{id:int}", _mail),
)
