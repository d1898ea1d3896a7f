"""How a change comes about at OVHcloud: one mutating call, a task, a look later, until nothing is left to do.

No attempt waits. Each reads the state, makes at most the next mutating call, and ends with ``NOT_YET``; it is started
again after the pause that OVHcloud's own clients use (terraform-provider-ovh: ovhcloud_connect_task.go, vrack_task.go).
"""

from dataclasses import dataclass

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers import handlers
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.schemas.published import Task, VrackTask
from unrack.providers.ovhcloud.service import ConnectService


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of provider time before the first look at a task, and between the later ones."""

    first: float
    then: float


CONNECT_PACE = Pace(first=30, then=5)
VRACK_PACE = Pace(first=10, then=3)

_DONE = "done"
_CONNECT_OVER = frozenset({_DONE, "error", "denied"})
"""``ovhcloudconnect.task.StatusEnum`` but for todo, doing and pause. A status that is not known is waited for, too."""
_VRACK_OVER = frozenset({"done", "cancelled"})
"""``vrack.TaskStatusEnum`` but for init, todo and doing."""
_LOOKS_ONLY = "diag"
"""Tasks whose function begins so are diagnostics: they change nothing (``diagPeering`` and others; 2026-08)."""

_NEWEST_TASKS = 8
"""How many tasks are looked at; the list has no filter, and tasks of one service follow each other."""

_RAREST = 60.0
"""Seconds of provider time between two looks at a task that takes long."""


class Progress(handlers.Progress):
    """The progress of one change: its task ids, kept across attempts."""

    def __init__(self, call: StepCall, materials: Materials) -> None:
        """Continue from the references of earlier attempts."""
        super().__init__("OVHcloud", call, materials)

    def at_work(self, doing: str) -> str:
        """See `handlers.Progress`."""
        return msg("OVHcloud is at work: {doing}", doing=doing)

    def still(self, doing: str, pace: Pace) -> UnrackError:
        """A task is still running; it is read ever more rarely, since it ends no sooner for being asked."""
        return self.not_yet(doing, min(pace.then * self.attempt**2, max(pace.then, _RAREST)))


def connect_task(task: Task) -> str:
    """The reference of a task of the service: the end of its path."""
    return f"ovhCloudConnect/task/{task.id}"


def vrack_task(vrack: str, task: VrackTask) -> str:
    """The reference of a task of a vRack: its path."""
    return f"vrack/{vrack}/task/{task.id}"


async def settle(service: ConnectService, progress: Progress) -> None:
    """Wait, by raising, for every remembered task, then for any other task of the service.

    The others matter even when some are remembered: the answer to a later call may have been lost.

    Raises:
        UnrackError: ``NOT_YET`` while a task runs, ``FAILED`` when a remembered one ended badly.
    """
    for reference in progress.references:
        kind, _, rest = reference.partition("/")
        if kind == "ovhCloudConnect":
            await _connect_settled(service, progress, int(rest.rpartition("/")[2]))
    kind, _, rest = progress.references[-1].partition("/") if progress.begun else ("", "", "")
    if kind == "vrack":
        vrack, _, number = rest.partition("/task/")
        await _vrack_settled(service, progress, vrack, int(number))
    await _nothing_pending(service, progress)


async def _nothing_pending(service: ConnectService, progress: Progress) -> None:
    numbers = sorted(await service.below("/task", list[int]))
    for number in numbers[-_NEWEST_TASKS:]:
        task = await _read_connect_task(service, number)
        if task and task.status not in _CONNECT_OVER and not task.function.startswith(_LOOKS_ONLY):
            raise progress.still(
                msg("task {id} ({function}) is {status}", id=task.id, function=task.function, status=task.status),
                CONNECT_PACE,
            )


async def no_vrack_task_pending(service: ConnectService, vrack: str, progress: Progress) -> None:
    """Wait, by raising, for every task of `vrack` that names the service, or names nothing."""
    for number in sorted(await service.api.get(f"/vrack/{vrack}/task", list[int])):
        task = await _read_vrack_task(service, vrack, number)
        ours = task is not None and task.target_domain in (None, "", service.id)
        if task and ours and task.status not in _VRACK_OVER:
            raise progress.still(
                msg("vRack task {id} ({function}) is {status}", id=task.id, function=task.function, status=task.status),
                VRACK_PACE,
            )


async def _connect_settled(service: ConnectService, progress: Progress, number: int) -> None:
    task = await _read_connect_task(service, number)
    if task is None or task.status == _DONE:
        return
    if task.status not in _CONNECT_OVER:
        raise progress.still(
            msg("task {value} ({function}) is {status}", value=number, function=task.function, status=task.status),
            CONNECT_PACE,
        )
    raise _failed(
        msg("task {value} ({function}) ended as '{status}'", value=number, function=task.function, status=task.status),
        f"ovhCloudConnect/task/{number}",
    )


async def _vrack_settled(service: ConnectService, progress: Progress, vrack: str, number: int) -> None:
    task = await _read_vrack_task(service, vrack, number)
    if task is None or task.status == "done":
        return  # a finished vRack task disappears (terraform-provider-ovh, vrack_task.go)
    if task.status not in _VRACK_OVER:
        raise progress.still(
            msg(
                "vRack task {value} ({function}) is {status}", value=number, function=task.function, status=task.status
            ),
            VRACK_PACE,
        )
    raise _failed(
        msg(
            "vRack task {value} ({function}) ended as '{status}'",
            value=number,
            function=task.function,
            status=task.status,
        ),
        progress.references[-1],
    )


async def _read_connect_task(service: ConnectService, number: int) -> Task | None:
    """The task, or None when there is none; one that is done is read once, since nothing becomes of it any more.

    One that failed is read each time: OVHcloud may have set it going again.
    """
    path, ended = f"{service.path}/task/{number}", service.api.ended_tasks
    if (known := ended.get(path)) is not None:
        return known
    try:
        task = await service.api.get(path, Task)
    except UnrackError as error:
        if error.problem.category is Category.NOT_FOUND:
            return None
        raise
    if task.status == _DONE:
        ended.keep(path, task)
    return task


async def _read_vrack_task(service: ConnectService, vrack: str, number: int) -> VrackTask | None:
    try:
        return await service.api.get(f"/vrack/{vrack}/task/{number}", VrackTask)
    except UnrackError as error:
        if error.problem.category is Category.NOT_FOUND:
            return None
        raise


def _failed(what: str, reference: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.FAILED,
            message=msg("OVHcloud gave up: {what}", what=what),
            suggestion=msg("retry the step; when it fails again, open a ticket with OVHcloud that names the task"),
            reference=reference,
        )
    )
