"""``/ovhCloudConnect/{s}/serviceKey``: the keys that a partner connects with (ovh-api ``ovhcloudconnect``)."""

from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get
from unrack.simulator.ovhcloud.records_products import Member
from unrack.simulator.ovhcloud.refusal import not_found


def _keys(call: ApiCall) -> list[Member]:
    connection, _ = call.connection()
    return [row for row in call.tables.members if row.asset == key(connection.uuid)]


def _one(call: ApiCall) -> answers.OvhcloudconnectKey:
    member = next((row for row in _keys(call) if row.id == str(call.path["id"])), None)
    if member is None:
        raise not_found("serviceKeyId", call.path["id"])
    told = member.fields
    return {"id": int(member.id), "key": told["key"], "provider": told["provider"], "status": told["status"]}


def key(uuid: str) -> str:
    """Under which the keys of a connection are kept."""
    return f"connect/{uuid}"


_K = "/ovhCloudConnect/{serviceName}/serviceKey"
ENDPOINTS: tuple[Endpoint, ...] = (
    get(_K, lambda call: [int(row.id) for row in _keys(call)]),
    get(f"{_K}/{{id:int}}", _one),
)
