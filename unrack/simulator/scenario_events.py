"""What other people do to a service while a run waits: for rehearsals and tests. No call of the run's own account.

None of it enters the ledger, which lists what the provider was asked for by its API.
"""

from datetime import datetime

from unrack.model.base import Frozen
from unrack.simulator.records import Connection, Interface, Policy, PopConfig
from unrack.simulator.refusal import not_found
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
        Refusal: there is no such connection.
    """
    connection = world.connections.get(what.service)
    if connection is None:
        raise not_found("serviceName", what.service)
    service = world.services[connection.service]
    if what.light is not None:
        for port in world.interfaces.where(connection=connection.uuid):
            _light(world, port, now, on=what.light)
    if what.admin_contact is not None:
        service = world.services.change(service, contact_admin=what.admin_contact)
    if what.keep:
        world.services.change(service, policy=Policy.EMPTY)
    if what.connect_to is not None:
        _configure(world, connection, what.connect_to)


def _light(world: World, port: Interface, now: datetime, *, on: bool) -> None:
    if port.plugged is not on:
        world.interfaces.change(port, plugged=on, **{"lit_at" if on else "dark_at": now})


def _configure(world: World, connection: Connection, vrack: str) -> None:
    world.connections.change(connection, vrack=vrack)
    port = min(world.interfaces.where(connection=connection.uuid), key=lambda each: each.id)
    world.pops.put(PopConfig(id=world.next_id("config"), connection=connection.uuid, type="l2", interface=port.id))
