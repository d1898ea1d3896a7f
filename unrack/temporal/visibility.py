"""The runs of one task queue as Temporal shows them. However many there are, one page is in memory."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
)
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.reconciliation import RECONCILE, How, Interference, ReconcileReport, RunSeen
from unrack.contracts.starts import PredecessorCall
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, shown_by
from unrack.model import progress
from unrack.model.errors import UnrackError
from unrack.model.ids import RunId
from unrack.model.message import msg
from unrack.model.service import ServiceRef
from unrack.model.state import RunView
from unrack.temporal import interrupted
from unrack.temporal.executions import OPEN
from unrack.temporal.paused import is_paused, pauses_of, shown_paused
from unrack.temporal.pollers import pollers
from unrack.temporal.reports import report_now

ENDED_WITHIN = timedelta(days=30)
"""Runs that ended by themselves are looked at for so long; after that a service is no longer theirs."""

FRESH = timedelta(seconds=150)
"""A live worker renews its long poll at least every minute."""

PAGE = 200
"""Executions of one page: a memo may be long, and the server sends no message of more than 4 MB."""

AT_ONCE = 20
"""Executions that are looked into at one time."""

_FAILED_OFTEN = 3
"""A workflow task may fail by chance, as when a worker runs out of memory; more often than this, it is the code."""

_PINNED_TO = SearchAttributeKey.for_keyword("TemporalWorkerDeploymentVersion")

_CANNOT_TELL = (UnrackError, TemporalError, RuntimeError, ValueError)
"""Errors that prevent the reading of one history: no worker, other code, input that is not a run's."""

_GONE = ", ".join(f"'{status}'" for status in ("Terminated", "Failed", "TimedOut", "Canceled"))


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the runs."""

    runs: tuple[RunSeen, ...]
    unreadable: int
    """Executions whose memo is not that of a run."""
    after: bytes
    """Where the next page begins; empty after the last one."""


class EngineSurvey:
    """Surveys the runs of a Temporal namespace."""

    def __init__(self, client: Client) -> None:
        """Ask `client`."""
        self._client = client

    async def pages(self, queue: str, after: bytes) -> AsyncGenerator[Page]:
        """Every run of `queue`, from the place `after` on; a run that cannot be looked into is part of the answer.

        Raises:
            RPCError: the server does not answer.
        """
        served = await _served(self._client, queue)
        listing = self._client.list_workflows(
            _query(queue, datetime.now(UTC)), page_size=PAGE, next_page_token=after or None
        )
        while True:
            await listing.fetch_next_page()
            yield await self._page(listing.current_page or (), served, listing.next_page_token or b"")
            if not listing.next_page_token:
                return

    async def these(self, queue: str, runs: Iterable[str]) -> Page:
        """Just these runs, as `pages` shows them."""
        served = await _served(self._client, queue)
        rows = [row for run in runs for row in await interrupted.executions_of(self._client, run)]
        return await self._page(rows, served, b"")

    async def count(self, queue: str) -> int:
        """How many executions `pages` goes through."""
        return (await self._client.count_workflows(_query(queue, datetime.now(UTC)))).count

    async def keeps(self, run: str) -> bool:
        """Whether the server keeps anything of `run`."""
        return await self._current(run) is not None

    async def last_report(self, queue: str) -> ReconcileReport | None:
        """The newest report on `queue` that the server keeps."""
        return await last_report(self._client, queue)

    async def misfit(self, call: PredecessorCall) -> str:
        """Why a start does not go on from the execution that it names; empty when it does.

        Raises:
            UnrackError: the execution cannot be read now (``UNAVAILABLE``).
            RPCError: the server does not answer.
        """
        return await interrupted.misfit(self._client, call)

    async def hints(self, queue: str) -> tuple[str, ...]:
        """Return the obstacles that keep the hourly reconciliation of `queue` from working."""
        return await paused_reconciliations(self._client, queue)

    async def _page(self, rows: Sequence[WorkflowExecution], served: frozenset[str], after: bytes) -> Page:
        several = asyncio.Semaphore(AT_ONCE)
        views = [await _view(row) for row in rows]

        async def seen(row: WorkflowExecution, view: RunView) -> RunSeen | None:
            async with several:
                return await self._seen(row, view, served)

        found = await asyncio.gather(*(seen(row, view) for row, view in zip(rows, views, strict=True) if view))
        return Page(tuple(run for run in found if run is not None), views.count(None), after)

    async def _seen(self, row: WorkflowExecution, view: RunView, served: frozenset[str]) -> RunSeen | None:
        """Return the run as one execution shows it; None when a later one tells everything."""
        current = await self._current(row.id)
        if current is None:
            return None  # the server forgot it meanwhile
        if current.run_id != row.run_id:
            return await self._before(row, current)
        if current.status != row.status:  # lists lag behind
            view = await _view(current) or view
        seen = _shown(current, view)
        if seen.open:
            return seen.model_copy(update={"stuck": _stuck(current, served), "pauses": pauses_of(current)})
        if seen.outcome is None and current.status in interrupted.HOW:
            return seen.model_copy(update={"interference": await self._end(current)})
        return seen if seen.outcome is not None else None  # None: it went on in another history just now

    async def _current(self, run: str) -> WorkflowExecutionDescription | None:
        """The latest execution; one whose start was refused hides none that was there before."""
        try:
            latest = await self._client.get_workflow_handle(run).describe()
            if not interrupted.was_refused(latest):
                return latest
            before = await interrupted.executions_of(self._client, run)
            handle = self._client.get_workflow_handle(run, run_id=before[0].run_id) if before else None
            return await handle.describe() if handle is not None else latest
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _end(self, current: WorkflowExecution) -> Interference:
        try:
            return await self._gone(current)
        except _CANNOT_TELL as error:
            return _unreadable(current, error)

    async def _gone(self, current: WorkflowExecution) -> Interference:
        """How the run came to its end; with the steps of before a reset that nothing went on from."""
        end = (await interrupted.interrupted_run(self._client, current.id, current.run_id)).interference
        try:
            executions = await interrupted.executions_of(self._client, current.id)
            best = (await interrupted.furthest(self._client, executions)).interference
        except UnrackError as error:
            return end.model_copy(
                update={"reason": msg("{reason} ({message})", reason=end.reason, message=error.problem.message)}
            )
        kept = {"run_id": best.run_id, "changed": best.changed, "in_flight": best.in_flight}
        return end.model_copy(update=kept)

    async def _before(self, row: WorkflowExecution, current: WorkflowExecution) -> RunSeen | None:
        """The open run that a reset of `row` made, as long as there are steps that it does not know to be done."""
        if row.status is not WorkflowExecutionStatus.TERMINATED or current.close_time is not None:
            return None
        if await interrupted.sent_on(self._client, row) != current.run_id:
            return None
        view = await _view(current)
        found = await self._lost(row)
        return view and found and _shown(current, view).model_copy(update={"interference": found})

    async def _lost(self, row: WorkflowExecution) -> Interference | None:
        try:
            return await self._rewound(await interrupted.executions_of(self._client, row.id))
        except _CANNOT_TELL as error:
            return _unreadable(row, error).model_copy(update={"how": How.RESET})

    async def _rewound(self, executions: Sequence[WorkflowExecution]) -> Interference | None:
        async for before in interrupted.lineage(self._client, executions):
            handle = self._client.get_workflow_handle(executions[0].id, run_id=executions[0].run_id)
            now = await report_now(handle)
            known = progress.changed(before.start.plan, now.state)
            lost = tuple(step for step in before.interference.changed if step not in known)
            if lost:
                return before.interference.model_copy(update={"how": How.RESET, "changed": lost, "in_flight": ()})
        return None


async def _view(row: WorkflowExecution) -> RunView | None:
    """Read the execution's view; None if its memo has none that a run shows: anybody can start a workflow."""
    try:
        memo = await row.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
        return memo and shown_by(memo, row.typed_search_attributes)
    except Exception:  # noqa: BLE001 - whatever somebody wrote there
        return None


def _stuck(current: WorkflowExecutionDescription, served: frozenset[str]) -> str:
    """Why no worker can go on with an open run; empty when one can."""
    build = current.typed_search_attributes.get(_PINNED_TO)
    if build and build not in served:
        return msg("it is pinned to the build {build}, and no worker of that build is there", build=build)
    tries = current.raw_description.pending_workflow_task.attempt
    return msg("its code failed {value} times in a row", value=tries - 1) if tries > _FAILED_OFTEN else ""


def _shown(latest: WorkflowExecution, view: RunView) -> RunSeen:
    """Build the record of a run from visibility alone."""
    is_open = latest.status is WorkflowExecutionStatus.RUNNING
    return RunSeen(
        run=latest.id,
        run_id=latest.run_id,
        service=_service(latest.id, view),
        runbook=view.runbook,
        phase=view.phase,
        open=is_open,
        outcome=view.outcome if latest.status is WorkflowExecutionStatus.COMPLETED else None,
        scheduled=view.scheduled,
        no_return=view.no_return,
        since=(None if is_open else latest.close_time) or latest.start_time,
    )


def _service(run: str, view: RunView) -> ServiceRef:
    try:
        address = RunId.parse(run).address
    except ValueError:  # started by somebody under a name of their own
        address = None
    return ServiceRef(
        provider=view.provider, product=view.product, service=view.service, account=view.account, address=address
    )


def _unreadable(latest: WorkflowExecution, error: Exception) -> Interference:
    status = latest.status or WorkflowExecutionStatus.TERMINATED
    return Interference(
        how=interrupted.HOW.get(status, How.TERMINATED),
        run_id=latest.run_id,
        at=latest.close_time or latest.start_time,
        by="",
        unreadable=msg("it cannot be read ({error})", error=str(error)[:300]),
    )


async def _served(client: Client, queue: str) -> frozenset[str]:
    """The builds whose workers asked for work lately, as ``deployment:build``."""
    since = datetime.now(UTC) - FRESH
    found = await pollers(client, queue)
    fresh = [poller for poller in found if poller.last_access_time.ToDatetime(tzinfo=UTC) > since]
    builds = [poller.deployment_options for poller in fresh]
    return frozenset(f"{build.deployment_name}:{build.build_id}" for build in builds)


async def last_report(client: Client, queue: str) -> ReconcileReport | None:
    """The newest report on `queue` that the server keeps."""
    query = f"WorkflowType = '{RECONCILE}' AND ExecutionStatus = 'Completed' AND TaskQueue = '{plain(queue)}'"
    found = [execution async for execution in client.list_workflows(query, limit=1)]
    if not found:
        return None
    handle = client.get_workflow_handle(found[0].id, run_id=found[0].run_id, result_type=ReconcileReport)
    return await handle.result()


async def paused_reconciliations(client: Client, queue: str) -> tuple[str, ...]:
    """The reconciliations of `queue` that somebody paused in Temporal; while one is open, none may begin beside it."""
    query = f"WorkflowType = '{RECONCILE}' AND TaskQueue = '{plain(queue)}' AND {OPEN}"
    return tuple([_paused(each) async for each in client.list_workflows(query) if shown_paused(each)])


def _paused(execution: WorkflowExecution) -> str:
    named = msg(
        "the reconciliation {id} of {start_time}",
        id=execution.id,
        start_time=f"{execution.start_time:%Y-%m-%d %H:%M %Z}",
    )
    what = (
        msg("{named} is paused", named=named) if is_paused(execution) else msg("{named} has a paused call", named=named)
    )
    return msg(
        "{what} in Temporal, and no other begins by itself: temporal workflow terminate --workflow-id '{id}'",
        what=what,
        id=execution.id,
    )


def _query(queue: str, now: datetime) -> str:
    """Open runs, runs that are gone whenever that was, and those that ended by themselves lately."""
    since = (now - ENDED_WITHIN).isoformat()
    lately = f"(ExecutionStatus = 'Completed' AND CloseTime > '{since}')"
    terms = [
        f"WorkflowType = '{DECOMMISSION}'",
        f"TaskQueue = '{plain(queue)}'",
        f"({OPEN} OR ExecutionStatus IN ({_GONE}) OR {lately})",
    ]
    return " AND ".join(terms)


def plain(text: str) -> str:
    """`text`, fit to stand between quotes in a visibility query.

    Raises:
        ValueError: it has a quote of its own; the server does not undo escapes reliably.
    """
    if "'" in text or "\\" in text:
        raise ValueError(msg("{text} has no place in a visibility query", text=f"{text!r}"))
    return text
