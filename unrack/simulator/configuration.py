"""A service's configuration field by field, for comparing two moments. Task and mail traffic is no part of it."""

from typing import Any

from unrack.simulator.api.connect_config import datacenter_view, extra_view, pop_view
from unrack.simulator.records import Connection, PopConfig
from unrack.simulator.refusal import not_found
from unrack.simulator.world import World


def snapshot(world: World, name: str) -> dict[str, Any]:
    """The configuration of the service `name`; ids that the provider assigns are under ``id``."""
    connection = world.connections.get(name)
    if connection is None:
        return _of_product(world, name)
    service = world.services[connection.service]
    return {
        "service": name,
        "description": connection.description,
        "vrack": connection.vrack,
        "ended": service.ended_at is not None,
        "terminationPolicy": service.policy.value,
        "renewsAutomatically": service.renews_automatically,
        "engagement": service.engagement.strategy if service.engagement else None,
        "interfaces": [{"id": i.id, "status": i.status} for i in world.interfaces.where(connection=name)],
        "pops": _pops(world, connection),
    }


def _of_product(world: World, name: str) -> dict[str, Any]:
    """A service of another product, or one known by its number only."""
    assets = [asset for asset in world.assets if asset.name == name]
    number = assets[0].service if assets else int(name) if name.isdecimal() else 0
    service = world.services.get(number)
    if service is None:
        raise not_found("serviceName", name)
    return {
        "service": name,
        "ended": service.ended_at is not None,
        "terminationPolicy": service.policy.value,
        "renewsAutomatically": service.renews_automatically,
        "engagement": service.engagement.strategy if service.engagement else None,
        "fields": assets[0].fields if assets else {},
        "members": {row.key: row.fields for row in world.members if assets and row.asset == assets[0].key},
    }


def _pops(world: World, connection: Connection) -> list[dict[str, Any]]:
    pops = sorted(world.pops.where(connection=connection.uuid), key=lambda pop: pop.interface)
    return [pop_view(pop) | {"datacenters": _datacenters(world, pop)} for pop in pops]


def _datacenters(world: World, pop: PopConfig) -> list[dict[str, Any]]:
    rows = sorted(world.datacenters.where(pop=pop.id), key=lambda row: row.datacenter)
    return [datacenter_view(row) | {"extras": _extras(world, row.id)} for row in rows]


def _extras(world: World, datacenter: int) -> list[dict[str, Any]]:
    extras = sorted(world.extras.where(datacenter_config=datacenter), key=lambda row: (row.type, row.subnet or ""))
    return [extra_view(row) for row in extras]
