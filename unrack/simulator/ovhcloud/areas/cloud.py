"""``/cloud/project``: a project is suspended when it ends, deleted later, and until then can be retained."""

from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset
from unrack.simulator.vendor import Reply


def _view(_: ApiCall, asset: Asset, service: Service) -> answers.CloudProjectWithIAM:
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


def _retain(call: ApiCall) -> Reply:
    _, service = PRODUCT.asset(call)
    return Reply(effect=lifecycle.retain(call.tables, service, call.caller))


PRODUCT = ProductRoutes("public-cloud", "/cloud/project/{serviceName}", _view, outlives=True)
ENDPOINTS: tuple[Endpoint, ...] = (*PRODUCT.endpoints(), Endpoint("POST", f"{PRODUCT.path}/retain", _retain))
