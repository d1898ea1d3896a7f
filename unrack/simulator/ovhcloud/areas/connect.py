"""``/ovhCloudConnect``: the service, its ports, its tasks, its end (ovh-api ``ovhcloudconnect``)."""

from typing import Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, lifecycle, tasks
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.records import Interface, Task, TaskStatus
from unrack.simulator.ovhcloud.refusal import conflict, expired, not_found
from unrack.simulator.vendor import Reply

Reason = Literal[
    "FEATURES_DONT_SUIT_ME",
    "LACK_OF_PERFORMANCES",
    "MIGRATED_TO_ANOTHER_OVH_PRODUCT",
    "MIGRATED_TO_COMPETITOR",
    "NOT_ENOUGH_RECOGNITION",
    "NOT_NEEDED_ANYMORE",
    "NOT_RELIABLE",
    "NO_ANSWER",
    "OTHER",
    "PRODUCT_DIMENSION_DONT_SUIT_ME",
    "PRODUCT_TOOLS_DONT_SUIT_ME",
    "TOO_EXPENSIVE",
    "TOO_HARD_TO_USE",
    "UNSATIFIED_BY_CUSTOMER_SUPPORT",
]
FutureUse = Literal[
    "NOT_REPLACING_SERVICE",
    "OTHER",
    "SUBSCRIBE_AN_OTHER_SERVICE",
    "SUBSCRIBE_OTHER_KIND_OF_SERVICE_WITH_COMPETITOR",
    "SUBSCRIBE_SIMILAR_SERVICE_WITH_COMPETITOR",
]


class _Confirmation(Frozen):
    token: str
    reason: Reason | None = None
    futureUse: FutureUse | None = None  # noqa: N815  # OVHcloud's name
    commentary: str | None = None
    commentaryFutureUse: str | None = None  # noqa: N815
    commentaryReason: str | None = None  # noqa: N815


def _list(call: ApiCall) -> list[str]:
    services = {service.id for service in call.tables.services.where(account=call.caller)}
    return [connection.uuid for connection in call.tables.connections if connection.service in services]


def _service(call: ApiCall) -> answers.OvhcloudconnectServiceWithIAM:
    connection, service = call.any_connection()
    if service.ended_at and not connection.closed:
        raise expired(connection.uuid)
    interfaces = call.tables.interfaces.where(connection=connection.uuid)
    return {
        "uuid": connection.uuid,
        "description": connection.description,
        "status": "closed" if connection.closed else "active",
        "vrack": connection.vrack,
        "pop": connection.pop,
        "product": connection.product,
        "provider": connection.provider,
        "sector": connection.sector,
        "bandwidth": connection.bandwidth,
        "portQuantity": connection.port_quantity,
        "interfaceList": [interface.id for interface in interfaces],
        "iam": {
            "id": connection.uuid,
            "urn": f"urn:v1:eu:resource:ovhCloudConnect:{connection.uuid}",
            "displayName": connection.description,
            "state": "OK",
        },
    }


def _interfaces(call: ApiCall) -> list[int]:
    connection, _ = call.connection()
    return [interface.id for interface in call.tables.interfaces.where(connection=connection.uuid)]


def _interface_of(call: ApiCall) -> Interface:
    connection, _ = call.connection()
    interface = call.tables.interfaces.get(call.path["id"])
    if interface is None or interface.connection != connection.uuid:
        raise not_found("id", call.path["id"])
    return interface


def _interface(call: ApiCall) -> answers.OvhcloudconnectInterface:
    interface = _interface_of(call)
    lit = interface.plugged
    sends = interface.status == "enabled"
    seen = stamp(call.now.replace(minute=call.now.minute // 5 * 5, second=0))
    return {
        "id": interface.id,
        "status": interface.status,
        "interfaceName": interface.name,
        "interfaceStatus": "up" if lit and sends else "down",
        "interfaceStatusLastUpdate": seen,
        "interfaceTerminationType": "LC/PC",
        "incomingLightStatus": "up" if lit else "down",
        "incomingLightValue": -4.2 if lit else -40.0,
        "outgoingLightStatus": "up" if sends else "down",
        "outgoingLightValue": -2.1 if sends else -40.0,
        "lightLastUpdate": seen,
        "deviceDisplayName": "th2-occ-1",
        "deviceRackDisplayName": "TH2:01:A07",
    }


def _interface_status(call: ApiCall) -> answers.OvhcloudconnectInterfaceStatus:
    interface = _interface_of(call)
    up, down = interface.lit_at or interface.changed_at, interface.dark_at
    return {
        "status": "up" if interface.plugged and interface.status == "enabled" else "down",
        "lastUp": stamp(up),
        "lastDown": stamp(down) if down else None,
        "lastChange": stamp(max(up, down) if down else up),
        "lastUpdate": stamp(call.now.replace(minute=call.now.minute // 5 * 5, second=0)),
    }


def _switch(function: str, wanted: str) -> Endpoint:
    def handle(call: ApiCall) -> Reply:
        interface = _interface_of(call)
        if interface.status == wanted:
            raise conflict(f"The interface {interface.id} is already {wanted}")
        running = call.tables.tasks.where(connection=interface.connection, resource=interface.id)
        if any(task.status in (TaskStatus.TODO, TaskStatus.DOING) for task in running):
            raise conflict(f"A task is already running on the interface {interface.id}")
        task = tasks.start(call.tables, function, interface, call.now, call.faults)
        return Reply(task_view(task), f"{function} of interface {interface.id} started")

    verb = function.removesuffix("Interface")
    return Endpoint("POST", f"/ovhCloudConnect/{{serviceName}}/interface/{{id:int}}/{verb}", handle)


def _tasks(call: ApiCall) -> list[int]:
    connection, _ = call.connection()
    return [task.id for task in call.tables.tasks.where(connection=connection.uuid)]


def _task(call: ApiCall) -> answers.OvhcloudconnectTask:
    connection, _ = call.connection()
    task = call.tables.tasks.get(call.path["id"])
    if task is None or task.connection != connection.uuid:
        raise not_found("id", call.path["id"])
    return task_view(task)


def task_view(task: Task) -> answers.OvhcloudconnectTask:
    """A task as the API shows it."""
    return {"id": task.id, "function": task.function, "resourceId": task.resource, "status": task.status.value}


def _loa(call: ApiCall) -> Reply:
    connection, _ = call.connection()
    return Reply(f"{call.base_url}/_simulator/loa/{connection.uuid}.pdf")


def _ask_end(call: ApiCall) -> Reply:
    connection, service = call.connection()
    effect = lifecycle.ask_end(call.tables, service, call.caller, call.now, call.faults)
    return Reply(f"Termination request sent for {connection.uuid}", effect)


def _confirm_end(call: ApiCall) -> Reply:
    connection, service = call.connection()
    token = call.read(_Confirmation).token
    effect = lifecycle.confirm_end(call.tables, service, token, call.caller, call.now)
    return Reply(f"Termination confirmed for {connection.uuid}", effect)


_SERVICE = "/ovhCloudConnect/{serviceName}"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/ovhCloudConnect", _list),
    get(_SERVICE, _service),
    get(f"{_SERVICE}/interface", _interfaces),
    get(f"{_SERVICE}/interface/{{id:int}}", _interface),
    get(f"{_SERVICE}/interface/{{id:int}}/status", _interface_status),
    _switch("lockInterface", "disabled"),
    _switch("unlockInterface", "enabled"),
    get(f"{_SERVICE}/task", _tasks),
    get(f"{_SERVICE}/task/{{id:int}}", _task),
    Endpoint("POST", f"{_SERVICE}/loa", _loa, mutates=False),
    Endpoint("POST", f"{_SERVICE}/terminate", _ask_end),
    Endpoint("POST", f"{_SERVICE}/confirmTermination", _confirm_end),
)
