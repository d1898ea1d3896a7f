"""What the simulated WHMCS remembers."""

from datetime import date, datetime
from typing import Literal

from unrack.model.base import Frozen, Moment
from unrack.simulator.table import Table


class WhmcsSettings(Frozen):
    """Its automation settings, and where its documents leave room."""

    cron_hour: int = 3
    """UTC hour of the daily run."""
    automatic: bool = True
    """Whether the daily run carries out cancellation requests (Automation Settings, Cancellation Requests)."""
    invoice_days: int = 14
    """So many days before a due date its invoice comes."""
    suspend_days: int = 5
    """So many days after an unpaid due date a service is suspended."""
    terminate_days: int = 30
    """So many days after an unpaid due date a service is terminated."""
    empty: Literal["text", "list"] = "text"
    """How an empty list is written: ``""`` or ``[]``."""
    most: int = 0
    """How many records a page has at most, whatever is asked for; 0 for no limit."""
    module_says: str | None = None
    """What the server module says instead of doing anything."""


class ApiCredential(Frozen):
    """An API credential of an admin user. Simulator credentials protect nothing and are documented."""

    identifier: str
    secret: str
    admin: str = "Unrack"
    allowed: tuple[str, ...] | None = None
    """The actions of its API role; None for all."""


class Client(Frozen):
    """A customer."""

    id: int
    name: str
    pays: bool = True
    """Whether invoices are paid on their due date."""


class Service(Frozen):
    """A product that a client has."""

    id: int
    client: int
    product: str
    domain: str
    module: str | None = "cpanel"
    cycle: str = "Monthly"
    amount: str = "12.95"
    registered_on: date
    next_due: date | None
    status: str = "Active"
    suspension_reason: str = ""
    ended_at: Moment | None = None
    password: str = "never-read-this-out"  # noqa: S105  WHMCS sends it along with every service
    addons: tuple[str, ...] = ()


class CancelRequest(Frozen):
    """A cancellation request."""

    id: int
    service: int
    type: str
    reason: str
    at: Moment


class DomainName(Frozen):
    """A domain that a client has."""

    id: int
    client: int
    name: str
    expires_on: date
    do_not_renew: bool = False


class InvoiceLine(Frozen):
    """A line of an invoice."""

    id: int
    type: str
    relid: int
    description: str
    amount: str


class Invoice(Frozen):
    """An invoice."""

    id: int
    client: int
    status: str = "Unpaid"
    issued_on: date
    due: date
    lines: tuple[InvoiceLine, ...]


class Reply(Frozen):
    """An answer in a ticket."""

    at: Moment
    message: str


class Ticket(Frozen):
    """A ticket."""

    id: int
    tid: str
    client: int
    department: int
    subject: str
    message: str
    status: str = "Open"
    service: int | None = None
    at: Moment
    replies: tuple[Reply, ...] = ()


class DailyRun(Frozen):
    """When the daily run comes next."""

    at: Moment


class Tables:
    """The tables of a WHMCS."""

    def __init__(self) -> None:
        self.settings_row = Table("whmcs-settings", WhmcsSettings, lambda _: "settings")
        self.daily_row = Table("whmcs-daily", DailyRun, lambda _: "daily")
        self.credentials = Table("whmcs-credential", ApiCredential, lambda x: x.identifier)
        self.clients = Table("whmcs-client", Client, lambda x: x.id)
        self.services = Table("whmcs-service", Service, lambda x: x.id)
        self.requests = Table("whmcs-request", CancelRequest, lambda x: x.id)
        self.domains = Table("whmcs-domain", DomainName, lambda x: x.id)
        self.invoices = Table("whmcs-invoice", Invoice, lambda x: x.id)
        self.tickets = Table("whmcs-ticket", Ticket, lambda x: x.id)

    @property
    def settings(self) -> WhmcsSettings:
        """Its settings."""
        return self.settings_row.get("settings") or WhmcsSettings()


HANGING = frozenset({"PromoHosting", "GroupDiscount", "LateFee"})
"""Types of lines that are nothing by themselves."""


def end(tables: Tables, service: Service, at: datetime, status: str) -> None:
    """Ends a service for good: its data is deleted."""
    tables.services.change(service, status=status, ended_at=at, suspension_reason="")


def drop_unpaid(tables: Tables, service: Service) -> None:
    """Cancels the unpaid invoices of a service; of a mixed one only its lines go, with discounts (docs.whmcs.com).

    An invoice of which only discounts and fees would be left is cancelled.
    """
    ours = {("Hosting", service.id), ("PromoHosting", service.id)}
    ours |= {("Addon", number) for number, _ in addons_of(service)}
    for invoice in tables.invoices.where(client=service.client, status="Unpaid"):
        others = tuple(line for line in invoice.lines if (line.type, line.relid) not in ours)
        if len(others) == len(invoice.lines):
            continue
        if any(line.type not in HANGING for line in others):
            tables.invoices.change(invoice, lines=others)
        else:
            tables.invoices.change(invoice, status="Cancelled")


def addons_of(service: Service) -> tuple[tuple[int, str], ...]:
    """The add-ons of a service, each with its number."""
    return tuple((service.id * 100 + place, name) for place, name in enumerate(service.addons, 1))
