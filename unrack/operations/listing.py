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
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.service_ids import spellings
from unrack.contracts.workflows import (
    DECOMMISSION,
    DUE,
    MEMO_VIEW,
    PHASE,
    PRODUCT,
    PROVIDER,
    SERVICE,
    WAITING,
    shown_by,
)
from unrack.model.base import Frozen, Moment
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId, may_begin_an_id, split_address
from unrack.model.lifecycle import Phase
from unrack.model.message import MessageText
from unrack.model.progress import ACTING
from unrack.model.state import OpenTask, RunView
from unrack.operations.by_due import PAGE, by_due
from unrack.operations.reporting import not_found
from unrack.providers.catalogue import canonical_id
from unrack.temporal.paused import ENDED, OPEN, shown_paused

_SEVERAL_SHOWN = 5

_UNREADABLE = (ValueError, TypeError, KeyError, RuntimeError, TemporalError)
"""What decoding a memo or attributes raises that were written by somebody else: anybody can start a run."""


class Waiting(StrEnum):
    """What a run can wait for."""

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
        terms = [f"{name} = {_quoted(value)}" for name, value in wanted.items() if value is not None]
        terms += [f"{DUE.name} < {_quoted(self.due_before.astimezone(UTC).isoformat())}"] if self.due_before else []
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
    """What of it somebody paused in Temporal: ``run``, or the kinds of calls, as ``commit``."""


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


async def list_runs(client: Client, wanted: Filter) -> AsyncGenerator[Listed]:
    """Every run that `wanted` asks for: open ones by their due dates, then those that ended, the latest first.

    A run whose memo cannot be read is among them, and says so.
    """
    async for execution in by_due(client, wanted.query()):
        yield await _listed(execution)
    if wanted.closed_too:
        async for execution in client.list_workflows(wanted.closed_query(), page_size=PAGE):
            yield await _listed(execution)


async def count_runs(client: Client, wanted: Filter) -> int:
    """How many runs `wanted` asks for."""
    queries = [wanted.query(), *([wanted.closed_query()] if wanted.closed_too else [])]
    return sum([(await client.count_workflows(query)).count for query in queries])


async def open_tasks(
    client: Client, run: str | None = None, *, unread: Callable[[Listed], None] | None = None
) -> AsyncGenerator[WaitingTask]:
    """What waits for a human, the nearest deadline first; of one `run` or of all.

    A run is due when the first of its tasks is, or earlier. So a task is told once everything that is due before it is
    known, and no more tasks are held than that takes.

    Args:
        client: The server.
        run: Only of this one, by its full id.
        unread: Called with each run that waits for a task and whose memo cannot be read.
    """
    known: list[tuple[datetime, str, str, WaitingTask]] = []
    async for found in list_runs(client, Filter(run=run, waiting=Waiting.TASK)):
        due = found.view.due if found.view else None
        while known and due is not None and known[0][0] < due:
            yield heappop(known)[-1]
        for task in _tasks(found):
            heappush(known, (task.task.deadline, task.run, task.task.step, task))
        if found.view is None and unread is not None:
            unread(found)
    while known:
        yield heappop(known)[-1]


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


async def find_run(client: Client, text: str) -> str:
    """The full id of the run that a person means by `text`: the id, a prefix of it, or the service id.

    A full id costs no visibility query, so that a run just launched is found at once; anything else costs one or two.

    Raises:
        UnrackError: nothing matches (``NOT_FOUND``), or several do (``INVALID``; the problem names some).
    """
    text = text.strip()
    for run in dict.fromkeys((text, _in_form(text))):
        if await _exists(client, run):
            return run
    matches = await _matching(client, text)
    if not matches:
        raise not_found(text)
    if len(matches) > 1:
        raise UnrackError(_ambiguous(text, matches))
    return matches[0]


def _in_form(run: str) -> str:
    """A full run id with its service's id in the form in which the provider knows it; anything else as it is."""
    kind, _, place = run.partition("/")
    provider, _, product = kind.partition("-")
    service, address = split_address(place)
    try:
        service = canonical_id(provider, product, service)
        return str(RunId(provider=provider, product=product, service=service, address=address))
    except ValueError:
        return run


async def _matching(client: Client, text: str) -> list[str]:
    """The runs of the service that `text` names, in any spelling; else those whose id or service's id begins with it.

    One more than is shown is enough to know that there are several.
    """
    service, address = split_address(text)
    others = [each for each in spellings(service) if may_begin_an_id(each)]
    places = {each if address is None else f"{each}@{address}" for each in others}
    exact = await _ids(client, [f"{SERVICE.name} = {_quoted(each)}" for each in others])
    if named := [run for run in exact if places & set(_names(run))]:
        return named
    begun = [text] if may_begin_an_id(text) else []
    terms = [f"{name} STARTS_WITH {_quoted(each)}" for each in begun for name in ("WorkflowId", SERVICE.name)]
    return await _ids(client, terms, most=_SEVERAL_SHOWN + 1)


async def _ids(client: Client, either: list[str], most: int | None = None) -> list[str]:
    """The runs for which one of the terms holds, at most so many."""
    found: set[str] = set()
    if not either:
        return []
    query = f"WorkflowType = {_quoted(DECOMMISSION)} AND ({' OR '.join(either)})"
    async for execution in client.list_workflows(query):
        found.add(execution.id)
        if most is not None and len(found) == most:
            break
    return sorted(found)


def _names(run: str) -> tuple[str, ...]:
    """What a run is called beside its id: its service, with the address and without."""
    try:
        known = RunId.parse(run)
    except ValueError:
        return ()
    return known.place, known.service


async def _exists(client: Client, text: str) -> bool:
    try:
        RunId.parse(text)
        found = await client.get_workflow_handle(text).describe()
    except ValueError:
        return False
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return found.workflow_type == DECOMMISSION


async def _listed(execution: WorkflowExecution) -> Listed:
    view, why = None, ""
    try:
        view = await _view(execution)
    except _UNREADABLE as error:
        why = f"what it shows cannot be read ({type(error).__name__})"
    else:
        why = "" if view else "it was not started by Unrack: it shows nothing of itself"
    if view is not None and not _fits(execution, view):
        view, why = None, "it was not started by Unrack: what it shows is of another run"
    return Listed(
        run=execution.id,
        run_id=execution.run_id,
        open=execution.status is WorkflowExecutionStatus.RUNNING,
        started_at=execution.start_time,
        view=view,
        unreadable=why,
        paused=shown_paused(execution),
    )


def _fits(execution: WorkflowExecution, view: RunView) -> bool:
    """Whether what the execution shows is of the run that its id names."""
    shown = execution.typed_search_attributes
    try:
        run = RunId.parse(execution.id)
    except ValueError:
        return False
    memo = (view.provider, view.product, view.service)
    found = (shown.get(PROVIDER), shown.get(PRODUCT), shown.get(SERVICE))
    return memo == (run.provider, run.product, run.service) and all(
        each in (None, told) for each, told in zip(found, memo, strict=True)
    )


async def _view(execution: WorkflowExecution) -> RunView | None:
    memo = await execution.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
    return memo and shown_by(memo, execution.typed_search_attributes)


def _acts(task: OpenTask) -> bool:
    """Whether people change the service by doing `task`; an undo brings it back, and no hold stops that."""
    return task.step.partition(".")[0] in {phase.value for phase in ACTING}


def _quoted(text: str) -> str:
    """`text` as a string of the visibility query language.

    The server does not undo escapes reliably (it strips quotes that were escaped): no text with a quote is ever sent.
    """
    if "'" in text or "\\" in text:
        raise ValueError(f"{text!r} has no place in a visibility query")
    return f"'{text}'"


def _ambiguous(text: str, matches: list[str]) -> Problem:
    shown = ", ".join(matches[:_SEVERAL_SHOWN])
    several = f"more than {_SEVERAL_SHOWN}" if len(matches) > _SEVERAL_SHOWN else f"{len(matches)}"
    return Problem(
        category=Category.INVALID,
        message=f"'{text}' fits {several} runs: {shown}",
        suggestion="write more of the id",
    )
