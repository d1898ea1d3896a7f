"""What WHMCS answers, as far as it is read (WHMCS developer docs). Passwords that it sends along are never read."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from unrack.providers.whmcs.loose import Day, Listed, Yes

ENDED = frozenset({"Cancelled", "Terminated"})
"""Statuses of a service under which nothing is left."""

LIVING = frozenset({"Active", "Suspended"})
"""Statuses of a service that can be ended."""

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


class Answer(BaseModel):
    """What is not read is ignored; numbers that come as text are numbers."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Product(Answer):
    """A service of a client."""

    id: int
    clientid: int
    name: str = ""
    groupname: str = ""
    domain: str = ""
    servername: str = ""
    status: str
    suspensionreason: str = ""
    billingcycle: str = ""
    recurringamount: str = "0.00"
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


class Products(Answer):
    """``GetClientsProducts``."""

    products: Listed[Product] = ()


class CancelRequest(Answer):
    """A cancellation request."""

    id: int
    relid: int
    type: str = END_OF_PERIOD
    reason: str = ""
    date: str = ""


class CancelRequests(Answer):
    """``GetCancelledPackages``."""

    totalresults: int = 0
    packages: Listed[CancelRequest] = ()


class Domain(Answer):
    """A domain of a client."""

    id: int
    domainname: str
    status: str = ""
    expirydate: Day = None
    donotrenew: Yes = False


class Domains(Answer):
    """``GetClientsDomains``."""

    totalresults: int = 0
    domains: Listed[Domain] = ()


class Addon(Answer):
    """Something billed apart that hangs on a service."""

    id: int
    name: str = ""
    status: str = ""


class Addons(Answer):
    """``GetClientsAddons``."""

    addons: Listed[Addon] = ()


class InvoiceSummary(Answer):
    """A line of ``GetInvoices``."""

    id: int
    status: str
    date: Day = None
    duedate: Day = None
    total: Decimal = Decimal(0)
    currencycode: str = ""


class Invoices(Answer):
    """``GetInvoices``."""

    totalresults: int = 0
    invoices: Listed[InvoiceSummary] = ()


class InvoiceItem(Answer):
    """A line of an invoice; ``relid`` is the id of what it is for, by ``type``."""

    id: int
    type: str = ""
    relid: int = 0
    description: str = ""
    amount: Decimal = Decimal(0)


class Invoice(Answer):
    """``GetInvoice``."""

    invoiceid: int
    status: str
    date: Day = None
    duedate: Day = None
    items: Listed[InvoiceItem] = ()


class TicketSummary(Answer):
    """A line of ``GetTickets``."""

    id: int
    tid: str = ""
    subject: str = ""
    status: str = ""


class Tickets(Answer):
    """``GetTickets``."""

    totalresults: int = 0
    tickets: Listed[TicketSummary] = ()


class OpenedTicket(Answer):
    """``OpenTicket``: `id` for the API, `tid` for people."""

    id: int
    tid: str = ""


class Admin(Answer):
    """``GetAdminDetails``: whom the credential speaks for."""

    adminid: int
    name: str = ""


class Done(Answer):
    """An answer of which nothing but its success is read."""
