"""Which runs there are and what waits for people: visibility queries alone, never a query per run.

Nothing is left out: every open run that a filter asks for is listed, however many there are, and what cannot be read is
listed as that.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from heapq import heappop, heappush
from typing import Annotated

from pydantic import Field
from temporalio.api.workflow.v1 import WorkflowExecutionInfo

from unrack.contracts.workflows import (
    DECOMMISSION,
    DUE,
    MEMO_VIEW,
    OUTCOME,
    PHASE,
    PRODUCT,
    PROVIDER,
    SERVICE,
    WAITING,
    up_to_date,
)
from unrack.model.base import Frozen, Moment
from unrack.model.ids import RunId
from unrack.model.lifecycle import Phase
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.progress import ACTING
from unrack.model.state import OpenTask, RunView
from unrack.operations.by_due import by_due
from unrack.operations.visibility_query import quoted
from unrack.temporal import executions
from unrack.temporal.executions import ENDED, OPEN, Server
from unrack.temporal.memos import run_view

_UNREADABLE = (ValueError, TypeError, KeyError)
"""Errors from decoding a memo or attributes that somebody else wrote: anybody can start a run."""


class Waiting(StrEnum):
    """The things that a run can wait for."""

    APPROVAL = "approval"
    TASK = "task"
    IN_DOUBT = "in-doubt"
    PARKED = "parked"
    GRACE = "grace"
    PROVIDER = "provider"
    HOLD = "hold"
    STOPPING = "stopping"


class Filter(Frozen):
    """Which runs to list; None takes all."""

    provider: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")] | None = None
    phase: Phase | None = None
    due_before: Moment | None = None
    waiting: Waiting | None = None
    run: str | None = None
    """Only this one."""
    closed_too: bool = False

    def query(self) -> str:
        """The visibility query for the open runs."""
        return f"{self._terms()} AND {OPEN}"

    def closed_query(self) -> str:
        """The visibility query for those that ended. A history that went on in a fresh one is no run that ended."""
        return f"{self._terms()} AND {ENDED} AND ExecutionStatus != 'ContinuedAsNew'"

    def _terms(self) -> str:
        wanted = {
            "WorkflowType": DECOMMISSION,
            "WorkflowId": self.run,
            PROVIDER.name: self.provider,
            PHASE.name: self.phase,
            WAITING.name: self.waiting,
        }
        terms = [f"{name} = {quoted(value)}" for name, value in wanted.items() if value is not None]
        terms += [f"{DUE.name} < {quoted(self.due_before.astimezone(UTC).isoformat())}"] if self.due_before else []
        return " AND ".join(terms)


class Listed(Frozen):
    """One run in a list."""

    run: str
    run_id: str
    """Temporal's own id: a service that was cancelled twice has two runs of one name."""
    open: bool
    started_at: Moment
    view: RunView | None
    """None: what it shows cannot be read."""
    unreadable: MessageText = ""
    """Why it cannot."""
    paused: tuple[MessageText, ...] = ()
    """The parts that somebody paused in Temporal: ``run``, or the kinds of calls, as ``commit``."""


class WaitingTask(Frozen):
    """One open task of one run."""

    run: str
    service: str
    rehearsal: bool
    ticket: str | None = None
    owner: str | None = None
    held: tuple[str, ...] = ()
    """The holds under which nobody is to do it, as ``h1``; empty when it is to be done."""
    task: OpenTask


async def list_runs(server: Server, wanted: Filter) -> AsyncGenerator[Listed]:
    """Every run that `wanted` asks for: open ones by their due dates, then those that ended, the latest first.

    A run whose memo cannot be read is among them, and says so.
    """
    async for execution in by_due(server, wanted.query()):
        yield _listed(execution)
    if wanted.closed_too:
        async for execution in executions.every(server, wanted.closed_query()):
            yield _listed(execution)


async def count_runs(server: Server, wanted: Filter) -> int:
    """How many runs `wanted` asks for."""
    queries = [wanted.query(), *([wanted.closed_query()] if wanted.closed_too else [])]
    return sum([await executions.count(server, query) for query in queries])


async def open_tasks(
    server: Server, run_id: str | None = None, *, unread: Callable[[Listed], None] | None = None
) -> AsyncGenerator[WaitingTask]:
    """Yield the tasks that wait for a human, the nearest deadline first; of one run or of all.

    A run is due when the first of its tasks is, or earlier. So a task is told once everything that is due before it is
    known, and no more tasks are held than that takes.

    Args:
        server: Who is asked.
        run_id: Only of this one, by its full id.
        unread: Called with each run that waits for a task and whose memo cannot be read.
    """
    known: list[tuple[datetime, str, str, WaitingTask]] = []
    async for found in list_runs(server, Filter(run=run_id, waiting=Waiting.TASK)):
        due = found.view.due if found.view else None
        while known and due is not None and known[0][0] < due:
            yield heappop(known)[-1]
        for task in _tasks(found):
            heappush(known, (task.task.deadline, task.run, task.task.step, task))
        if found.view is None and unread is not None:
            unread(found)
    while known:
        yield heappop(known)[-1]


async def stuck_steps(server: Server, run_id: str) -> tuple[tuple[str, str], ...]:
    """The steps of an open run that are parked or in doubt, each with which of the two."""
    kinds = {Waiting.PARKED.value, Waiting.IN_DOUBT.value}
    views = [each.view async for each in list_runs(server, Filter(run=run_id)) if each.view]
    waiting = [each.partition(":") for view in views for each in view.waiting_for]
    return tuple((step, kind) for kind, _, step in waiting if kind in kinds and step)


def _tasks(found: Listed) -> Iterator[WaitingTask]:
    if (view := found.view) is None:
        return
    for task in view.tasks:
        yield WaitingTask(
            run=found.run,
            service=view.service,
            rehearsal=view.rehearsal,
            ticket=view.ticket,
            owner=view.owner,
            held=view.held if _acts(task) else (),
            task=task,
        )


def _listed(execution: WorkflowExecutionInfo) -> Listed:
    view, why = None, ""
    try:
        view = _view(execution)
        why = _misfit(execution, view)
    except _UNREADABLE as error:
        why = msg("what it shows cannot be read ({name})", name=type(error).__name__)
    return Listed(
        run=execution.execution.workflow_id,
        run_id=execution.execution.run_id,
        open=executions.is_open(execution),
        started_at=executions.started_at(execution),
        view=None if why else view,
        unreadable=why,
        paused=executions.shown_paused(execution),
    )


def _misfit(execution: WorkflowExecutionInfo, view: RunView | None) -> str:
    """Why what the execution shows is not of the run that its id names; empty when it is."""
    if view is None:
        return msg("it was not started by Unrack: it shows nothing of itself")
    memo = (view.provider, view.product, view.service)
    found = [executions.text_attribute(execution, key.name) for key in (PROVIDER, PRODUCT, SERVICE)]
    fits = _named(execution.execution.workflow_id) == memo
    if fits and all(each in (None, told) for each, told in zip(found, memo, strict=True)):
        return ""
    return msg("it was not started by Unrack: what it shows is of another run")


def _named(run_id: str) -> tuple[str, str, str] | None:
    try:
        run = RunId.parse(run_id)
    except ValueError:
        return None
    return run.provider, run.product, run.service


def _view(execution: WorkflowExecutionInfo) -> RunView | None:
    """Return the run's view: its memo, brought up to date by the search attributes."""
    payload = executions.memo_of(execution, MEMO_VIEW)
    if payload is None:
        return None
    memo = run_view(payload)
    if (phase := executions.text_attribute(execution, PHASE.name)) is None:
        return memo
    words = executions.texts_attribute(execution, WAITING.name)
    due = executions.moment_attribute(execution, DUE.name)
    return up_to_date(memo, Phase(phase), words, due, executions.text_attribute(execution, OUTCOME.name))


def _acts(task: OpenTask) -> bool:
    """Whether people change the service by doing `task`; an undo brings it back, and no hold stops that."""
    return task.step.partition(".")[0] in {phase.value for phase in ACTING}
