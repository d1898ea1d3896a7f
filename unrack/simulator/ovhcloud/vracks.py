"""Connections in private networks (ovh-api ``vrack``). A finished task disappears (terraform-provider-ovh)."""

from datetime import datetime, timedelta

from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ovhcloud.records import Connection, Vrack, VrackTask
from unrack.simulator.ovhcloud.refusal import conflict, not_found
from unrack.simulator.ovhcloud.tables import Tables


def attach(tables: Tables, vrack: Vrack, connection: Connection, now: datetime, faults: InjectedFaults) -> VrackTask:
    """Starts to attach a connection that is in no vRack."""
    _require_idle(tables, connection)
    if connection.vrack:
        raise conflict(f"{connection.uuid} is already in the vRack {connection.vrack}")
    return _start(tables, vrack, connection, now, faults)


def detach(tables: Tables, vrack: Vrack, connection: Connection, now: datetime, faults: InjectedFaults) -> VrackTask:
    """Starts to detach; refused while PoP configurations exist (assumed: the safe reading of the documents)."""
    if connection.vrack != vrack.name:
        raise not_found("ovhCloudConnect", connection.uuid)
    _require_idle(tables, connection)
    if tables.pops.where(connection=connection.uuid):
        raise conflict(f"{connection.uuid} still has PoP configurations; remove them first")
    return _start(tables, vrack, connection, now, faults)


def step(tables: Tables, task: VrackTask, at: datetime) -> None:
    """Moves a due task one step on; after the last one it is gone."""
    if task.status != "doing":
        due = None if task.stuck else at + timedelta(seconds=tables.settings.vrack_task)
        tables.vrack_tasks.change(task, status="doing", due=due)
        return
    connection = tables.connections[task.connection]
    tables.connections.change(connection, vrack=task.vrack if task.function.startswith("add") else None)
    tables.vrack_tasks.remove(task)


def _start(tables: Tables, vrack: Vrack, connection: Connection, now: datetime, faults: InjectedFaults) -> VrackTask:
    return tables.vrack_tasks.put(
        VrackTask(
            id=tables.next_id(),
            vrack=vrack.name,
            connection=connection.uuid,
            function="removeOvhCloudConnectFromVrack" if connection.vrack else "addOvhCloudConnectToVrack",
            asked_at=now,
            due=now + timedelta(seconds=tables.settings.task_todo),
            stuck=faults.of(FaultKind.TASK_STUCK) is not None,
        )
    )


def _require_idle(tables: Tables, connection: Connection) -> None:
    if pending := tables.vrack_tasks.where(connection=connection.uuid):
        raise conflict(f"The vRack task {pending[0].id} is still running on {connection.uuid}")
