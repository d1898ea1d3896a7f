"""How the world of OVHcloud begins. The keys below protect nothing: they open a simulator and are documented."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from pydantic import Field, field_validator

from unrack.model.base import Frozen
from unrack.simulator.calendar_months import plus_months
from unrack.simulator.ovhcloud import billing, seeds_products
from unrack.simulator.ovhcloud.areas import service_keys
from unrack.simulator.ovhcloud.records import (
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
from unrack.simulator.ovhcloud.records_products import Member
from unrack.simulator.ovhcloud.tables import Tables

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
EVERY_PRODUCT = (PARTNERED, *seeds_products.DEMOS)
"""The products beside OVHcloud Connect Direct, of which there always is a service."""
_NAMESPACE = UUID("5b0f4a52-2f43-4b8e-9a53-5f4d4f9b1a77")


class OvhSeed(Frozen):
    """The first state of OVHcloud; every default makes a service that can be cancelled without a hitch."""

    services: int = Field(default=1, ge=1)
    """How many cancellable services beside the untouched one; the first is `DEMO_SERVICE`."""
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
    """Further products of OVHcloud, as ``web-hosting``."""
    each: int = Field(default=1, ge=1)
    """How many services of each of the `products`."""
    rules: tuple[AccessRule, ...] = EVERYTHING
    """The rights of the credential."""
    settings: Settings = Settings()

    @field_validator("products")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(EVERY_PRODUCT)):
            raise ValueError(f"no such product: {', '.join(unknown)}; known: {', '.join(sorted(EVERY_PRODUCT))}")
        return value


def service_name(number: int) -> str:
    """The uuid of cancellable service `number`, 0 for the first."""
    return DEMO_SERVICE if number == 0 else str(uuid5(_NAMESPACE, str(number)))


def fill(tables: Tables, seed: OvhSeed, now: datetime) -> None:
    """Fills empty tables."""
    tables.settings_row.put(seed.settings)
    _add_account(tables, seed, now)
    for number in range(seed.services):
        _add_service(tables, seed, service_name(number), now, number)
    untouched = OvhSeed(expires_in=timedelta(days=20), ports=1, pops=0, with_vrack=False)
    _add_service(tables, untouched, OTHER_SERVICE, now, seed.services)
    for product in dict.fromkeys(seed.products):
        for number in range(seed.each):
            _add_product(tables, seed, product, now, number)
    if seed.savings_plan:
        seeds_products.add_savings_plan(tables, now)
    _add_bills(tables, seed, now)


def _add_account(tables: Tables, seed: OvhSeed, now: datetime) -> None:
    next_bill = now + seed.next_bill_in
    account = Account(nichandle=NICHANDLE, email="noc@example.net", debt=seed.debt, next_bill_at=next_bill)
    tables.accounts.put(account)
    tables.vracks.put(Vrack(name=VRACK, account=NICHANDLE, description="Backbone"))
    tables.credentials.put(
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


def _add_service(tables: Tables, seed: OvhSeed, name: str, now: datetime, number: int) -> None:
    service = tables.services.put(service_like(tables, seed, name, now))
    tables.connections.put(
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
        option = {"id": tables.next_id("service"), "parent": service.id, "price": 50.0}
        option |= {"title": "Bandwidth option", "plan": "ovhcloud-connect-bandwidth"}
        tables.services.put(service.model_copy(update=option))
    for port in range(seed.ports):
        with_pop = port < seed.pops and seed.with_vrack
        _add_port(tables, name, number * 2 + port, now, with_pop=with_pop)


def _add_product(tables: Tables, seed: OvhSeed, product: str, now: datetime, number: int) -> None:
    if product == PARTNERED:
        _add_partnered(tables, seed, now, number)
    else:
        seeds_products.add(tables, product, service_like(tables, seed, "", now), now, number)


def _add_partnered(tables: Tables, seed: OvhSeed, now: datetime, number: int) -> None:
    """A connection that a partner delivers, with its service key."""
    name = PARTNER_SERVICE if number == 0 else str(uuid5(_NAMESPACE, f"partner/{number}"))
    _add_service(tables, seed, name, now, 90 + number)
    connection = tables.connections[name]
    tables.connections.change(connection, provider="megaport", product="Provider", description="Connect, by Megaport")
    fields = {"key": "9c1f7a52-4b60-4d9e-8f1a-2b7c6d5e4f30", "provider": "megaport", "status": "active"}
    tables.members.put(Member(asset=service_keys.key(name), kind="serviceKey", id="71", fields=fields))


def service_like(tables: Tables, seed: OvhSeed, name: str, now: datetime) -> Service:
    """A service as `seed` wants them; not yet among them."""
    engaged = seed.engaged_for
    term = Engagement(start=plus_months(now, -6), end=now + engaged, fee=seed.exit_fee) if engaged else None
    return Service(
        id=tables.next_id("service"),
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


def _add_port(tables: Tables, name: str, number: int, now: datetime, *, with_pop: bool) -> None:
    interface = tables.interfaces.put(
        Interface(id=tables.next_id("interface"), connection=name, name=f"Ethernet1/{number + 1}", changed_at=now)
    )
    if not with_pop:
        return
    subnet = f"10.{number // 250}.{number % 250}.0/30"
    pop = tables.pops.put(
        PopConfig(
            id=tables.next_id("config"),
            connection=name,
            type="l3",
            interface=interface.id,
            customer_bgp_area=65001,
            ovh_bgp_area=65002,
            subnet=subnet,
        )
    )
    for place, datacenter in enumerate((11, 17)):
        _add_datacenter(tables, pop, datacenter, f"172.16.{number % 2 * 8 + place}.0/28")


def _add_datacenter(tables: Tables, pop: PopConfig, datacenter: int, subnet: str) -> None:
    row = tables.datacenters.put(
        DatacenterConfig(
            id=tables.next_id("config"),
            connection=pop.connection,
            pop=pop.id,
            datacenter=datacenter,
            ovh_bgp_area=65010,
            subnet=subnet,
        )
    )
    host = subnet.removesuffix("0/28")
    extra = ExtraConfig(id=tables.next_id("config"), connection=pop.connection, datacenter_config=row.id, type="bgp")
    neighbour = {"bgp_neighbor_area": 65020, "bgp_neighbor_ip": f"{host}4"}
    tables.extras.put(extra.model_copy(update=neighbour))
    route = {"id": tables.next_id("config"), "type": "network", "next_hop": f"{host}5", "subnet": "192.0.2.0/24"}
    tables.extras.put(extra.model_copy(update=route))


def _add_bills(tables: Tables, seed: OvhSeed, now: datetime) -> None:
    for back in range(seed.past_bills, 0, -1):
        account = tables.accounts[NICHANDLE]
        at = plus_months(now + seed.next_bill_in, -back).astimezone(UTC)
        billing.issue_monthly(tables, account, at)
    tables.accounts.change(tables.accounts[NICHANDLE], next_bill_at=now + seed.next_bill_in)
