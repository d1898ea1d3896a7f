"""``/vrack`` as a service of its own: what is in it, its end (ovh-api ``vrack``). Connections: `vrack`."""

from typing import Any

from unrack.simulator import lifecycle
from unrack.simulator.api.endpoint import Answer, Call, Endpoint
from unrack.simulator.api.product_routes import Confirmation, ProductRoutes, lists
from unrack.simulator.records import Service
from unrack.simulator.records_products import Asset
from unrack.simulator.refusal import conflict

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
"""What can be in a vRack beside OVHcloud Connect."""


def _view(_: Call, asset: Asset, __: Service) -> dict[str, Any]:
    return {"serviceName": asset.name, "name": asset.name, "description": "", "iam": None}


def _require_empty(call: Call) -> None:
    """Refused while something is in it (OVHcloud docs, deletion)."""
    asset, _ = FACE.living(call)
    inside = [row.id for row in call.world.members if row.asset == asset.key]
    inside += [connection.uuid for connection in call.world.connections.where(vrack=asset.name)]
    if inside:
        raise conflict(f"{asset.name} is not empty: {', '.join(inside)}")


def _ask(call: Call) -> Answer:
    _require_empty(call)
    asset, service = FACE.living(call)
    effect = lifecycle.ask_end(call.world, service, call.caller, call.now, call.fate)
    return Answer(f"Termination request sent for {asset.name}", effect)


def _confirm(call: Call) -> Answer:
    _require_empty(call)
    asset, service = FACE.living(call)
    token = call.read(Confirmation).token
    effect = lifecycle.confirm_end(call.world, service, token, call.caller, call.now)
    return Answer(f"Termination confirmed for {asset.name}", effect)


FACE = ProductRoutes("vrack", "/vrack/{serviceName}", _view, infos="non-expiring", confirmation=None, listed=False)
ENDPOINTS: tuple[Endpoint, ...] = (
    *FACE.endpoints()[1:],  # `vrack` shows every vRack, services or not
    Endpoint("POST", f"{FACE.path}/terminate", _ask),
    Endpoint("POST", f"{FACE.path}/confirmTermination", _confirm),
    *(endpoint for kind in KINDS for endpoint in lists(FACE, kind)),
)
