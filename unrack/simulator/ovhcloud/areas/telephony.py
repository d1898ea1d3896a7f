"""``/telephony``: groups and lines, ended by ``DELETE`` with a reason, kept by ``cancelTermination`` (ovh-api)."""

from typing import Literal, get_args

from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam
from unrack.simulator.ovhcloud.records import Policy, Service
from unrack.simulator.ovhcloud.records_products import Asset, Work
from unrack.simulator.ovhcloud.refusal import conflict, not_found, refused
from unrack.simulator.vendor import Reply

Reason = Literal[
    "addresseMove",
    "billingDifficulties",
    "cessationOfActivity",
    "missingOptions",
    "moveToCompetitor",
    "other",
    "plugAndPhoneDifficulties",
    "technicalDifficulties",
]
_END = "termination"


def _price(value: float) -> answers.OrderPrice:
    """As telephony has it, without the hundred-millionths."""
    return {"currencyCode": "EUR", "text": f"{value:.2f} €", "value": value}


def _group(_: ApiCall, asset: Asset, __: Service) -> answers.TelephonyBillingAccountWithIAM:
    nothing = _price(0)
    return {
        "billingAccount": asset.name,
        "description": "Office telephones",
        "status": "enabled",
        "trusted": True,
        "hasSpecialNumbers": False,
        "hiddenExternalNumber": False,
        "overrideDisplayedNumber": False,
        "allowedOutplan": nothing,
        "creditThreshold": nothing,
        "currentOutplan": nothing,
        "securityDeposit": nothing,
        "iam": iam(asset, "telephony"),
    }


def _line(number: str) -> answers.TelephonyTelephonyService:
    return {
        "serviceName": number,
        "serviceType": "line",
        "featureType": "sip",
        "description": "",
        "country": "fr",
        "countryCode": 33,
        "simultaneousLines": 1,
        "offers": ["voip.main.offer.fr.individual"],
        "properties": [],
        "rio": "02P1234567A1",
        "hasFaxCapabilities": False,
        "associatedDeviceMac": None,
        "currentOutplan": _price(0),
        "getPublicOffer": {"name": "individual", "description": "Individual line", "price": _price(0.99)},
    }


def _numbers(call: ApiCall) -> list[str]:
    """The lines of a group, and the lines that are services of their own."""
    group = call.path["billingAccount"]
    alone = [asset.name for asset in call.tables.assets.where(product="telephony-line")]
    shown = [name.partition(":")[2] for name in alone if name.startswith(f"{group}:")]
    if call.tables.assets.get(f"telephony-group/{group}"):
        asset, _ = GROUP.living(call)
        shown += [row.id for row in call.tables.members.where(asset=asset.key, kind="service")]
    return shown


def _number(call: ApiCall) -> answers.TelephonyTelephonyService:
    number = call.path["serviceName"]
    if call.tables.assets.get(f"telephony-line/{call.path['billingAccount']}:{number}"):
        LINE.living(call)
        return _line(number)
    if number not in _numbers(call):
        raise not_found("serviceName", number)
    return _line(number)


def _terminate(product: ProductRoutes) -> Endpoint:
    def handle(call: ApiCall) -> Reply:
        asset, service = product.living(call)
        reason = call.query.get("reason")
        if reason not in get_args(Reason):
            raise refused(400, f"[reason] Given data ({reason}) does not belong to the enumeration")
        if _asked(call, asset):
            raise conflict(f"The termination of {asset.name} is already planned")
        lifecycle.plan_end(call.tables, service, Policy.AT_EXPIRATION, call.caller, call.now)
        call.tables.work.put(
            Work(id=call.tables.next_id(), asset=asset.key, function=_END, asked_at=call.now, due=None)
        )
        return Reply(effect=f"end of {asset.name} planned for {service.expires_at.isoformat()}: {reason}")

    return Endpoint("DELETE", product.path, handle)


def _cancel(product: ProductRoutes) -> Endpoint:
    def handle(call: ApiCall) -> Reply:
        asset, service = product.living(call)
        asked = _asked(call, asset)
        if not asked:
            raise conflict(f"No termination of {asset.name} is planned")
        lifecycle.plan_end(call.tables, service, Policy.EMPTY, call.caller, call.now)
        call.tables.work.remove(asked[0])
        return Reply(effect=f"end of {asset.name} taken back")

    return Endpoint("POST", f"{product.path}/cancelTermination", handle)


def _asked(call: ApiCall, asset: Asset) -> list[Work]:
    return call.tables.work.where(asset=asset.key, function=_END)


def _tasks(product: ProductRoutes) -> tuple[Endpoint, ...]:
    path = f"{product.path}/{'offerTask' if product is GROUP else 'task'}"

    def every(call: ApiCall) -> list[int]:
        asset, _ = product.living(call)
        return [work.id for work in _asked(call, asset)] if call.query.get("action", _END) == _END else []

    def one(call: ApiCall) -> answers.TelephonyOfferTask | answers.TelephonyTask:
        asset, service = product.living(call)
        work = next((work for work in _asked(call, asset) if work.id == call.path["taskId"]), None)
        if work is None:
            raise not_found("taskId", call.path["taskId"])
        return _offer_task(work, service) if product is GROUP else _task(work)

    return (get(path, every), get(f"{path}/{{taskId:int}}", one))


def _offer_task(work: Work, service: Service) -> answers.TelephonyOfferTask:
    return {
        "taskId": work.id,
        "action": _END,
        "status": work.status,
        "type": "offer",
        "executionDate": stamp(service.expires_at),
    }


def _task(work: Work) -> answers.TelephonyTask:
    return {
        "taskId": work.id,
        "action": _END,
        "status": work.status,
        "serviceType": "line",
        "message": None,
        "objectCreated": None,
    }


GROUP = ProductRoutes("telephony-group", "/telephony/{billingAccount}", _group, confirmation=None)
LINE = ProductRoutes(
    "telephony-line",
    "/telephony/{billingAccount}/service/{serviceName}",
    lambda _, asset, __: _line(asset.name.partition(":")[2]),
    infos="none",
    confirmation=None,
    listed=False,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *GROUP.endpoints(),
    _terminate(GROUP),
    _cancel(GROUP),
    *_tasks(GROUP),
    get(f"{GROUP.path}/service", _numbers),
    get(LINE.path, _number),
    _terminate(LINE),
    _cancel(LINE),
    *_tasks(LINE),
)
