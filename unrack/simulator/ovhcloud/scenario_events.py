"""Events that other people cause at a service while a run waits, for rehearsals and tests. None is a call of the API.

The ledger, which lists calls of the API, has none of them.
"""

from datetime import datetime

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud.records import Connection, Interface, Policy, PopConfig
from unrack.simulator.ovhcloud.refusal import not_found
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World


class ScenarioEvent(Frozen):
    """Something that happens to one connection."""

    service: str
    light: bool | None = None
    """Somebody plugs the cable into every port, or pulls it."""
    admin_contact: str | None = None
    """The service gets another admin contact."""
    keep: bool = False
    """Somebody presses "Stop cancellation" in the Control Panel."""
    connect_to: str | None = None
    """Somebody puts the service into this vRack and configures the first port."""


def happen(world: World, what: ScenarioEvent, now: datetime) -> None:
    """Lets `what` happen.

    Raises:
        Refused: there is no such connection.
    """
    tables = world.tables_for(Tables)
    connection = tables.connections.get(what.service)
    if connection is None:
        raise not_found("serviceName", what.service)
    service = tables.services[connection.service]
    if what.light is not None:
        for port in tables.interfaces.where(connection=connection.uuid):
            _light(tables, port, now, on=what.light)
    if what.admin_contact is not None:
        service = tables.services.change(service, contact_admin=what.admin_contact)
    if what.keep:
        tables.services.change(service, policy=Policy.EMPTY)
    if what.connect_to is not None:
        _configure(tables, connection, what.connect_to)


def _light(tables: Tables, port: Interface, now: datetime, *, on: bool) -> None:
    if port.plugged is not on:
        tables.interfaces.change(port, plugged=on, **{"lit_at" if on else "dark_at": now})


def _configure(tables: Tables, connection: Connection, vrack: str) -> None:
    tables.connections.change(connection, vrack=vrack)
    port = min(tables.interfaces.where(connection=connection.uuid), key=lambda each: each.id)
    tables.pops.put(PopConfig(id=tables.next_id("config"), connection=connection.uuid, type="l2", interface=port.id))
