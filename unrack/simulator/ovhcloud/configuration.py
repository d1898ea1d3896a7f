"""A service's configuration field by field, for comparing two moments. Task and mail traffic is no part of it."""

from typing import Any

from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.areas.connect_config import datacenter_view, extra_view, pop_view
from unrack.simulator.ovhcloud.records import Connection, PopConfig
from unrack.simulator.ovhcloud.refusal import not_found
from unrack.simulator.ovhcloud.tables import Tables


def snapshot(tables: Tables, name: str) -> dict[str, Any]:
    """The configuration of the service `name`; ids that the provider assigns are under ``id``."""
    connection = tables.connections.get(name)
    if connection is None:
        return _of_product(tables, name)
    service = tables.services[connection.service]
    return {
        "service": name,
        "description": connection.description,
        "vrack": connection.vrack,
        "ended": service.ended_at is not None,
        "terminationPolicy": service.policy.value,
        "renewsAutomatically": service.renews_automatically,
        "engagement": service.engagement.strategy if service.engagement else None,
        "interfaces": [{"id": i.id, "status": i.status} for i in tables.interfaces.where(connection=name)],
        "pops": _pops(tables, connection),
    }


def _of_product(tables: Tables, name: str) -> dict[str, Any]:
    """A service of another product, or one known by its number only."""
    assets = [asset for asset in tables.assets if asset.name == name]
    number = assets[0].service if assets else int(name) if name.isdecimal() else 0
    service = tables.services.get(number)
    if service is None:
        raise not_found("serviceName", name)
    return {
        "service": name,
        "ended": service.ended_at is not None,
        "terminationPolicy": service.policy.value,
        "renewsAutomatically": service.renews_automatically,
        "engagement": service.engagement.strategy if service.engagement else None,
        "fields": assets[0].fields if assets else {},
        "members": {row.key: row.fields for row in tables.members if assets and row.asset == assets[0].key},
    }


def _pops(tables: Tables, connection: Connection) -> list[dict[str, Any]]:
    pops = sorted(tables.pops.where(connection=connection.uuid), key=lambda pop: pop.interface)
    return [pop_view(pop) | {"datacenters": _datacenters(tables, pop)} for pop in pops]


def _datacenters(tables: Tables, pop: PopConfig) -> list[dict[str, Any]]:
    rows = sorted(tables.datacenters.where(pop=pop.id), key=lambda row: row.datacenter)
    return [datacenter_view(row) | {"extras": _extras(tables, row.id)} for row in rows]


def _extras(tables: Tables, datacenter: int) -> list[answers.OvhcloudconnectDatacenterExtraConfig]:
    extras = sorted(tables.extras.where(datacenter_config=datacenter), key=lambda row: (row.type, row.subnet or ""))
    return [extra_view(row) for row in extras]
