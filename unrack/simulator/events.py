"""What the provider does by itself as its clock goes on, in the order of its dates."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from unrack.simulator import billing, lifecycle, products, tasks, vracks
from unrack.simulator.vendor import Event
from unrack.simulator.vendors import VENDORS
from unrack.simulator.world import World


def advance(world: World, now: datetime) -> None:
    """Lets everything happen that is due by `now`, the earliest first."""
    while (due := next_due(world)) and due <= now:
        for at, happen in list(_upcoming(world)):
            if at == due:
                happen()


def next_due(world: World) -> datetime | None:
    """When the provider next does something by itself."""
    return min((at for at, _ in _upcoming(world)), default=None)


def _upcoming(world: World) -> Iterator[Event]:
    for task in world.tasks:
        if task.due:
            yield task.due, partial(_task_event, world, task.id, task.due)
    for vrack_task in world.vrack_tasks:
        if vrack_task.due:
            yield vrack_task.due, partial(_vrack_task_event, world, vrack_task.id, vrack_task.due)
    for service in world.services:
        if service.parent is None:
            at = lifecycle.due_at(service)
            yield at, partial(_service_event, world, service.id, at)
    for account in world.accounts:
        yield account.next_bill_at, partial(billing.issue_monthly, world, account, account.next_bill_at)
    yield from ((work.due, partial(lifecycle.finish_work, world, work.id, work.due)) for work in world.work if work.due)
    yield from products.expiries(world)
    for vendor in VENDORS:
        yield from vendor.upcoming(world)


def _task_event(world: World, task_id: int, at: datetime) -> None:
    if task := world.tasks.get(task_id):
        tasks.step(world, task, at)


def _vrack_task_event(world: World, task_id: int, at: datetime) -> None:
    if task := world.vrack_tasks.get(task_id):
        vracks.step(world, task, at)


def _service_event(world: World, service_id: int, at: datetime) -> None:
    if service := world.services.get(service_id):
        lifecycle.happen(world, service, at)
