"""Worlds to start with. The keys below protect nothing: they open a simulator and are written in the documentation."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from pydantic import Field, JsonValue, field_validator

from unrack.model.base import Frozen, Moment
from unrack.simulator import billing, seeds_products
from unrack.simulator.api import service_keys
from unrack.simulator.calendar_months import plus_months
from unrack.simulator.records import (
    AccessRule,
    Account,
    Connection,
    Credential,
    DatacenterConfig,
    Engagement,
    ExtraConfig,
    Interface,
    PopConfig,
    Service,
    Settings,
    Vrack,
)
from unrack.simulator.records_products import Member
from unrack.simulator.world import World

NICHANDLE = "ul12345-ovh"
APPLICATION_KEY = "5imu1at0rAppKey0"
APPLICATION_SECRET = "5imu1at0rApplicationSecret000000"  # noqa: S105  # documented, opens a simulator only
CONSUMER_KEY = "5imu1at0rConsumerKey000000000000"
DEMO_SERVICE = "2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10"
OTHER_SERVICE = "7d3b1c52-90aa-4f0e-8a44-5c1f2e6b9d20"
VRACK = "pn-100001"
PARTNERED = "connect-provider"
PARTNER_SERVICE = "c4b8e2d6-1f3a-4c7e-9b50-6a8d2e1f7c94"
EVERYTHING = tuple(AccessRule(method=m, path="/*") for m in ("GET", "POST", "PUT", "DELETE"))
_NAMESPACE = UUID("5b0f4a52-2f43-4b8e-9a53-5f4d4f9b1a77")


class Seed(Frozen):
    """What the demo world looks like; every default makes a service that can be cancelled without a hitch."""

    services: int = Field(default=1, ge=1)
    """How many cancellable services beside the untouched one; the first is `DEMO_SERVICE`."""
    now: Moment | None = None
    """What the provider's clock shows at first; None for the real time."""
    scale: float = Field(default=1, gt=0)
    expires_in: timedelta = timedelta(days=30)
    """From now to the expiry of the services."""
    ports: int = Field(default=2, ge=1, le=2)
    pops: int = Field(default=1, ge=0, le=2)
    """PoP configurations of each service, one a port."""
    with_vrack: bool = True
    admin_contact: str = NICHANDLE
    debt: float = 0
    engaged_for: timedelta | None = None
    """From now to the end of a minimum term."""
    exit_fee: float = 1200
    key_expires_in: timedelta | None = None
    """From now to the end of the consumer key; None: it does not end."""
    can_delete_at_expiration: bool = True
    renews_automatically: bool = True
    option: bool = False
    """An option billed apart hangs on each service."""
    closed: bool = False
    """The services are closed already."""
    next_bill_in: timedelta = timedelta(days=7)
    past_bills: int = 3
    savings_plan: bool = False
    """A Savings Plan is active on the Public Cloud project."""
    products: tuple[str, ...] = ()
    """Further products of OVHcloud of which there is a service each, as ``web-hosting``."""
    rules: tuple[AccessRule, ...] = EVERYTHING
    """The rights of the credential."""
    settings: Settings = Settings()
    vendors: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """What the other vendors' worlds look like, by the vendor's name; a vendor that is not named plants its demo."""

    @field_validator("products")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = {PARTNERED, *seeds_products.DEMOS}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"no such product: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        return value


def service_name(number: int) -> str:
    """The uuid of cancellable service `number`, 0 for the first."""
    return DEMO_SERVICE if number == 0 else str(uuid5(_NAMESPACE, str(number)))


def plant(world: World, seed: Seed, now: datetime) -> None:
    """Fills an empty world."""
    world.settings_row.put(seed.settings)
    _plant_account(world, seed, now)
    for number in range(seed.services):
        _plant_service(world, seed, service_name(number), now, number)
    untouched = Seed(expires_in=timedelta(days=20), ports=1, pops=0, with_vrack=False)
    _plant_service(world, untouched, OTHER_SERVICE, now, seed.services)
    if PARTNERED in seed.products:
        _plant_partnered(world, seed, now)
    for product in sorted(set(seed.products) - {PARTNERED}, key=seed.products.index):
        seeds_products.plant(world, product, service_like(world, seed, "", now), now)
    if seed.savings_plan:
        seeds_products.plant_savings_plan(world, now)
    _plant_bills(world, seed, now)


def _plant_account(world: World, seed: Seed, now: datetime) -> None:
    next_bill = now + seed.next_bill_in
    account = Account(nichandle=NICHANDLE, email="noc@example.net", debt=seed.debt, next_bill_at=next_bill)
    world.accounts.put(account)
    world.vracks.put(Vrack(name=VRACK, account=NICHANDLE, description="Backbone"))
    world.credentials.put(
        Credential(
            id=1,
            application_key=APPLICATION_KEY,
            application_secret=APPLICATION_SECRET,
            consumer_key=CONSUMER_KEY,
            account=NICHANDLE,
            rules=seed.rules,
            created_at=now,
            expires_at=now + seed.key_expires_in if seed.key_expires_in else None,
        )
    )


def _plant_service(world: World, seed: Seed, name: str, now: datetime, number: int) -> None:
    service = world.services.put(service_like(world, seed, name, now))
    world.connections.put(
        Connection(
            uuid=name,
            service=service.id,
            description=f"Connect {number + 1}, Paris",
            port_quantity="2" if seed.ports == 2 else "1",  # noqa: PLR2004
            vrack=VRACK if seed.with_vrack else None,
            closed=seed.closed,
        )
    )
    if seed.option:
        option = {"id": world.next_id("service"), "parent": service.id, "price": 50.0}
        option |= {"title": "Bandwidth option", "plan": "ovhcloud-connect-bandwidth"}
        world.services.put(service.model_copy(update=option))
    for port in range(seed.ports):
        with_pop = port < seed.pops and seed.with_vrack
        _plant_port(world, name, number * 2 + port, now, with_pop=with_pop)


def _plant_partnered(world: World, seed: Seed, now: datetime) -> None:
    """A connection that a partner delivers, with its service key."""
    _plant_service(world, seed, PARTNER_SERVICE, now, 90)
    connection = world.connections[PARTNER_SERVICE]
    world.connections.change(connection, provider="megaport", product="Provider", description="Connect, by Megaport")
    fields = {"key": "9c1f7a52-4b60-4d9e-8f1a-2b7c6d5e4f30", "provider": "megaport", "status": "active"}
    world.members.put(Member(asset=service_keys.key(PARTNER_SERVICE), kind="serviceKey", id="71", fields=fields))


def service_like(world: World, seed: Seed, name: str, now: datetime) -> Service:
    """A service as `seed` wants them; not yet in the world."""
    engaged = seed.engaged_for
    term = Engagement(start=plus_months(now, -6), end=now + engaged, fee=seed.exit_fee) if engaged else None
    return Service(
        id=world.next_id("service"),
        name=name,
        account=NICHANDLE,
        contact_admin=seed.admin_contact,
        created_at=plus_months(now, -6),
        expires_at=now + seed.expires_in,
        renews_automatically=seed.renews_automatically,
        can_delete_at_expiration=seed.can_delete_at_expiration,
        engagement=term,
        ended_at=now if seed.closed else None,
        retained_until=now + timedelta(seconds=seed.settings.retention) if seed.closed else None,
    )


def _plant_port(world: World, name: str, number: int, now: datetime, *, with_pop: bool) -> None:
    interface = world.interfaces.put(
        Interface(id=world.next_id("interface"), connection=name, name=f"Ethernet1/{number + 1}", changed_at=now)
    )
    if not with_pop:
        return
    subnet = f"10.{number // 250}.{number % 250}.0/30"
    pop = world.pops.put(
        PopConfig(
            id=world.next_id("config"),
            connection=name,
            type="l3",
            interface=interface.id,
            customer_bgp_area=65001,
            ovh_bgp_area=65002,
            subnet=subnet,
        )
    )
    for place, datacenter in enumerate((11, 17)):
        _plant_datacenter(world, pop, datacenter, f"172.16.{number % 2 * 8 + place}.0/28")


def _plant_datacenter(world: World, pop: PopConfig, datacenter: int, subnet: str) -> None:
    row = world.datacenters.put(
        DatacenterConfig(
            id=world.next_id("config"),
            connection=pop.connection,
            pop=pop.id,
            datacenter=datacenter,
            ovh_bgp_area=65010,
            subnet=subnet,
        )
    )
    host = subnet.removesuffix("0/28")
    extra = ExtraConfig(id=world.next_id("config"), connection=pop.connection, datacenter_config=row.id, type="bgp")
    neighbour = {"bgp_neighbor_area": 65020, "bgp_neighbor_ip": f"{host}4"}
    world.extras.put(extra.model_copy(update=neighbour))
    route = {"id": world.next_id("config"), "type": "network", "next_hop": f"{host}5", "subnet": "192.0.2.0/24"}
    world.extras.put(extra.model_copy(update=route))


def _plant_bills(world: World, seed: Seed, now: datetime) -> None:
    for back in range(seed.past_bills, 0, -1):
        account = world.accounts[NICHANDLE]
        at = plus_months(now + seed.next_bill_in, -back).astimezone(UTC)
        billing.issue_monthly(world, account, at)
    world.accounts.change(world.accounts[NICHANDLE], next_bill_at=now + seed.next_bill_in)
