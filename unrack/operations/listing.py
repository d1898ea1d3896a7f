"""Which runs there are and what waits for people: one visibility query each, never a query per run."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.service_ids import canonical_id, spellings
from unrack.contracts.workflows import DECOMMISSION, DUE, MEMO_VIEW, PHASE, PROVIDER, SERVICE, shown_by
from unrack.model.base import Frozen, Moment
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId, may_begin_an_id, split_address
from unrack.model.lifecycle import Phase
from unrack.model.progress import ACTING
from unrack.model.state import OpenTask, RunView
from unrack.operations.reporting import not_found
from unrack.runtime.paused import OPEN, shown_paused

_SEVERAL_SHOWN = 5


class Waiting(StrEnum):
    """What a run can wait for."""

    APPROVAL = "approval"
    TASK = "task"
    ASKED = "asked"
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
    closed_too: bool = False
    limit: int = 1000

    def query(self) -> str:
        """The visibility query. What a run waits for is picked from its memo: lists have no prefix match."""
        terms = [f"WorkflowType = {_quoted(DECOMMISSION)}"]
        if not self.closed_too:
            terms.append(OPEN)
        if self.provider:
            terms.append(f"{PROVIDER.name} = {_quoted(self.provider)}")
        if self.phase:
            terms.append(f"{PHASE.name} = {_quoted(self.phase.value)}")
        if self.due_before:
            terms.append(f"{DUE.name} < {_quoted(self.due_before.astimezone(UTC).isoformat())}")
        return " AND ".join(terms)

    def picks(self, view: RunView) -> bool:
        """Whether the run waits for what is asked."""
        return self.waiting is None or any(_kind(reason) == self.waiting for reason in view.waiting_for)


class Listed(Frozen):
    """One run in a list."""

    run: str
    open: bool
    started_at: Moment
    view: RunView
    paused: tuple[str, ...] = ()
    """What of it somebody paused in Temporal: ``run``, or the kinds of calls, as ``commit``."""


class WaitingTask(Frozen):
    """One open task of one run."""

    run: str
    service: str
    rehearsal: bool
    held: tuple[str, ...] = ()
    """The holds under which nobody is to do it, as ``h1``; empty when it is to be done."""
    task: OpenTask


async def list_runs(client: Client, wanted: Filter) -> tuple[Listed, ...]:
    """The runs that `wanted` asks for, the nearest due date first; runs without one last."""
    listed = [found async for found in _found(client, wanted) if wanted.picks(found.view)]
    never = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(listed, key=lambda each: (not each.open, each.view.due or never, each.run)))


async def open_tasks(client: Client, run: str | None = None) -> tuple[WaitingTask, ...]:
    """What waits for a human, the oldest deadline first; of one `run` or of all."""
    tasks = [
        WaitingTask(
            run=found.run,
            service=found.view.service,
            rehearsal=found.view.rehearsal,
            held=found.view.held if _acts(task) else (),
            task=task,
        )
        async for found in _found(client, Filter())
        if run is None or found.run == run
        for task in found.view.tasks
    ]
    return tuple(sorted(tasks, key=lambda each: (each.task.deadline, each.run, each.task.step)))


async def find_run(client: Client, text: str) -> str:
    """The full id of the run that a person means by `text`: the id, a prefix of it, or the service id.

    A full id costs no visibility query, so that a run just launched is found at once; anything else costs one.

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
    """The runs whose id or service's id begins with `text`, or whose service `text` names in another spelling."""
    service, address = split_address(text)
    others = [each for each in spellings(service) if may_begin_an_id(each)]
    named = [f"{SERVICE.name} = {_quoted(each)}" for each in others]
    begun = [text] if may_begin_an_id(text) else []
    named += [f"{name} STARTS_WITH {_quoted(each)}" for each in begun for name in ("WorkflowId", SERVICE.name)]
    if not named:
        return []
    query = f"WorkflowType = {_quoted(DECOMMISSION)} AND ({' OR '.join(named)})"
    found = {execution.id async for execution in client.list_workflows(query, limit=1000)}
    places = {each if address is None else f"{each}@{address}" for each in others}
    exact = sorted(run for run in found if places & set(_names(run)))
    return exact or sorted(found)


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


async def _found(client: Client, wanted: Filter) -> AsyncIterator[Listed]:
    async for execution in client.list_workflows(wanted.query(), limit=wanted.limit):
        view = await _view(execution)
        if view is not None:
            yield Listed(
                run=execution.id,
                open=execution.status is WorkflowExecutionStatus.RUNNING,
                started_at=execution.start_time,
                view=view,
                paused=shown_paused(execution),
            )


async def _view(execution: WorkflowExecution) -> RunView | None:
    memo = await execution.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
    return memo and shown_by(memo, execution.typed_search_attributes)


def _acts(task: OpenTask) -> bool:
    """Whether people change the service by doing `task`; an undo brings it back, and no hold stops that."""
    return task.step.partition(".")[0] in {phase.value for phase in ACTING}


def _kind(reason: str) -> str:
    return reason.partition(":")[0]


def _quoted(text: str) -> str:
    """`text` as a string of the visibility query language.

    The server does not undo escapes reliably (it strips quotes that were escaped): no text with a quote is ever sent.
    """
    if "'" in text or "\\" in text:
        raise ValueError(f"{text!r} has no place in a visibility query")
    return f"'{text}'"


def _ambiguous(text: str, matches: list[str]) -> Problem:
    shown = ", ".join(matches[:_SEVERAL_SHOWN])
    rest = f" and {len(matches) - _SEVERAL_SHOWN} more" if len(matches) > _SEVERAL_SHOWN else ""
    return Problem(
        category=Category.INVALID,
        message=f"'{text}' fits {len(matches)} runs: {shown}{rest}",
        suggestion="write more of the id",
    )
