"""What a run says of itself. Nothing here changes anything, `wake` excepted, which only makes a run look again."""

import asyncio

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
from unrack.contracts.workflows import DECOMMISSION, TASK_QUEUE, WAKE_SIGNAL, RunStart
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from unrack.operations.inquire import no_worker
from unrack.temporal import installation_holds, paused
from unrack.temporal.paused import OPEN
from unrack.temporal.reports import report_now
from unrack.temporal.visibility import plain

_WOKEN_AT_ONCE = 20

_NOBODY_ANSWERS = {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.CANCELLED}


def not_found(run: str) -> UnrackError:
    """The problem that there is no such run."""
    return UnrackError(
        Problem(
            category=Category.NOT_FOUND,
            message=f"there is no run '{run}'",
            suggestion="see what there is with `unrack list --all`",
        )
    )


async def report_of(client: Client, run: str) -> RunReport:
    """The report of `run` as of now. A run that ended answers without any worker.

    Raises:
        UnrackError: no such run, no worker answers, somebody paused the run, or it ended without a report.
    """
    handle = client.get_workflow_handle(run, result_type=RunReport)
    try:
        described = await handle.describe()
        if paused.is_paused(described):
            raise UnrackError(await paused.problem_of(described))
        if described.status is WorkflowExecutionStatus.RUNNING:
            return await report_now(handle)
        return await handle.result()
    except RPCError as error:
        raise _query_problem(run, error) from error
    except (WorkflowFailureError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        raise UnrackError(_no_report(run, error)) from error


async def report_unless_paused(client: Client, run: str) -> RunReport | None:
    """The report of `run`; None when somebody paused the whole run in Temporal, so that it answers nothing.

    Raises:
        UnrackError: as `report_of`.
    """
    try:
        return await report_of(client, run)
    except UnrackError:
        if any(not pause.call for pause in await pauses(client, run)):
            return None
        raise


async def pauses(client: Client, run: str) -> tuple[Pause, ...]:
    """What of `run` somebody paused in Temporal; empty for one that has ended.

    Raises:
        UnrackError: no such run.
    """
    try:
        return paused.pauses_of(await client.get_workflow_handle(run).describe())
    except RPCError as error:
        raise _query_problem(run, error) from error


async def plan_of(client: Client, run: str) -> Plan:
    """The frozen plan of `run`, read from the run's own input: it needs no worker.

    Raises:
        UnrackError: no such run, or it is not a run of Unrack.
    """
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(run)
    try:
        async for event in handle.fetch_history_events(page_size=1):
            begun = event.workflow_execution_started_event_attributes
            if begun.workflow_type.name != DECOMMISSION:
                break
            start: list[RunStart] = await client.data_converter.decode(begun.input.payloads, [RunStart])
            return start[0].plan
    except RPCError as error:
        raise _query_problem(run, error) from error
    raise not_found(run)


async def wake(client: Client, run: str) -> None:
    """Make `run` look again now; it decides nothing.

    Raises:
        UnrackError: no such open run.
    """
    try:
        await client.get_workflow_handle(run).signal(WAKE_SIGNAL)
    except RPCError as error:
        raise _query_problem(run, error) from error


async def wake_all(client: Client, queue: str = TASK_QUEUE) -> int:
    """Make every open run of `queue` look again now, as after a deploy; returns how many were woken.

    Runs that end meanwhile are left out.
    """
    query = f"WorkflowType = '{DECOMMISSION}' AND {OPEN} AND TaskQueue = '{plain(queue)}'"
    several = asyncio.Semaphore(_WOKEN_AT_ONCE)

    async def woken(run: str) -> bool:
        async with several:
            try:
                await client.get_workflow_handle(run).signal(WAKE_SIGNAL)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
            return True

    await installation_holds.wake(client, queue)
    runs = [found.id async for found in client.list_workflows(query)]
    return sum(await asyncio.gather(*map(woken, runs)))


def _query_problem(run: str, error: RPCError) -> Exception:
    if error.status is RPCStatusCode.NOT_FOUND:
        return not_found(run)
    return no_worker() if error.status in _NOBODY_ANSWERS else error


def _no_report(run: str, error: Exception) -> Problem:
    if isinstance(error, WorkflowFailureError):
        return Problem(
            category=Category.UNEXPECTED,
            message=f"the run {run} did not end by itself: {error.cause}",
            suggestion=f"see how far it had come with `unrack reconcile`, then go on with `unrack resume {run}`",
            reference=run,
        )
    return Problem(
        category=Category.UNEXPECTED,
        message=f"the run {run} gives no report: {error}",
        suggestion=f"read what happened with `unrack history {run}`",
        reference=run,
    )
