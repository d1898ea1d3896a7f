"""``/vrack`` as a service of its own: what is in it, its end (ovh-api ``vrack``). Connections: `vrack`."""

from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint
from unrack.simulator.ovhcloud.product_routes import Confirmation, ProductRoutes, lists
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset
from unrack.simulator.ovhcloud.refusal import conflict
from unrack.simulator.vendor import Reply

KINDS = (
    "cloudProject",
    "dedicatedCloud",
    "dedicatedCloudDatacenter",
    "dedicatedConnect",
    "dedicatedServer",
    "dedicatedServerInterface",
    "ip",
    "ipLoadbalancing",
    "ipv6",
    "legacyVrack",
    "vmwareCloudDirectorVirtualDataCenter",
    "vrackServices",
)
"""Kinds of members of a vRack beside OVHcloud Connect."""


def _view(_: ApiCall, asset: Asset, __: Service) -> answers.VrackVrackWithIAM:
    return {"serviceName": asset.name, "name": asset.name, "description": "", "iam": None}


def _require_empty(call: ApiCall) -> None:
    """Refused while something is in it (OVHcloud docs, deletion)."""
    asset, _ = PRODUCT.living(call)
    inside = [row.id for row in call.tables.members if row.asset == asset.key]
    inside += [connection.uuid for connection in call.tables.connections.where(vrack=asset.name)]
    if inside:
        raise conflict(f"{asset.name} is not empty: {', '.join(inside)}")


def _ask(call: ApiCall) -> Reply:
    _require_empty(call)
    asset, service = PRODUCT.living(call)
    effect = lifecycle.ask_end(call.tables, service, call.caller, call.now, call.faults)
    return Reply(f"Termination request sent for {asset.name}", effect)


def _confirm(call: ApiCall) -> Reply:
    _require_empty(call)
    asset, service = PRODUCT.living(call)
    token = call.read(Confirmation).token
    effect = lifecycle.confirm_end(call.tables, service, token, call.caller, call.now)
    return Reply(f"Termination confirmed for {asset.name}", effect)


PRODUCT = ProductRoutes("vrack", "/vrack/{serviceName}", _view, infos="non-expiring", confirmation=None, listed=False)
ENDPOINTS: tuple[Endpoint, ...] = (
    *PRODUCT.endpoints()[1:],  # `vrack` shows every vRack, services or not
    Endpoint("POST", f"{PRODUCT.path}/terminate", _ask),
    Endpoint("POST", f"{PRODUCT.path}/confirmTermination", _confirm),
    *(endpoint for kind in KINDS for endpoint in lists(PRODUCT, kind)),
)
