"""``/ovhCloudConnect/{s}/config/pop``: PoP, data centre and extra configurations (ovh-api ``ovhcloudconnect``)."""

from typing import Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, tasks
from unrack.simulator.ovhcloud.areas.connect import task_view
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get
from unrack.simulator.ovhcloud.records import ConfigStatus, DatacenterConfig, ExtraConfig, PopConfig
from unrack.simulator.ovhcloud.refusal import conflict, not_found, refused
from unrack.simulator.vendor import Reply


class _NewPop(Frozen):
    interfaceId: int  # noqa: N815  # OVHcloud's names
    type: Literal["l2", "l3"]
    customerBgpArea: int | None = None  # noqa: N815
    ovhBgpArea: int | None = None  # noqa: N815
    subnet: str | None = None


class _NewDatacenter(Frozen):
    datacenterId: int  # noqa: N815
    ovhBgpArea: int | None = None  # noqa: N815
    subnet: str | None = None


class _NewExtra(Frozen):
    type: Literal["bgp", "network"]
    bgpNeighborArea: int | None = None  # noqa: N815
    bgpNeighborIp: str | None = None  # noqa: N815
    nextHop: str | None = None  # noqa: N815
    subnet: str | None = None


def _pops(call: ApiCall) -> list[int]:
    connection, _ = call.connection()
    return [pop.id for pop in call.tables.pops.where(connection=connection.uuid)]


def _pop_of(call: ApiCall) -> PopConfig:
    connection, _ = call.connection()
    pop = call.tables.pops.get(call.path["popId"])
    if pop is None or pop.connection != connection.uuid:
        raise not_found("popId", call.path["popId"])
    return pop


def _pop(call: ApiCall) -> answers.OvhcloudconnectPopConfig:
    return pop_view(_pop_of(call))


def pop_view(pop: PopConfig) -> answers.OvhcloudconnectPopConfig:
    """A point-of-presence configuration as the API shows it."""
    return {
        "id": pop.id,
        "type": pop.type,
        "interfaceId": pop.interface,
        "customerBgpArea": pop.customer_bgp_area,
        "ovhBgpArea": pop.ovh_bgp_area,
        "subnet": pop.subnet,
        "status": pop.status.value,
    }


def _add_pop(call: ApiCall) -> Reply:
    connection, _ = call.connection()
    new = call.read(_NewPop)
    if connection.vrack is None:
        raise conflict("A vRack must be associated before a PoP configuration is added")
    interface = call.tables.interfaces.get(new.interfaceId)
    if interface is None or interface.connection != connection.uuid:
        raise refused(400, f"[interfaceId] {new.interfaceId} is not an interface of this service")
    if call.tables.pops.where(interface=new.interfaceId):
        raise conflict(f"The interface {new.interfaceId} already has a PoP configuration")
    if new.type == "l3" and not (new.customerBgpArea and new.ovhBgpArea and new.subnet):
        raise refused(400, "[type] l3 needs customerBgpArea, ovhBgpArea and subnet")
    pop = call.tables.pops.put(
        PopConfig(
            id=call.tables.next_id("config"),
            connection=connection.uuid,
            type=new.type,
            interface=new.interfaceId,
            customer_bgp_area=new.customerBgpArea,
            ovh_bgp_area=new.ovhBgpArea,
            subnet=new.subnet,
            status=ConfigStatus.INIT,
        )
    )
    return _work(call, "addPopConfiguration", pop, f"PoP {pop.id} being added")


def _delete_pop(call: ApiCall) -> Reply:
    pop = _pop_of(call)
    _require_active(pop.status, f"PoP {pop.id}")
    for datacenter in call.tables.datacenters.where(pop=pop.id):
        _mark_datacenter(call, datacenter)
    call.tables.pops.change(pop, status=ConfigStatus.TO_DELETE)
    return _work(call, "delPopConfiguration", pop, f"PoP {pop.id} marked for deletion")


def _datacenters(call: ApiCall) -> list[int]:
    return [row.id for row in call.tables.datacenters.where(pop=_pop_of(call).id)]


def _datacenter_of(call: ApiCall) -> DatacenterConfig:
    pop = _pop_of(call)
    row = call.tables.datacenters.get(call.path["datacenterId"])
    if row is None or row.pop != pop.id:
        raise not_found("datacenterId", call.path["datacenterId"])
    return row


def _datacenter(call: ApiCall) -> answers.OvhcloudconnectDatacenterConfig:
    return datacenter_view(_datacenter_of(call))


def datacenter_view(row: DatacenterConfig) -> answers.OvhcloudconnectDatacenterConfig:
    """A data-centre configuration as the API shows it."""
    return {
        "id": row.id,
        "datacenterId": row.datacenter,
        "ovhBgpArea": row.ovh_bgp_area,
        "subnet": row.subnet,
        "status": row.status.value,
    }


def _add_datacenter(call: ApiCall) -> Reply:
    pop = _pop_of(call)
    new = call.read(_NewDatacenter)
    _require_active(pop.status, f"PoP {pop.id}")
    if call.tables.datacenters.where(pop=pop.id, datacenter=new.datacenterId):
        raise conflict(f"The data centre {new.datacenterId} is already configured")
    if pop.type == "l3" and not (new.ovhBgpArea and new.subnet):
        raise refused(400, "[ovhBgpArea] an l3 PoP needs ovhBgpArea and subnet")
    row = call.tables.datacenters.put(
        DatacenterConfig(
            id=call.tables.next_id("config"),
            connection=pop.connection,
            pop=pop.id,
            datacenter=new.datacenterId,
            ovh_bgp_area=new.ovhBgpArea,
            subnet=new.subnet,
            status=ConfigStatus.INIT,
        )
    )
    return _work(call, "addDatacenterConfiguration", row, f"data centre configuration {row.id} being added")


def _delete_datacenter(call: ApiCall) -> Reply:
    row = _datacenter_of(call)
    _require_active(row.status, f"data centre configuration {row.id}")
    _mark_datacenter(call, row)
    return _work(call, "delDatacenterConfiguration", row, f"data centre configuration {row.id} marked for deletion")


def _mark_datacenter(call: ApiCall, row: DatacenterConfig) -> None:
    for extra in call.tables.extras.where(datacenter_config=row.id):
        call.tables.extras.change(extra, status=ConfigStatus.TO_DELETE)
    call.tables.datacenters.change(row, status=ConfigStatus.TO_DELETE)


def _extras(call: ApiCall) -> list[int]:
    return [row.id for row in call.tables.extras.where(datacenter_config=_datacenter_of(call).id)]


def _extra_of(call: ApiCall) -> ExtraConfig:
    datacenter = _datacenter_of(call)
    row = call.tables.extras.get(call.path["extraId"])
    if row is None or row.datacenter_config != datacenter.id:
        raise not_found("extraId", call.path["extraId"])
    return row


def _extra(call: ApiCall) -> answers.OvhcloudconnectDatacenterExtraConfig:
    return extra_view(_extra_of(call))


def extra_view(row: ExtraConfig) -> answers.OvhcloudconnectDatacenterExtraConfig:
    """A BGP session or a static route as the API shows it."""
    return {
        "id": row.id,
        "type": row.type,
        "bgpNeighborArea": row.bgp_neighbor_area,
        "bgpNeighborIp": row.bgp_neighbor_ip,
        "nextHop": row.next_hop,
        "subnet": row.subnet,
        "status": row.status.value,
    }


def _add_extra(call: ApiCall) -> Reply:
    datacenter = _datacenter_of(call)
    new = call.read(_NewExtra)
    _require_active(datacenter.status, f"data centre configuration {datacenter.id}")
    if new.type == "bgp" and not (new.bgpNeighborArea and new.bgpNeighborIp):
        raise refused(400, "[type] bgp needs bgpNeighborArea and bgpNeighborIp")
    if new.type == "network" and not (new.nextHop and new.subnet):
        raise refused(400, "[type] network needs nextHop and subnet")
    row = call.tables.extras.put(
        ExtraConfig(
            id=call.tables.next_id("config"),
            connection=datacenter.connection,
            datacenter_config=datacenter.id,
            type=new.type,
            bgp_neighbor_area=new.bgpNeighborArea,
            bgp_neighbor_ip=new.bgpNeighborIp,
            next_hop=new.nextHop,
            subnet=new.subnet,
            status=ConfigStatus.INIT,
        )
    )
    return _work(call, "addDatacenterExtraConfiguration", row, f"extra configuration {row.id} being added")


def _delete_extra(call: ApiCall) -> Reply:
    row = _extra_of(call)
    _require_active(row.status, f"extra configuration {row.id}")
    call.tables.extras.change(row, status=ConfigStatus.TO_DELETE)
    return _work(call, "delDatacenterExtraConfiguration", row, f"extra configuration {row.id} marked for deletion")


def _require_active(status: ConfigStatus, what: str) -> None:
    if status is not ConfigStatus.ACTIVE:
        raise conflict(f"{what} is in status {status.value}; a task is running on it")


def _work(call: ApiCall, function: str, row: tasks.AnyConfig, effect: str) -> Reply:
    task = tasks.start(call.tables, function, row, call.now, call.faults)
    return Reply(task_view(task), effect)


_POP = "/ovhCloudConnect/{serviceName}/config/pop"
_DC = f"{_POP}/{{popId:int}}/datacenter"
_EXTRA = f"{_DC}/{{datacenterId:int}}/extra"
ENDPOINTS: tuple[Endpoint, ...] = (
    get(_POP, _pops),
    Endpoint("POST", _POP, _add_pop),
    get(f"{_POP}/{{popId:int}}", _pop),
    Endpoint("DELETE", f"{_POP}/{{popId:int}}", _delete_pop),
    get(_DC, _datacenters),
    Endpoint("POST", _DC, _add_datacenter),
    get(f"{_DC}/{{datacenterId:int}}", _datacenter),
    Endpoint("DELETE", f"{_DC}/{{datacenterId:int}}", _delete_datacenter),
    get(_EXTRA, _extras),
    Endpoint("POST", _EXTRA, _add_extra),
    get(f"{_EXTRA}/{{extraId:int}}", _extra),
    Endpoint("DELETE", f"{_EXTRA}/{{extraId:int}}", _delete_extra),
)
