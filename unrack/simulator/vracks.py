"""Connections in private networks (ovh-api ``vrack``). A finished task disappears (terraform-provider-ovh)."""

from datetime import datetime, timedelta

from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.records import Connection, Vrack, VrackTask
from unrack.simulator.refusal import conflict, not_found
from unrack.simulator.world import World


def attach(world: World, vrack: Vrack, connection: Connection, now: datetime, fate: InjectedFaults) -> VrackTask:
    """Starts to attach a connection that is in no vRack."""
    _require_idle(world, connection)
    if connection.vrack:
        raise conflict(f"{connection.uuid} is already in the vRack {connection.vrack}")
    return _start(world, vrack, connection, now, fate)


def detach(world: World, vrack: Vrack, connection: Connection, now: datetime, fate: InjectedFaults) -> VrackTask:
    """Starts to detach; refused while PoP configurations exist (assumed: the safe reading of the documents)."""
    if connection.vrack != vrack.name:
        raise not_found("ovhCloudConnect", connection.uuid)
    _require_idle(world, connection)
    if world.pops.where(connection=connection.uuid):
        raise conflict(f"{connection.uuid} still has PoP configurations; remove them first")
    return _start(world, vrack, connection, now, fate)


def step(world: World, task: VrackTask, at: datetime) -> None:
    """Moves a due task one step on; after the last one it is gone."""
    if task.status != "doing":
        due = None if task.stuck else at + timedelta(seconds=world.settings.vrack_task)
        world.vrack_tasks.change(task, status="doing", due=due)
        return
    connection = world.connections[task.connection]
    world.connections.change(connection, vrack=task.vrack if task.function.startswith("add") else None)
    world.vrack_tasks.remove(task)


def _start(world: World, vrack: Vrack, connection: Connection, now: datetime, fate: InjectedFaults) -> VrackTask:
    return world.vrack_tasks.put(
        VrackTask(
            id=world.next_id(),
            vrack=vrack.name,
            connection=connection.uuid,
            function="removeOvhCloudConnectFromVrack" if connection.vrack else "addOvhCloudConnectToVrack",
            asked_at=now,
            due=now + timedelta(seconds=world.settings.task_todo),
            stuck=fate.of(FaultKind.TASK_STUCK) is not None,
        )
    )


def _require_idle(world: World, connection: Connection) -> None:
    if pending := world.vrack_tasks.where(connection=connection.uuid):
        raise conflict(f"The vRack task {pending[0].id} is still running on {connection.uuid}")
