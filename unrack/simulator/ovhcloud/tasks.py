"""Work that takes the provider time: todo → doing → done, on its own clock (ovh-api ``ovhcloudconnect.Task``)."""

from datetime import datetime, timedelta
from typing import Any

from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ovhcloud.records import (
    ConfigStatus,
    DatacenterConfig,
    ExtraConfig,
    Interface,
    PopConfig,
    Task,
    TaskStatus,
)
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.table import Table

AnyConfig = PopConfig | DatacenterConfig | ExtraConfig

_ENDS = {
    FaultKind.TASK_ERROR: TaskStatus.ERROR,
    FaultKind.TASK_DENIED: TaskStatus.DENIED,
    FaultKind.TASK_PAUSE: TaskStatus.PAUSE,
    FaultKind.TASK_STUCK: TaskStatus.DOING,
}


def start(tables: Tables, function: str, row: AnyConfig | Interface, now: datetime, faults: InjectedFaults) -> Task:
    """Puts a task on `row` into the provider's queue."""
    hit = faults.of(*_ENDS)
    return tables.tasks.put(
        Task(
            id=tables.next_id(),
            connection=row.connection,
            function=function,
            resource=row.id,
            due=now + timedelta(seconds=tables.settings.task_todo),
            ends_as=_ENDS[hit.kind] if hit else None,
        )
    )


def step(tables: Tables, task: Task, at: datetime) -> None:
    """Moves a due task one step on."""
    if task.status is TaskStatus.TODO:
        _begin(tables, task, at)
    elif task.ends_as in (TaskStatus.ERROR, TaskStatus.DENIED, TaskStatus.PAUSE):
        tables.tasks.change(task, status=task.ends_as, due=None)
        if task.ends_as is not TaskStatus.PAUSE:
            _give_up(tables, task)
    elif child := _deepest_child(tables, task):
        table, record = child
        table.remove(record)
        tables.tasks.change(task, due=at + timedelta(seconds=_span(tables, task)))
    else:
        _finish(tables, task, at)
        tables.tasks.change(task, status=TaskStatus.DONE, due=None)


def _begin(tables: Tables, task: Task, at: datetime) -> None:
    never = task.ends_as is TaskStatus.DOING
    due = None if never else at + timedelta(seconds=_span(tables, task))
    tables.tasks.change(task, status=TaskStatus.DOING, due=due)


def _span(tables: Tables, task: Task) -> float:
    return tables.settings.cascade if _deepest_child(tables, task) else tables.settings.task_doing


def _deepest_child(tables: Tables, task: Task) -> tuple[Table[Any], AnyConfig] | None:
    """The next child that a deletion takes along, children of children first."""
    if task.function == "delDatacenterConfiguration":
        datacenters = [task.resource]
    elif task.function == "delPopConfiguration":
        datacenters = [row.id for row in tables.datacenters.where(pop=task.resource)]
    else:
        return None
    for datacenter in datacenters:
        for extra in tables.extras.where(datacenter_config=datacenter):
            return tables.extras, extra
    if task.function == "delPopConfiguration" and datacenters:
        return tables.datacenters, tables.datacenters[datacenters[0]]
    return None


def _finish(tables: Tables, task: Task, at: datetime) -> None:
    if task.function.endswith("Interface"):
        _switch(tables, task, at)
    elif table := _table(tables, task.function):
        record = table.get(task.resource)
        if record and task.function.startswith("add"):
            table.change(record, status=ConfigStatus.ACTIVE)
        elif record:
            table.remove(record)


def _give_up(tables: Tables, task: Task) -> None:
    """After a failed task everything is as before it, so that it can be asked for again (assumed)."""
    table = _table(tables, task.function)
    record = table.get(task.resource) if table else None
    if table is None or record is None:
        return
    if task.function.startswith("add"):
        table.remove(record)
        return
    table.change(record, status=ConfigStatus.ACTIVE)
    datacenters = tables.datacenters.where(pop=record.id) if isinstance(record, PopConfig) else []
    datacenters += [record] if isinstance(record, DatacenterConfig) else []
    for datacenter in datacenters:
        tables.datacenters.change(datacenter, status=ConfigStatus.ACTIVE)
        for extra in tables.extras.where(datacenter_config=datacenter.id):
            tables.extras.change(extra, status=ConfigStatus.ACTIVE)


def _switch(tables: Tables, task: Task, at: datetime) -> None:
    status = "disabled" if task.function == "lockInterface" else "enabled"
    tables.interfaces.change(tables.interfaces[task.resource], status=status, changed_at=at)


def _table(tables: Tables, function: str) -> Table[Any] | None:
    by_kind: dict[str, Table[Any]] = {
        "PopConfiguration": tables.pops,
        "DatacenterConfiguration": tables.datacenters,
        "DatacenterExtraConfiguration": tables.extras,
    }
    return by_kind.get(function[3:])
