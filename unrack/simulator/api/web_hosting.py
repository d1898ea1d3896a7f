"""``/hosting/web``: the hosting, and the MX Plan that hangs on it (ovh-api ``webhosting``)."""

import secrets
from datetime import timedelta
from typing import Any

from unrack.simulator import lifecycle, mailbox
from unrack.simulator.api.endpoint import Answer, Call, Endpoint, get
from unrack.simulator.api.product_routes import ProductRoutes, iam, lists, member_of
from unrack.simulator.api.service_infos import infos_of
from unrack.simulator.faults import FaultKind
from unrack.simulator.records import Service
from unrack.simulator.records_products import Asset, Member
from unrack.simulator.refusal import Refusal
from unrack.simulator.world import World


def _view(call: Call, asset: Asset, service: Service) -> dict[str, Any]:
    access = {"ftp": _at("ftp", 21), "http": _at("www", 80), "ssh": _at("ssh", 22)}
    empty = ("boostOffer", "clusterIpv6", "countriesIp", "defaultAttachedDomain", "hostingIpv6", "lastOvhConfigScan")
    unknown = ("quotaUsed", "recommendedOffer", "token", "trafficQuotaSize", "trafficQuotaUsed")
    return dict.fromkeys((*empty, *unknown)) | {
        "serviceName": asset.name,
        "displayName": asset.name,
        "state": "maintenance" if call.world.accounts[service.account].debt else "active",
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
        "serviceManagementAccess": access,
        "updates": [],
        "iam": iam(asset, "webHosting"),
    }


def _at(name: str, port: int) -> dict[str, Any]:
    return {"url": f"{name}.cluster031.hosting.example", "port": port}


def _option(_: Call, row: Member) -> dict[str, Any]:
    return {"id": int(row.id), "domain": row.fields["domain"], "creationDate": row.fields["creationDate"]}


def _database(call: Call, row: Member) -> dict[str, Any]:
    """``hosting.web.extrasqlperso`` (2026: by number)."""
    service = call.world.services[row.fields["service"]]
    size = {"unit": "GB", "value": 1.0}
    about = {"name": "sqlperso_1g", "serviceName": service.name, "status": "ok", "taskId": None}
    return {"id": int(row.id), "database": 1, "size": size, "usage": [], **about}


def _service_of(call: Call, kind: str = "emailOption") -> Service:
    return call.world.services[member_of(FACE, kind, call).fields["service"]]


def _ask_option(call: Call, kind: str = "emailOption") -> Answer:
    """Mails a link; following it confirms. No call does."""
    service = _service_of(call, kind)
    lifecycle.require_cancellable(call.world, service, call.caller)
    until = call.now + timedelta(seconds=call.world.settings.token_lifetime)
    changed = call.world.services.change(service, token=secrets.token_hex(16), token_until=until)
    if not call.fate.of(FaultKind.MAIL_NEVER):
        link = f"{call.base_url}/_simulator/confirm/{changed.id}/{changed.token}"
        at = call.now + timedelta(seconds=call.world.settings.mail_delay)
        text = f"To end {changed.title} of {changed.name}, follow this link: {link}"
        mailbox.send(call.world, changed, at, f"Termination request for {changed.title}", text)
    return Answer("Termination request sent", f"link for the end of {changed.title} of {changed.name} mailed")


def follow_link(world: World, service_id: int, token: str, caller: str) -> None:
    """What following the mailed link does: the option ends at once."""
    service = world.services.get(service_id)
    if service is None or not service.token or not secrets.compare_digest(service.token, token):
        raise Refusal(404, "This link is not valid any more")
    lifecycle.require_cancellable(world, service, caller)
    for member in [row for row in world.members if row.fields.get("service") == service_id]:
        world.members.remove(member)
    lifecycle.delete(world, service)


FACE = ProductRoutes("web-hosting", "/hosting/web/{serviceName}", _view)
ENDPOINTS: tuple[Endpoint, ...] = (
    *FACE.endpoints(),
    *lists(FACE, "emailOption", _option),
    get(f"{FACE.path}/emailOption/{{item}}/serviceInfos", lambda call: infos_of(call, _service_of(call))),
    Endpoint("POST", f"{FACE.path}/emailOption/{{item}}/terminate", _ask_option),
    *lists(FACE, "extraSqlPerso", _database),
    Endpoint("POST", f"{FACE.path}/extraSqlPerso/{{item}}/terminate", lambda call: _ask_option(call, "extraSqlPerso")),
)
