"""Events that OVHcloud causes by itself as its clock goes on: tasks, ends and renewals, bills."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from unrack.simulator.ovhcloud import billing, lifecycle, products, tasks, vracks
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.vendor import Event


def upcoming(tables: Tables) -> Iterator[Event]:
    """Whatever is due some day, in any order."""
    for task in tables.tasks:
        if task.due:
            yield task.due, partial(_task_event, tables, task.id, task.due)
    for vrack_task in tables.vrack_tasks:
        if vrack_task.due:
            yield vrack_task.due, partial(_vrack_task_event, tables, vrack_task.id, vrack_task.due)
    for service in tables.services:
        if service.parent is None:
            at = lifecycle.due_at(service)
            yield at, partial(_service_event, tables, service.id, at)
    for account in tables.accounts:
        yield account.next_bill_at, partial(billing.issue_monthly, tables, account, account.next_bill_at)
    yield from (
        (work.due, partial(lifecycle.finish_work, tables, work.id, work.due)) for work in tables.work if work.due
    )
    yield from products.expiries(tables)


def _task_event(tables: Tables, task_id: int, at: datetime) -> None:
    if task := tables.tasks.get(task_id):
        tasks.step(tables, task, at)


def _vrack_task_event(tables: Tables, task_id: int, at: datetime) -> None:
    if task := tables.vrack_tasks.get(task_id):
        vracks.step(tables, task, at)


def _service_event(tables: Tables, service_id: int, at: datetime) -> None:
    if service := tables.services.get(service_id):
        lifecycle.happen(tables, service, at)
