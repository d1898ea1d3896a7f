"""``/cloud/project``: a project is suspended when it ends, deleted later, and until then can be retained."""

from typing import Any

from unrack.simulator import lifecycle
from unrack.simulator.api.endpoint import Answer, Call, Endpoint, stamp
from unrack.simulator.api.product_routes import ProductRoutes, iam
from unrack.simulator.records import Service
from unrack.simulator.records_products import Asset


def _view(_: Call, asset: Asset, service: Service) -> dict[str, Any]:
    return {
        "project_id": asset.name,
        "projectName": asset.fields.get("projectName"),
        "description": asset.fields.get("description"),
        "status": "suspended" if service.ended_at else "ok",
        "creationDate": stamp(service.created_at),
        "expiration": stamp(service.retained_until) if service.retained_until else None,
        "orderId": None,
        "planCode": "project.2018",
        "access": "full",
        "manualQuota": False,
        "unleash": False,
        "iam": iam(asset, "publicCloudProject"),
    }


def _retain(call: Call) -> Answer:
    _, service = FACE.asset(call)
    return Answer(effect=lifecycle.retain(call.world, service, call.caller))


FACE = ProductRoutes("public-cloud", "/cloud/project/{serviceName}", _view, outlives=True)
ENDPOINTS: tuple[Endpoint, ...] = (*FACE.endpoints(), Endpoint("POST", f"{FACE.path}/retain", _retain))
