"""``/vrack``: private networks and the connections in them (ovh-api ``vrack``)."""

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, vracks
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.records import Vrack, VrackTask
from unrack.simulator.ovhcloud.refusal import expired, not_found
from unrack.simulator.vendor import Reply


class _Attach(Frozen):
    ovhCloudConnect: str  # noqa: N815  # OVHcloud's name


def _vrack_of(call: ApiCall) -> Vrack:
    vrack = call.tables.vracks.get(call.path["vrack"])
    if vrack is None or vrack.account != call.caller:
        raise not_found("serviceName", call.path["vrack"])
    asset = call.tables.assets.get(f"vrack/{vrack.name}")
    if asset and call.tables.services[asset.service].ended_at:
        raise expired(vrack.name)
    return vrack


def _connections(call: ApiCall) -> list[str]:
    return [connection.uuid for connection in call.tables.connections.where(vrack=_vrack_of(call).name)]


def _connection(call: ApiCall) -> answers.VrackOvhCloudConnect:
    vrack, uuid = _vrack_of(call), call.path["uuid"]
    if uuid not in _connections(call):
        raise not_found("ovhCloudConnect", uuid)
    return {"vrack": vrack.name, "ovhCloudConnect": uuid}


def _attach(call: ApiCall) -> Reply:
    vrack, uuid = _vrack_of(call), call.read(_Attach).ovhCloudConnect
    task = vracks.attach(call.tables, vrack, _living(call, uuid), call.now, call.faults)
    return Reply(_view(task), f"{uuid} being attached to {vrack.name}")


def _detach(call: ApiCall) -> Reply:
    vrack, uuid = _vrack_of(call), call.path["uuid"]
    task = vracks.detach(call.tables, vrack, _living(call, uuid), call.now, call.faults)
    return Reply(_view(task), f"{uuid} being detached from {vrack.name}")


def _living(call: ApiCall, uuid: str) -> vracks.Connection:
    connection = call.tables.connections.get(uuid)
    if connection is None or call.tables.services[connection.service].account != call.caller:
        raise not_found("ovhCloudConnect", uuid)
    if call.tables.services[connection.service].ended_at:
        raise expired(uuid)
    return connection


def _tasks(call: ApiCall) -> list[int]:
    return [task.id for task in call.tables.vrack_tasks.where(vrack=_vrack_of(call).name)]


def _task(call: ApiCall) -> answers.VrackTask:
    task = call.tables.vrack_tasks.get(call.path["taskId"])
    if task is None or task.vrack != _vrack_of(call).name:
        raise not_found("taskId", call.path["taskId"])
    return _view(task)


def _view(task: VrackTask) -> answers.VrackTask:
    return {
        "id": task.id,
        "function": task.function,
        "status": task.status,
        "serviceName": task.vrack,
        "targetDomain": task.connection,
        "orderId": None,
        "todoDate": stamp(task.asked_at),
        "lastUpdate": stamp(task.asked_at),
    }


def _vrack(call: ApiCall) -> answers.VrackVrackWithIAM:
    vrack = _vrack_of(call)
    return {"serviceName": vrack.name, "name": vrack.name, "description": vrack.description, "iam": None}


_V = "/vrack/{vrack}"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/vrack", lambda call: [vrack.name for vrack in call.tables.vracks.where(account=call.caller)]),
    get(_V, _vrack),
    get(f"{_V}/ovhCloudConnect", _connections),
    Endpoint("POST", f"{_V}/ovhCloudConnect", _attach),
    get(f"{_V}/ovhCloudConnect/{{uuid}}", _connection),
    Endpoint("DELETE", f"{_V}/ovhCloudConnect/{{uuid}}", _detach),
    get(f"{_V}/task", _tasks),
    get(f"{_V}/task/{{taskId:int}}", _task),
)
