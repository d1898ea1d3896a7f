"""``/me``: the account, its debt, its bills, its mails (ovh-api ``me``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, day, get, price, stamp
from unrack.simulator.ovhcloud.records import Bill, BillLine, Mail
from unrack.simulator.ovhcloud.refusal import not_found, refused

_TAX = 0.2


def _me(call: ApiCall) -> answers.NichandleNichandle:
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


def _debt(call: ApiCall) -> answers.DebtBalance:
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
    head: Callable[[ApiCall, Bill], Mapping[str, object]]
    line: Callable[[BillLine], Mapping[str, object]]

    def of(self, call: ApiCall) -> Bill:
        """The one in the path."""
        number = call.path["number"]
        bill = call.tables.bills.get(number)
        if bill is None or bill.account != call.caller or bool(bill.corrects) is not self.correcting:
            raise not_found(self.name, number)
        return bill

    def line_of(self, call: ApiCall) -> BillLine:
        """The line in the path."""
        wanted = call.path["line"]
        line = next((line for line in self.of(call).lines if line.id == wanted), None)
        if line is None:
            raise not_found(self.line_name, wanted)
        return line

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the endpoints that read these bills and their lines."""
        one = f"{self.path}/{{number}}"
        return (
            get(self.path, lambda call: _bills(call, correcting=self.correcting)),
            get(one, lambda call: self.head(call, self.of(call))),
            get(f"{one}/details", lambda call: [line.id for line in self.of(call).lines]),
            get(f"{one}/details/{{line}}", lambda call: self.line(self.line_of(call))),
        )


def _bill(call: ApiCall, bill: Bill) -> answers.BillingBill:
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
        "eInvoicingId": f"e-{bill.id}",
        "eInvoicingStatus": "accepted",
        "password": "0000",
        "pdfUrl": f"{url}.pdf",
        "url": f"{url}.html",
    }


def _bill_line(line: BillLine) -> answers.BillingBillDetail:
    return {
        "billDetailId": line.id,
        "quantity": "1",
        "domain": line.domain,
        "description": line.description,
        "periodStart": day(line.period_start) if line.period_start else None,
        "periodEnd": day(line.period_end) if line.period_end else None,
        "totalPrice": price(line.price),
        "unitPrice": {"currencyCode": "EUR", "text": f"{line.price:.2f} €", "value": line.price},
    }


def _corrective(call: ApiCall, bill: Bill) -> Mapping[str, object]:
    ids = {"correctiveInvoiceId": bill.id, "correctedInvoiceId": bill.corrects}
    return {**ids, **_without("billId", _bill(call, bill))}


def _corrective_line(line: BillLine) -> Mapping[str, object]:
    return {**_without("billDetailId", _bill_line(line)), "correctiveInvoiceDetailId": line.id, "quantity": 1}


def _without(name: str, shown: Mapping[str, object]) -> Mapping[str, object]:
    """All that a corrective invoice has in common with a bill: this is said once, so its own types are not used."""
    return {key: value for key, value in shown.items() if key != name}


def _mails(call: ApiCall) -> list[Mail]:
    return [mail for mail in call.tables.mails.where(account=call.caller) if mail.sent_at <= call.now]


def _mail(call: ApiCall) -> answers.NichandleEmailNotification:
    mail = next((mail for mail in _mails(call) if mail.id == call.path["id"]), None)
    if mail is None:
        raise not_found("id", call.path["id"])
    return {"id": mail.id, "date": stamp(mail.sent_at), "subject": mail.subject, "body": mail.body}


_BILLS = _Documents("/me/bill", "billId", "billDetailId", correcting=False, head=_bill, line=_bill_line)
_CORRECTIVES = _Documents(
    "/me/correctiveInvoice",
    "correctiveInvoiceId",
    "correctiveInvoiceDetailId",
    correcting=True,
    head=_corrective,
    line=_corrective_line,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/me", _me),
    get("/me/debtAccount", _debt),
    *_BILLS.endpoints(),
    *_CORRECTIVES.endpoints(),
    get("/me/notification/email/history", lambda call: [mail.id for mail in _mails(call)]),
    get("/me/notification/email/history/{id:int}", _mail),
)
