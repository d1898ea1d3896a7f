"""Reads the report, the status and the plan of a run. Nothing here changes anything."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.reconciliation import Pause
from unrack.contracts.workflows import DECOMMISSION, TASK_QUEUE, RunStart
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from unrack.operations.find_run import not_found
from unrack.operations.inquiries import last_poll, no_worker
from unrack.temporal import paused
from unrack.temporal.reports import report_now

_TAKEN_WITHIN = timedelta(seconds=2)
"""A worker that lives takes a question at once."""

_NOBODY_ANSWERS = {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.CANCELLED}


async def report_of(client: Client, run_id: str) -> RunReport:
    """The report of the run as of now. A run that ended answers without any worker.

    Raises:
        UnrackError: no such run, no worker answers, somebody paused the run, or it ended without a report.
    """
    handle = client.get_workflow_handle(run_id, result_type=RunReport)
    try:
        described = await handle.describe()
        if paused.is_paused(described):
            raise UnrackError(await paused.problem_of(described))
        if described.status is WorkflowExecutionStatus.RUNNING:
            return await report_now(handle)
        return await handle.result()
    except RPCError as error:
        raise query_problem(run_id, error) from error
    except (WorkflowFailureError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        raise UnrackError(_no_report(run_id, error)) from error


async def report_unless_paused(client: Client, run_id: str) -> RunReport | None:
    """The report of the run; None when somebody paused the whole run in Temporal, so that it answers nothing.

    Raises:
        UnrackError: as `report_of`.
    """
    try:
        return await report_of(client, run_id)
    except UnrackError:
        if any(not pause.call for pause in await pauses(client, run_id)):
            return None
        raise


async def pauses(client: Client, run_id: str) -> tuple[Pause, ...]:
    """Return the parts of the run that somebody paused in Temporal; empty for one that has ended.

    Raises:
        UnrackError: no such run.
    """
    try:
        return paused.pauses_of(await client.get_workflow_handle(run_id).describe())
    except RPCError as error:
        raise query_problem(run_id, error) from error


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands."""

    report: RunReport
    plan: Plan
    pauses: tuple[Pause, ...]
    """The parts of it that somebody paused in Temporal."""


async def status_of(client: Client, run_id: str, queue: str = TASK_QUEUE) -> RunStatus:
    """Everything that is shown of where a run stands; `queue` is the one that its workers serve.

    Raises:
        UnrackError: as `report_of`, and within seconds where no worker is there.
    """
    report = _unless_nobody_takes_it(client, queue, asyncio.ensure_future(report_of(client, run_id)))
    return RunStatus(*await asyncio.gather(report, plan_of(client, run_id), pauses(client, run_id)))


async def _unless_nobody_takes_it(client: Client, queue: str, asked: asyncio.Future[RunReport]) -> RunReport:
    """The report that is `asked` for; given up once it is clear that no worker is there to answer.

    A worker that takes a question asks for the next one at once, so its last poll is younger than the question. One
    that has died is known to the server for minutes, by an older poll.
    """
    since = datetime.now(UTC)
    await asyncio.wait({asked}, timeout=_TAKEN_WITHIN.total_seconds())
    if not asked.done() and not await _polled_since(client, queue, since):
        asked.cancel()
        raise no_worker(queue)
    return await asked


async def _polled_since(client: Client, queue: str, since: datetime) -> bool:
    """Whether a worker of `queue` asked for work since then."""
    last = await last_poll(client, queue)
    return last is not None and last > since


async def plan_of(client: Client, run_id: str) -> Plan:
    """The frozen plan of the run, read from the run's own input: it needs no worker.

    Raises:
        UnrackError: no such run, or it is not a run of Unrack.
    """
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(run_id)
    try:
        async for event in handle.fetch_history_events(page_size=1):
            begun = event.workflow_execution_started_event_attributes
            if begun.workflow_type.name != DECOMMISSION:
                break
            start: list[RunStart] = await client.data_converter.decode(begun.input.payloads, [RunStart])
            return start[0].plan
    except RPCError as error:
        raise query_problem(run_id, error) from error
    raise not_found(run_id)


def query_problem(run_id: str, error: RPCError) -> Exception:
    """Return the error to raise for a refused question to a run."""
    if error.status is RPCStatusCode.NOT_FOUND:
        return not_found(run_id)
    return no_worker() if error.status in _NOBODY_ANSWERS else error


def _no_report(run_id: str, error: Exception) -> Problem:
    if isinstance(error, WorkflowFailureError):
        return Problem(
            category=Category.UNEXPECTED,
            message=msg("the run {run_id} did not end by itself: {cause}", run_id=run_id, cause=error.cause),
            suggestion=msg(
                "see how far it had come with `unrack reconcile`, then go on with `unrack resume {run_id}`",
                run_id=run_id,
            ),
            reference=run_id,
        )
    return Problem(
        category=Category.UNEXPECTED,
        message=msg("the run {run_id} gives no report: {error}", run_id=run_id, error=error),
        suggestion=msg("read what happened with `unrack history {run_id}`", run_id=run_id),
        reference=run_id,
    )
