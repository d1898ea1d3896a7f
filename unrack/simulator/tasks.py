"""Work that takes the provider time: todo → doing → done, on its own clock (ovh-api ``ovhcloudconnect.Task``)."""

from datetime import datetime, timedelta
from typing import Any

from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.records import ConfigStatus, DatacenterConfig, ExtraConfig, Interface, PopConfig, Task, TaskStatus
from unrack.simulator.table import Table
from unrack.simulator.world import World

AnyConfig = PopConfig | DatacenterConfig | ExtraConfig

_FATES = {
    FaultKind.TASK_ERROR: TaskStatus.ERROR,
    FaultKind.TASK_DENIED: TaskStatus.DENIED,
    FaultKind.TASK_PAUSE: TaskStatus.PAUSE,
    FaultKind.TASK_STUCK: TaskStatus.DOING,
}


def start(world: World, function: str, row: AnyConfig | Interface, now: datetime, fate: InjectedFaults) -> Task:
    """Puts a task on `row` into the provider's queue."""
    hit = fate.of(*_FATES)
    return world.tasks.put(
        Task(
            id=world.next_id(),
            connection=row.connection,
            function=function,
            resource=row.id,
            due=now + timedelta(seconds=world.settings.task_todo),
            fate=_FATES[hit.kind] if hit else None,
        )
    )


def step(world: World, task: Task, at: datetime) -> None:
    """Moves a due task one step on."""
    if task.status is TaskStatus.TODO:
        _begin(world, task, at)
    elif task.fate in (TaskStatus.ERROR, TaskStatus.DENIED, TaskStatus.PAUSE):
        world.tasks.change(task, status=task.fate, due=None)
        if task.fate is not TaskStatus.PAUSE:
            _give_up(world, task)
    elif child := _deepest_child(world, task):
        table, record = child
        table.remove(record)
        world.tasks.change(task, due=at + timedelta(seconds=_span(world, task)))
    else:
        _finish(world, task, at)
        world.tasks.change(task, status=TaskStatus.DONE, due=None)


def _begin(world: World, task: Task, at: datetime) -> None:
    never = task.fate is TaskStatus.DOING
    due = None if never else at + timedelta(seconds=_span(world, task))
    world.tasks.change(task, status=TaskStatus.DOING, due=due)


def _span(world: World, task: Task) -> float:
    return world.settings.cascade if _deepest_child(world, task) else world.settings.task_doing


def _deepest_child(world: World, task: Task) -> tuple[Table[Any], AnyConfig] | None:
    """The next child that a deletion takes along, children of children first."""
    if task.function == "delDatacenterConfiguration":
        datacenters = [task.resource]
    elif task.function == "delPopConfiguration":
        datacenters = [row.id for row in world.datacenters.where(pop=task.resource)]
    else:
        return None
    for datacenter in datacenters:
        for extra in world.extras.where(datacenter_config=datacenter):
            return world.extras, extra
    if task.function == "delPopConfiguration" and datacenters:
        return world.datacenters, world.datacenters[datacenters[0]]
    return None


def _finish(world: World, task: Task, at: datetime) -> None:
    if task.function.endswith("Interface"):
        _switch(world, task, at)
    elif table := _table(world, task.function):
        record = table.get(task.resource)
        if record and task.function.startswith("add"):
            table.change(record, status=ConfigStatus.ACTIVE)
        elif record:
            table.remove(record)


def _give_up(world: World, task: Task) -> None:
    """After a failed task everything is as before it, so that it can be asked for again (assumed)."""
    table = _table(world, task.function)
    record = table.get(task.resource) if table else None
    if table is None or record is None:
        return
    if task.function.startswith("add"):
        table.remove(record)
        return
    table.change(record, status=ConfigStatus.ACTIVE)
    datacenters = world.datacenters.where(pop=record.id) if isinstance(record, PopConfig) else []
    datacenters += [record] if isinstance(record, DatacenterConfig) else []
    for datacenter in datacenters:
        world.datacenters.change(datacenter, status=ConfigStatus.ACTIVE)
        for extra in world.extras.where(datacenter_config=datacenter.id):
            world.extras.change(extra, status=ConfigStatus.ACTIVE)


def _switch(world: World, task: Task, at: datetime) -> None:
    status = "disabled" if task.function == "lockInterface" else "enabled"
    world.interfaces.change(world.interfaces[task.resource], status=status, changed_at=at)


def _table(world: World, function: str) -> Table[Any] | None:
    tables: dict[str, Table[Any]] = {
        "PopConfiguration": world.pops,
        "DatacenterConfiguration": world.datacenters,
        "DatacenterExtraConfiguration": world.extras,
    }
    return tables.get(function[3:])
