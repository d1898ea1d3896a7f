"""``/hosting/web``: the hosting, and the MX Plan that hangs on it (ovh-api ``webhosting``)."""

import secrets
from datetime import timedelta

from unrack.simulator.faults import FaultKind
from unrack.simulator.ovhcloud import answers, lifecycle, mailbox
from unrack.simulator.ovhcloud.areas.service_infos import infos_of
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam, lists, member_of
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member
from unrack.simulator.ovhcloud.refusal import refused
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.vendor import Reply


def _view(call: ApiCall, asset: Asset, service: Service) -> answers.HostingWebServiceWithIAM:
    return {
        "boostOffer": None,
        "clusterIpv6": None,
        "countriesIp": None,
        "defaultAttachedDomain": None,
        "hostingIpv6": None,
        "lastOvhConfigScan": None,
        "quotaUsed": None,
        "recommendedOffer": None,
        "token": None,
        "trafficQuotaSize": None,
        "trafficQuotaUsed": None,
        "serviceName": asset.name,
        "displayName": asset.name,
        "state": "maintenance" if call.tables.accounts[service.account].debt else "active",
        "offer": "PRO",
        "availableBoostOffer": [],
        "cluster": "cluster031",
        "clusterIp": "203.0.113.31",
        "hostingIp": "203.0.113.32",
        "datacenter": "gra3",
        "filer": "1142",
        "home": "/homez.142/demohost",
        "primaryLogin": "demohost",
        "operatingSystem": "linux",
        "resourceType": "shared",
        "multipleSSL": False,
        "hasCdn": False,
        "hasHostedSsl": True,
        "phpVersions": [],
        "quotaSize": {"unit": "GB", "value": 250.0},
        "serviceManagementAccess": {"ftp": _at("ftp", 21), "http": _at("www", 80), "ssh": _at("ssh", 22)},
        "updates": [],
        "iam": iam(asset, "webHosting"),
    }


def _at(name: str, port: int) -> answers.HostingWebAddress:
    return {"url": f"{name}.cluster031.hosting.example", "port": port}


def _option(_: ApiCall, row: Member) -> answers.HostingWebEmailoption:
    return {"id": int(row.id), "domain": row.fields["domain"], "creationDate": row.fields["creationDate"]}


def _database(call: ApiCall, row: Member) -> answers.HostingWebExtrasqlperso:
    return {
        "id": int(row.id),
        "database": 1,
        "size": {"unit": "GB", "value": 1.0},
        "usage": [],
        "name": "sqlperso_1g",
        "serviceName": call.tables.services[row.fields["service"]].name,
        "status": "ok",
        "taskId": None,
    }


def _service_of(call: ApiCall, kind: str = "emailOption") -> Service:
    return call.tables.services[member_of(PRODUCT, kind, call).fields["service"]]


def _ask_option(call: ApiCall, kind: str = "emailOption") -> Reply:
    """Mails a link; following it confirms. No call does."""
    service = _service_of(call, kind)
    lifecycle.require_cancellable(call.tables, service, call.caller)
    until = call.now + timedelta(seconds=call.tables.settings.token_lifetime)
    changed = call.tables.services.change(service, token=secrets.token_hex(16), token_until=until)
    if not call.faults.of(FaultKind.MAIL_NEVER):
        link = f"{call.base_url}/_simulator/confirm/{changed.id}/{changed.token}"
        at = call.now + timedelta(seconds=call.tables.settings.mail_delay)
        text = f"To end {changed.title} of {changed.name}, follow this link: {link}"
        mailbox.send(call.tables, changed, at, f"Termination request for {changed.title}", text)
    return Reply("Termination request sent", f"link for the end of {changed.title} of {changed.name} mailed")


def follow_link(tables: Tables, service_id: int, token: str, caller: str) -> None:
    """Ends the option at once, as following the mailed link does."""
    service = tables.services.get(service_id)
    if service is None or not service.token or not secrets.compare_digest(service.token, token):
        raise refused(404, "This link is not valid any more")
    lifecycle.require_cancellable(tables, service, caller)
    for member in [row for row in tables.members if row.fields.get("service") == service_id]:
        tables.members.remove(member)
    lifecycle.delete(tables, service)


PRODUCT = ProductRoutes("web-hosting", "/hosting/web/{serviceName}", _view)
ENDPOINTS: tuple[Endpoint, ...] = (
    *PRODUCT.endpoints(),
    *lists(PRODUCT, "emailOption", _option),
    get(f"{PRODUCT.path}/emailOption/{{item}}/serviceInfos", lambda call: infos_of(call, _service_of(call))),
    Endpoint("POST", f"{PRODUCT.path}/emailOption/{{item}}/terminate", _ask_option),
    *lists(PRODUCT, "extraSqlPerso", _database),
    Endpoint(
        "POST", f"{PRODUCT.path}/extraSqlPerso/{{item}}/terminate", lambda call: _ask_option(call, "extraSqlPerso")
    ),
)
