"""The demo's WHMCS. The keys below protect nothing: they open a simulator and are written in the documentation."""

from datetime import datetime, timedelta

from unrack.model.base import Frozen
from unrack.simulator.calendar_months import plus_months
from unrack.simulator.whmcs.events import first_run, issue
from unrack.simulator.whmcs.records import (
    ApiCredential,
    Client,
    DailyRun,
    DomainName,
    InvoiceLine,
    Service,
    WhmcsSettings,
)
from unrack.simulator.whmcs.scenario_events import client_asks
from unrack.simulator.whmcs.tables import Tables
from unrack.simulator.world import World

IDENTIFIER = "5imu1at0rIdentifier0000000000000"
SECRET = "5imu1at0rSecret00000000000000000"  # noqa: S105  # documented, opens a simulator only
SERVICE = 42
OTHER_SERVICE = 43
DOMAIN = "example.org"
DEPARTMENT = 1


class WhmcsSeed(Frozen):
    """The first state of the WHMCS."""

    each: int = 1
    """How many services there are beside the untouched one; the first is `SERVICE`."""
    due_in: timedelta = timedelta(days=30)
    """From now to the next due date of the service."""
    cycle: str = "Monthly"
    status: str = "Active"
    suspension_reason: str = ""
    module: str | None = "cpanel"
    pays: bool = True
    domain_renews: bool = True
    unpaid: bool = False
    """Whether the invoice for the next period is there already, unpaid."""
    mixed: bool = False
    """Whether that invoice has a line for another service, too."""
    addons: tuple[str, ...] = ()
    other_requests: int = 0
    """Cancellation requests of other services, which fill pages."""
    allowed: tuple[str, ...] | None = None
    settings: WhmcsSettings = WhmcsSettings()


def fill(world: World, seed: WhmcsSeed, now: datetime) -> None:
    """Fills empty tables."""
    tables = world.tables_for(Tables)
    tables.settings_row.put(seed.settings)
    tables.daily_row.put(DailyRun(at=first_run(now, seed.settings.cron_hour)))
    tables.credentials.put(ApiCredential(identifier=IDENTIFIER, secret=SECRET, allowed=seed.allowed))
    tables.clients.put(Client(id=7, name="Grace Hopper", pays=seed.pays))
    service = tables.services.put(_service(seed, now))
    other = {
        "id": OTHER_SERVICE,
        "domain": "another.example",
        "status": "Active",
        "suspension_reason": "",
        "addons": (),
    }
    tables.services.put(service.model_copy(update=other))
    tables.domains.put(
        DomainName(
            id=11,
            client=7,
            name=DOMAIN,
            expires_on=plus_months(now, 5).date(),
            do_not_renew=not seed.domain_renews,
        )
    )
    for number in range(1, seed.each):
        _add_further(tables, service, number)
    if seed.unpaid:
        _add_invoice(world, seed, service, now)
    _add_other_requests(world, seed, now)


def _add_further(tables: Tables, like: Service, number: int) -> None:
    """Service `number`, 1 for the second, with its domain."""
    name = f"example-{number + 1}.org"
    tables.services.put(like.model_copy(update={"id": OTHER_SERVICE + number, "domain": name}))
    first = next(iter(tables.domains))
    tables.domains.put(first.model_copy(update={"id": first.id + number, "name": name}))


def _service(seed: WhmcsSeed, now: datetime) -> Service:
    return Service(
        id=SERVICE,
        client=7,
        product="Starter",
        domain=DOMAIN,
        module=seed.module,
        cycle=seed.cycle,
        registered_on=plus_months(now, -11).date(),
        next_due=(now + seed.due_in).date() if seed.cycle != "One Time" else None,
        status=seed.status,
        suspension_reason=seed.suspension_reason,
        addons=seed.addons,
    )


def _add_invoice(world: World, seed: WhmcsSeed, service: Service, now: datetime) -> None:
    invoice = issue(world, service, now.date())
    if seed.mixed:
        number = world.next_id("whmcs-line")
        line = InvoiceLine(id=number, type="Hosting", relid=OTHER_SERVICE, description="Starter", amount="12.95")
        world.tables_for(Tables).invoices.change(invoice, lines=(*invoice.lines, line))


def _add_other_requests(world: World, seed: WhmcsSeed, now: datetime) -> None:

    for number in range(seed.other_requests):
        client_asks(world, now, 1000 + number, "End of Billing Period", "gone")
        table = world.tables_for(Tables).services
        table.put(table[SERVICE].model_copy(update={"id": 1000 + number, "status": "Cancelled", "next_due": None}))
