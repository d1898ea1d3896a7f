"""Records of the simulated WHMCS."""

from datetime import date
from typing import Literal

from unrack.model.base import Frozen, Moment


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
    """The error of the server module, which then does nothing."""


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
