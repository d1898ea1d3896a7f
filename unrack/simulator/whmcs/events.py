"""The daily run: invoices, payments, cancellation requests, suspension and termination for debt (docs.whmcs.com)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.vendor import Event
from unrack.simulator.whmcs.records import DailyRun, Invoice, InvoiceLine, Service
from unrack.simulator.whmcs.tables import Tables, end
from unrack.simulator.world import World

_MONTHS = {"Monthly": 1, "Quarterly": 3, "Semi-Annually": 6, "Annually": 12, "Biennially": 24, "Triennially": 36}
OVERDUE = "Overdue on Payment"
"""The reason with which WHMCS itself suspends; only this one is taken back by a payment."""


def upcoming(world: World) -> Iterator[Event]:
    """The next daily run."""
    for daily in world.tables_for(Tables).daily_row:
        yield daily.at, partial(run_daily, world, daily.at)


def run_daily(world: World, at: datetime) -> None:
    """Does what is due on the day of `at`, and sets the time of the next run."""
    tables, today = world.tables_for(Tables), at.date()
    for service in tables.services:
        _invoice(world, service, today)
    for invoice in tables.invoices.where(status="Unpaid"):
        if invoice.due <= today and tables.clients[invoice.client].pays:
            _paid(tables, invoice)
    if tables.settings.automatic:
        _carry_out(tables, at)
    for invoice in tables.invoices.where(status="Unpaid"):
        _dun(tables, invoice, at)
    tables.daily_row.put(DailyRun(at=at + timedelta(days=1)))


def first_run(now: datetime, hour: int) -> datetime:
    """The first daily run after `now`."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _invoice(world: World, service: Service, today: date) -> None:
    """Bills the next period, unless the service ends with this one."""
    tables = world.tables_for(Tables)
    if service.next_due is None or service.status not in ("Active", "Suspended"):
        return
    leaving = tables.requests.where(service=service.id)
    billed = any(
        invoice.due == service.next_due and any(line.relid == service.id for line in invoice.lines)
        for invoice in tables.invoices.where(client=service.client)
    )
    if leaving or billed or service.next_due - today > timedelta(days=tables.settings.invoice_days):
        return
    issue(world, service, today)


def issue(world: World, service: Service, today: date) -> Invoice:
    """Issues the invoice for the next period of a service."""
    tables, due = world.tables_for(Tables), service.next_due or today
    line = InvoiceLine(
        id=world.next_id("whmcs-line"),
        type="Hosting",
        relid=service.id,
        description=f"{service.product} - {service.domain} ({due} - …)",
        amount=service.amount,
    )
    number = world.next_id("whmcs-invoice")
    return tables.invoices.put(Invoice(id=number, client=service.client, issued_on=today, due=due, lines=(line,)))


def _paid(tables: Tables, invoice: Invoice) -> None:
    tables.invoices.change(invoice, status="Paid")
    for line in invoice.lines:
        service = tables.services.get(line.relid) if line.type == "Hosting" else None
        if service is None or service.next_due is None:
            continue
        moment = datetime.combine(service.next_due, datetime.min.time())
        ahead = {"next_due": plus_months(moment, _MONTHS.get(service.cycle, 1)).date()}
        back = {"status": "Active", "suspension_reason": ""} if service.suspension_reason == OVERDUE else {}
        tables.services.change(service, **ahead, **back)


def _carry_out(tables: Tables, at: datetime) -> None:
    """Immediate requests at the next run, the others when the due date is reached."""
    for request in tables.requests:
        service = tables.services[request.service]
        due = service.next_due is not None and service.next_due <= at.date()
        if service.status in ("Active", "Suspended") and (request.type == "Immediate" or due):
            end(tables, service, at, "Cancelled")


def _dun(tables: Tables, invoice: Invoice, at: datetime) -> None:
    late = (at.date() - invoice.due).days
    for line in invoice.lines:
        service = tables.services.get(line.relid) if line.type == "Hosting" else None
        if service is None:
            continue
        if late >= tables.settings.terminate_days and service.status in ("Active", "Suspended"):
            end(tables, service, at, "Terminated")
        elif late >= tables.settings.suspend_days and service.status == "Active":
            tables.services.change(service, status="Suspended", suspension_reason=OVERDUE)
