"""``/domain`` and ``/domain/zone``: names that expire, and zones that can be exported (ovh-api ``domain``)."""

from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam, lists
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset

_SERVERS = ("dns200.anycast.me", "ns200.anycast.me")


def _domain(_: ApiCall, asset: Asset, service: Service) -> answers.DomainDomainServiceWithIAM:
    contact: answers.DomainContactSummary = {"id": service.contact_admin}
    return {
        "domain": asset.name,
        "serviceId": service.id,
        "state": "ok",
        "renewalState": "automatic_renew" if service.renews_automatically else "manual_renew",
        "suspensionState": "not_suspended",
        "offer": "gold",
        "whoisOwner": "17",
        "expirationDate": stamp(service.expires_at),
        "renewalDate": stamp(service.expires_at),
        "lastUpdate": stamp(service.created_at),
        "nameServerType": "hosted",
        "nameServers": [_server(number, name) for number, name in enumerate(_SERVERS, start=1)],
        "dnssecState": "disabled",
        "dnssecSupported": True,
        "transferLockStatus": "locked",
        "glueRecordIpv6Supported": True,
        "glueRecordMultiIpSupported": True,
        "hostSupported": True,
        "owoSupported": True,
        "parentService": None,
        "contactAdmin": contact,
        "contactBilling": contact,
        "contactOwner": contact,
        "contactTech": contact,
        "iam": iam(asset, "domain"),
    }


def _server(number: int, name: str) -> answers.DomainNameServerNameServer:
    return {"id": number, "nameServer": name, "nameServerType": "hosted", "ipv4": None, "ipv6": None}


def _zone(_: ApiCall, asset: Asset, service: Service) -> answers.DomainZoneWithIAM:
    return {
        "name": asset.name,
        "nameServers": list(_SERVERS),
        "hasDnsAnycast": False,
        "dnssecActivated": False,
        "dnssecSupported": True,
        "lastUpdate": stamp(service.created_at),
        "iam": iam(asset, "dnsZone"),
    }


def _export(call: ApiCall) -> str:
    asset, _ = ZONE.living(call)
    servers = "".join(f"        IN NS     {name}.\n" for name in _SERVERS)
    soa = f"@       IN SOA {_SERVERS[0]}. tech.ovh.net. (2026010100 86400 3600 3600000 300)\n"
    return f"$TTL 3600\n$ORIGIN {asset.name}.\n{soa}{servers}www     IN A      192.0.2.80\n"


ZONE = ProductRoutes("dns-zone", "/domain/zone/{zoneName}", _zone)
DOMAIN = ProductRoutes("domain", "/domain/{serviceName}", _domain, confirmation=None)
ENDPOINTS: tuple[Endpoint, ...] = (
    *ZONE.endpoints(),
    get(f"{ZONE.path}/export", _export),
    *lists(ZONE, "record"),
    *DOMAIN.endpoints(),
)
