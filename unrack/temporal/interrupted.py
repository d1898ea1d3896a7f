"""Reads interrupted runs: who ended them in Temporal, and how far they had come. Changes nothing.

The state of a closed run is asked of the run itself: a worker replays its history and answers, as for an open one.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowHistoryEventFilterType,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.reconciliation import How, Interference
from unrack.contracts.starts import PredecessorCall
from unrack.contracts.workflows import DECOMMISSION, OUTCOME, RunStart
from unrack.model import progress
from unrack.model.base import Frozen, digest_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Outcome
from unrack.model.message import msg
from unrack.model.shortened import quoted
from unrack.model.state import RunReport, RunState
from unrack.temporal.reports import report_now

HOW = {
    WorkflowExecutionStatus.TERMINATED: How.TERMINATED,
    WorkflowExecutionStatus.CANCELED: How.CANCELLED,
    WorkflowExecutionStatus.FAILED: How.FAILED,
    WorkflowExecutionStatus.TIMED_OUT: How.TIMED_OUT,
}
"""The endings that a run never chooses."""


class InterruptedRun(Frozen):
    """One execution that is over, and what the run knew at its end."""

    run: str
    start: RunStart
    state: RunState | None
    """None when it could not be read; then `interference.unreadable` says why."""
    interference: Interference


async def executions_of(client: Client, run: str) -> tuple[WorkflowExecution, ...]:
    """Every execution of `run` that the server keeps, the latest first; histories that went on in another are left out.

    Raises:
        ValueError: `run` could not be the id of a run.
    """
    if "'" in run or "\\" in run:
        raise ValueError(msg("{run} is no run id", run=f"{run!r}"))
    query = f"WorkflowType = '{DECOMMISSION}' AND WorkflowId = '{run}'"
    listed = {each.run_id: each async for each in client.list_workflows(query)}
    if (latest := await _latest(client, run)) is not None:
        listed[latest.run_id] = latest  # lists lag behind: what was terminated just now may still be listed as open
    return latest_first(tuple(listed.values()))


async def _latest(client: Client, run: str) -> WorkflowExecution | None:
    try:
        return await client.get_workflow_handle(run).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


def latest_first(found: Sequence[WorkflowExecution]) -> tuple[WorkflowExecution, ...]:
    """The executions of one run, the latest first, without those that went on in another one or were refused."""
    ended = [
        each for each in found if each.status is not WorkflowExecutionStatus.CONTINUED_AS_NEW and not was_refused(each)
    ]
    return tuple(sorted(ended, key=lambda each: each.start_time, reverse=True))


def was_refused(execution: WorkflowExecution) -> bool:
    """Whether its start was refused: it was never this run, and hides nothing of it."""
    return execution.typed_search_attributes.get(OUTCOME) == Outcome.REFUSED.value


async def interrupted_run(client: Client, run: str, run_id: str) -> InterruptedRun:
    """Read the last state of one closed execution, and who ended it.

    Raises:
        UnrackError: the server does not keep it (``NOT_FOUND``).
    """
    handle: WorkflowHandle[Any, RunReport] = client.get_workflow_handle(run, run_id=run_id, result_type=RunReport)
    try:
        description = await handle.describe()
        start = await _start(client, handle)
        report, unreadable = await _report(handle)
        end = await _last_event(handle)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise UnrackError(_not_kept(run, run_id)) from error
    state = report.state if report else None if unreadable else start.state
    return InterruptedRun(
        run=run, start=start, state=state, interference=_interference(description, end, state, start, unreadable)
    )


async def misfit(client: Client, call: PredecessorCall) -> str:
    """Why a start does not go on from the execution that it names; empty when it does.

    Raises:
        UnrackError: the execution cannot be read now (``UNAVAILABLE``).
        RPCError: the server does not answer.
    """
    try:
        ended = await client.get_workflow_handle(call.run, run_id=call.run_id).describe()
        if ended.status not in HOW:
            return msg("the execution {quoted} did not come to its end by somebody's hand", quoted=quoted(call.run_id))
        left = await interrupted_run(client, call.run, call.run_id)
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise
        return msg("this run has no execution {quoted}", quoted=quoted(call.run_id))
    if left.state is None:
        raise UnrackError(
            Problem(category=Category.UNAVAILABLE, message=left.interference.unreadable or msg("it never began"))
        )
    same = (left.start.plan.digest, digest_of(left.state.model_dump(mode="json"))) == (call.plan, call.state)
    return "" if same else msg("the execution {run_id} ended with another plan or another state", run_id=call.run_id)


async def sent_on(client: Client, execution: WorkflowExecution) -> str:
    """Temporal's id of the execution that a reset of this one made; empty when it was not reset."""
    description = await client.get_workflow_handle(execution.id, run_id=execution.run_id).describe()
    return description.raw_description.workflow_extended_info.reset_run_id


async def lineage(client: Client, executions: Sequence[WorkflowExecution]) -> AsyncIterator[InterruptedRun]:
    """The remains of the executions that resets made the latest one of: nearest first."""
    wanted = executions[0].run_id
    for earlier in executions[1:]:
        if HOW.get(earlier.status or WorkflowExecutionStatus.RUNNING) is not How.TERMINATED:
            continue
        if await sent_on(client, earlier) == wanted:
            yield await interrupted_run(client, earlier.id, earlier.run_id)
            wanted = earlier.run_id


async def furthest(client: Client, executions: Sequence[WorkflowExecution]) -> InterruptedRun:
    """Read the last state of a run that is gone; where a reset lost steps, the state before it.

    Args:
        client: Where it ran.
        executions: As `executions_of` lists them; the first is closed.

    Raises:
        UnrackError: before and after a reset it did different things, so that a person must choose (``CONFLICT``).
    """
    best = await interrupted_run(client, executions[0].id, executions[0].run_id)
    async for before in lineage(client, executions):
        lost = set(before.interference.changed) - set(best.interference.changed)
        own = set(best.interference.changed) - set(before.interference.changed)
        if lost and own:
            raise UnrackError(_ambiguous(best, before))
        best = before if lost else best
    return best


async def _start(client: Client, handle: WorkflowHandle[Any, Any]) -> RunStart:
    async for event in handle.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        (start,) = await client.data_converter.decode(payloads, [RunStart])
        return start
    raise UnrackError(_not_kept(handle.id, handle.run_id or ""))


async def _report(handle: WorkflowHandle[Any, Any]) -> tuple[RunReport | None, str]:
    """The report, or why there is none; neither for a run that ended before any worker began with it."""
    if not await _began(handle):
        return None, ""
    try:
        report = await report_now(handle)
    except WorkflowQueryFailedError as error:
        return None, msg("today's code cannot read its history: {error}", error=error)
    except WorkflowQueryRejectedError:
        return None, msg("it is paused in Temporal, so that it answers nothing")
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise
        return None, msg("no worker read its history ({message})", message=error.message)
    return report, ""


async def _began(handle: WorkflowHandle[Any, Any]) -> bool:
    async for event in handle.fetch_history_events(page_size=20):
        if event.HasField("workflow_task_completed_event_attributes"):
            return True
    return False


async def _last_event(handle: WorkflowHandle[Any, Any]) -> HistoryEvent:
    events = handle.fetch_history_events(event_filter_type=WorkflowHistoryEventFilterType.CLOSE_EVENT)
    return [event async for event in events][-1]


def _interference(
    description: WorkflowExecutionDescription,
    end: HistoryEvent,
    state: RunState | None,
    start: RunStart,
    unreadable: str,
) -> Interference:
    reset = description.raw_description.workflow_extended_info.reset_run_id
    status = description.status or WorkflowExecutionStatus.TERMINATED
    by, reason = _who_and_why(end)
    return Interference(
        how=How.RESET if reset else HOW.get(status, How.TERMINATED),
        run_id=description.run_id,
        at=description.close_time or datetime.now(UTC),
        by=by,
        reason=reason,
        changed=progress.changed(start.plan, state) if state else (),
        in_flight=progress.in_flight(start.plan, state) if state else (),
        unreadable=unreadable,
    )


def _who_and_why(end: HistoryEvent) -> tuple[str, str]:
    """As far as the server records it: a failure, a timeout and a cancellation have no author."""
    terminated = end.workflow_execution_terminated_event_attributes
    if end.HasField("workflow_execution_terminated_event_attributes"):
        return terminated.identity, terminated.reason
    if end.HasField("workflow_execution_failed_event_attributes"):
        return msg("the workflow's code"), end.workflow_execution_failed_event_attributes.failure.message
    return msg("the Temporal server"), ""


def _not_kept(run: str, run_id: str) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=msg("the server keeps no history of {run} ({run_id})", run=run, run_id=run_id),
        suggestion=msg("see what there is with `unrack list --all`"),
        reference=run,
    )


def _ambiguous(after: InterruptedRun, before: InterruptedRun) -> Problem:
    ours, theirs = after.interference, before.interference
    return Problem(
        category=Category.CONFLICT,
        message=msg(
            "{run} was reset, and went another way since: before {join}; after {join2}",
            run=after.run,
            join=", ".join(theirs.changed),
            join2=", ".join(ours.changed),
        ),
        suggestion=msg(
            "name the one to go on from: --from {run_id} or --from {run_id2}", run_id=theirs.run_id, run_id2=ours.run_id
        ),
        reference=after.run,
    )
