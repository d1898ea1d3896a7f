"""The fields read from WHMCS's answers (WHMCS developer docs). Passwords that it sends along are never read."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unrack.providers.whmcs.lenient import Day, Number, Unreadable, Words, Yes, listed, rows_of

ENDED = frozenset({"Cancelled", "Terminated"})
"""Statuses of a service under which nothing is left."""

LIVING = frozenset({"Active", "Suspended"})
"""Statuses of a service that can be ended."""

SETTLED = frozenset({"Paid", "Cancelled", "Refunded"})
"""Statuses of an invoice under which no money moves any more. Under all others it may: ``Unpaid``, ``Overdue``,
``Payment Pending`` (direct debit under way), ``Collections``, ``Draft``, and whatever a newer WHMCS adds."""

PERIODS = {
    "Monthly": "P1M",
    "Quarterly": "P3M",
    "Semi-Annually": "P6M",
    "Annually": "P1Y",
    "Biennially": "P2Y",
    "Triennially": "P3Y",
}
"""ISO 8601 by ``billingcycle``; other cycles (``Free Account``, ``One Time``) are never billed again."""

END_OF_PERIOD, IMMEDIATE = "End of Billing Period", "Immediate"
"""The types of a cancellation request."""


class WhmcsAnswer(BaseModel):
    """The base of every answer. Unknown fields are ignored. Numbers may come as text, and texts as numbers."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Product(WhmcsAnswer):
    """A service of a client."""

    id: int
    clientid: int
    name: Words = ""
    groupname: Words = ""
    domain: Words = ""
    servername: Words = ""
    status: Words = Field(min_length=1)
    suspensionreason: Words = ""
    billingcycle: Words = ""
    recurringamount: Words = "0.00"
    regdate: Day = None
    nextduedate: Day = None

    @property
    def period(self) -> str | None:
        """How often it is billed; None when never again."""
        return PERIODS.get(self.billingcycle)

    @property
    def ended(self) -> bool:
        """Whether nothing of it is left."""
        return self.status in ENDED


class CancelRequest(WhmcsAnswer):
    """A cancellation request (``GetCancelledPackages``)."""

    id: Number = 0
    relid: int
    type: Words = END_OF_PERIOD
    reason: Words = ""
    date: Words = ""


class Domain(WhmcsAnswer):
    """A domain of a client (``GetClientsDomains``)."""

    id: int
    domainname: Words
    status: Words = ""
    expirydate: Day = None
    donotrenew: Yes = False


class Addon(WhmcsAnswer):
    """Something billed apart that hangs on a service (``GetClientsAddons``)."""

    id: int
    serviceid: Number = 0
    name: Words = ""
    status: Words = ""


class InvoiceSummary(WhmcsAnswer):
    """A line of ``GetInvoices``. Its currency is documented here, and not in ``GetInvoice``."""

    id: int
    status: Words = ""
    currencycode: Words = ""

    @property
    def open(self) -> bool:
        """Whether money may still move; also when its status is not known."""
        return self.status not in SETTLED


class InvoiceItem(WhmcsAnswer):
    """A line of an invoice; ``relid`` is the id of what it is for, by ``type``."""

    id: int
    type: Words = ""
    relid: Number = 0
    description: Words = ""
    amount: Words = "0.00"


class Invoice(WhmcsAnswer):
    """``GetInvoice``."""

    invoiceid: int
    status: Words = ""
    date: Day = None
    duedate: Day = None
    items: tuple[InvoiceItem, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    """Lines that cannot be read: they may be for anything."""

    @model_validator(mode="before")
    @classmethod
    def _each_line_by_itself(cls, given: Any) -> Any:  # noqa: ANN401  # any JSON
        rows = rows_of(listed(given.get("items")), InvoiceItem)
        return {**given, "items": rows.read, "unreadable": rows.unreadable}


class TicketSummary(WhmcsAnswer):
    """A line of ``GetTickets``."""

    id: int
    tid: Words = ""
    subject: Words = ""
    status: Words = ""


class OpenedTicket(WhmcsAnswer):
    """``OpenTicket``: `id` for the API, `tid` for people."""

    id: int
    tid: Words = ""


class Admin(WhmcsAnswer):
    """``GetAdminDetails``: whom the credential speaks for."""

    adminid: int
    name: Words = ""


class Page(WhmcsAnswer):
    """A part of a list."""

    totalresults: Number = 0
    """How many records the whole list has; 0 where WHMCS does not say."""
    rows: tuple[Any, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _however_it_is_written(cls, given: Any) -> Any:  # noqa: ANN401  # any JSON
        return {**given, "rows": tuple(listed(given.get("rows")))}


class Done(WhmcsAnswer):
    """An answer of which nothing but its success is read."""
