"""A service of each further product of OVHcloud, to try its runbook on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from unrack.simulator.ovhcloud import products
from unrack.simulator.ovhcloud.records import Engagement, Service, Vrack
from unrack.simulator.ovhcloud.records_products import Asset
from unrack.simulator.ovhcloud.tables import Tables

DAY = 86400.0
_NAMESPACE = UUID("0d6f0f0a-5b0c-4b55-8e1e-6f2f5a1f2c33")

Fill = Callable[[Tables, Asset, Service, datetime], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo services of one product."""

    name: str
    """Its id in requests; parts are joined by ``:``."""
    further: str
    """The ids of further ones: ``{k}`` is 2 for the second one, ``{unique}`` a number of 32 hexadecimal digits."""
    route: str
    title: str
    price: float
    retention_days: float | None = None
    """OVHcloud docs, deletion: how long it may be kept after an immediate end."""
    fill: Fill | None = None

    def named(self, number: int) -> str:
        """The id of service `number`, 0 for the first."""
        if number == 0:
            return self.name
        unique = uuid5(_NAMESPACE, f"{self.route}/{number}").hex
        return self.further.format(k=number + 1, unique=unique)


def _mail_domain(tables: Tables, asset: Asset, _: Service, __: datetime) -> None:
    for name in ("ada", "grace"):
        products.add(tables, asset, "account", name, description=f"{name.title()}'s mail")
    products.add(tables, asset, "redirection", "r1", **{"from": f"info@{asset.name}", "to": f"ada@{asset.name}"})
    products.add(tables, asset, "mailingList", "news", ownerEmail=f"grace@{asset.name}")
    products.add(tables, asset, "responder", "grace", content="Back on Monday")


def _hosting(tables: Tables, asset: Asset, service: Service, now: datetime) -> None:
    """An MX Plan hangs on the hosting, billed apart."""
    domain = f"{asset.name.partition('.')[0]}-hosting.example"
    about = {"id": tables.next_id("service"), "parent": service.id, "name": domain, "title": "MX Plan 5", "price": 1.0}
    option = tables.services.put(service.model_copy(update={**about, "route": "/email/domain/{domain}"}))
    when = service.created_at.isoformat(timespec="seconds")
    products.add(tables, asset, "emailOption", "31", domain=domain, creationDate=when, service=option.id)
    databases = about | {"id": tables.next_id("service"), "name": "demohost-sql", "title": "SQL option", "price": 3.0}
    sql = tables.services.put(service.model_copy(update={**databases, "route": "/hosting/web/{serviceName}"}))
    products.add(tables, asset, "extraSqlPerso", "41", service=sql.id)
    mail = tables.assets.put(Asset(product="mx-plan", name=domain, service=option.id))
    _mail_domain(tables, mail, option, now)


def add_savings_plan(tables: Tables, now: datetime) -> None:
    """Gives the Public Cloud project of the demonstration, where there is one, a Savings Plan for a year."""
    asset = tables.assets.get(f"public-cloud/{DEMOS['public-cloud'].name}")
    if asset is not None:
        number = "6a1e4c1c-30b0-4d5f-9c1a-8f2f7f0a1b2c"
        days = {"startDate": now.date().isoformat(), "endDate": (now + timedelta(days=365)).date().isoformat()}
        products.add(tables, asset, products.SAVINGS_PLAN, number, status="ACTIVE", **days)


def _exchange(tables: Tables, asset: Asset, service: Service, now: datetime) -> None:
    """Beside the accounts a mailbox that has its mail elsewhere, and a policy of authentication."""
    _accounts(tables, asset, service, now)
    products.add(tables, asset, "remoteMailbox", "hopper@demo-exchange.example", routed="hopper@elsewhere.example")
    products.add(tables, asset, "authenticationPolicy", "91")


def _vrack(tables: Tables, asset: Asset, service: Service, _: datetime) -> None:
    tables.vracks.put(Vrack(name=asset.name, account=service.account, description="Old backbone"))


def _zone(tables: Tables, asset: Asset, _: Service, __: datetime) -> None:
    for record in ("501", "502"):
        products.add(tables, asset, "record", record)


def _group(tables: Tables, asset: Asset, _: Service, __: datetime) -> None:
    for number in ("0033972100101", "0033972100102"):
        products.add(tables, asset, "service", number)


def _accounts(tables: Tables, asset: Asset, service: Service, _: datetime) -> None:
    """Two accounts that expire two days before the service, and their domain."""
    expires = (service.expires_at - timedelta(days=2)).isoformat(timespec="seconds")
    for number, name in enumerate(("ada", "grace"), start=1):
        dates = {"number": number, "deleteAtExpiration": False, "expirationDate": expires}
        products.add(tables, asset, "account", f"{name}@demo-{asset.product}.example", **dates)
    products.add(tables, asset, "domain", f"demo-{asset.product}.example")


def _sms(tables: Tables, asset: Asset, _: Service, __: datetime) -> None:
    tables.assets.change(asset, fields={"automaticRecreditAmount": 500})


DEMOS: Mapping[str, Demo] = {
    "any-service": Demo(
        name="5001",
        further="90{k:05}",
        route="/ip/loadbalancing/{serviceName}",
        title="Load balancer, pack 1",
        price=19.99,
    ),
    "web-hosting": Demo(
        name="demo.cluster031.hosting.example",
        further="demo-{k}.cluster031.hosting.example",
        route="/hosting/web/{serviceName}",
        title="Web hosting Pro",
        price=6.99,
        retention_days=45,
        fill=_hosting,
    ),
    "mx-plan": Demo(
        name="demo-mail.example",
        further="demo-mail-{k}.example",
        route="/email/domain/{domain}",
        title="MX Plan 5",
        price=1.0,
        retention_days=14,
        fill=_mail_domain,
    ),
    "domain": Demo(
        name="demo-name.example",
        further="demo-name-{k}.example",
        route="/domain/{serviceName}",
        title="Domain demo-name.example",
        price=0.9,
        retention_days=45,
    ),
    "dns-zone": Demo(
        name="demo-zone.example",
        further="demo-zone-{k}.example",
        route="/domain/zone/{zoneName}",
        title="DNS zone",
        price=0.5,
        fill=_zone,
    ),
    "telephony-group": Demo(
        name="ul12345-ovh-1",
        further="ul12345-ovh-1{k:03}",
        route="/telephony/{billingAccount}",
        title="Telephony group",
        price=9.9,
        fill=_group,
    ),
    "telephony-line": Demo(
        name="ul12345-ovh-2:0033972100200",
        further="ul12345-ovh-2:003397211{k:04}",
        route="/telephony/{billingAccount}/service/{serviceName}",
        title="Individual line",
        price=0.99,
    ),
    "email-pro": Demo(
        name="emailpro-ul12345-1",
        further="emailpro-ul12345-{k}",
        route="/email/pro/{service}",
        title="Email Pro",
        price=1.99,
        fill=_accounts,
    ),
    "exchange": Demo(
        name="hosted-ul12345-1:hosted-ul12345-1",
        further="hosted-ul12345-{k}:hosted-ul12345-{k}",
        route="/email/exchange/{organizationName}/service/{exchangeService}",
        title="Hosted Exchange",
        price=2.99,
        fill=_exchange,
    ),
    "sms": Demo(
        name="sms-ul12345-1", further="sms-ul12345-{k}", route="/sms/{serviceName}", title="SMS", price=0.0, fill=_sms
    ),
    "vrack": Demo(
        name="pn-200002", further="pn-3{k:05}", route="/vrack/{serviceName}", title="vRack", price=0.0, fill=_vrack
    ),
    "public-cloud": Demo(
        name="5f1c0a9e3b7d4e2a8c6b0d1e2f3a4b5c",
        further="{unique}",
        route="/cloud/project/{serviceName}",
        title="Public Cloud project",
        price=120.0,
        retention_days=30,
    ),
}
"""By product."""

COMMITTED = "5002"
"""A service in a minimum term, beside that of ``any-service``."""

_NUMBERED = "any-service"


def add(tables: Tables, product: str, like: Service, now: datetime, number: int = 0) -> None:
    """Adds service `number` of `product`, 0 for the first; `like` is a service as the seed wants them."""
    demo, name = DEMOS[product], DEMOS[product].named(number)
    numbered = product == _NUMBERED
    about: dict[str, object] = {"route": demo.route, "plan": product, "title": demo.title, "price": demo.price}
    about["name"] = f"loadbalancer-{name}" if numbered else name.rpartition(":")[2]
    about["retention"] = demo.retention_days * DAY if demo.retention_days else None
    about |= {"id": int(name)} if numbered else {}
    service = tables.services.put(like.model_copy(update=about))
    if numbered and number == 0:
        term = Engagement(start=now, end=now + timedelta(days=90), fee=100)
        committed = {"id": int(COMMITTED), "name": "loadbalancer-committed", "engagement": term}
        tables.services.put(service.model_copy(update=committed))
    if numbered:
        return
    asset = tables.assets.put(Asset(product=product, name=name, service=service.id))
    if demo.fill:
        demo.fill(tables, asset, service, now)
