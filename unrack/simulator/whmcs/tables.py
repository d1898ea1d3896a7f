"""The tables of the simulated WHMCS, and what becomes of a service's records when it ends."""

from datetime import datetime

from unrack.simulator.table import Table
from unrack.simulator.whmcs.records import (
    ApiCredential,
    CancelRequest,
    Client,
    DailyRun,
    DomainName,
    Invoice,
    Service,
    Ticket,
    WhmcsSettings,
)


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
