"""How a decision reaches its run: as an update, which is answered, or as a signal where the server takes no update.

The server keeps a signal for a run that is paused, has failed at its code, or has taken as many updates as one history
may. Update ids are made here and never used twice: to one that it knows the server itself gives the old answer, even if
something else is decided. That the same decision counts once is the workflow's own business, by the decision's id.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECIDE_UPDATE, DECISION_SIGNAL
from unrack.model.base import Frozen
from unrack.model.decision import Decision, DecisionResult, Envelope, Verdict
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.remembering import REUSED, digest_of_decision
from unrack.model.state import RunReport, RunState
from unrack.operations.find_run import not_found
from unrack.operations.reporting import report_of
from unrack.temporal import paused

JUDGED_WITHIN = timedelta(seconds=20)
"""A worker that lives judges a decision in far less."""

_POLL_EVERY = 0.3
_NO_UPDATE = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.RESOURCE_EXHAUSTED)
"""The server takes no update of this run now: it is paused or stuck, or its history has had as many as it may."""

Handle = WorkflowHandle[object, RunReport]


class HandedOver(Frozen):
    """A decision that the server keeps for the run, and that nobody has judged yet."""

    why: MessageText
    """Why it is not judged yet."""


class Settled(Frozen):
    """The result of a decision: judged by the run, handed over for later, or written to a file."""

    run_id: str
    decision: Decision
    answer: DecisionResult | None = None
    handed_over: HandedOver | None = None
    file: str | None = None
    """The file that it was written to, signed, in place of being sent."""

    @property
    def refused(self) -> bool:
        """Whether the run judged it, and what the sender wanted does not hold."""
        return self.answer is not None and not self.answer.good


Send = Callable[[Client, str, Decision], Awaitable[Settled]]
"""How a decision on a run, by its id, leaves: as it is (`settle`), signed, or into a file."""


async def settle(client: Client, run_id: str, decision: Decision) -> Settled:
    """Have `run_id` judge `decision`; as `decide`, with the decision beside what became of it.

    Raises:
        UnrackError: as `decide`.
    """
    said = await decide(client, run_id, decision)
    if isinstance(said, HandedOver):
        return Settled(run_id=run_id, decision=decision, handed_over=said)
    return Settled(run_id=run_id, decision=decision, answer=said)


async def decide(
    client: Client, run_id: str, decision: Decision, within: timedelta = JUDGED_WITHIN
) -> DecisionResult | HandedOver:
    """Send `decision` to the run and wait for the judgement, at most so long.

    Raises:
        UnrackError: no such run, the run has ended (``CONFLICT``), or no worker judged in time (``UNAVAILABLE``).
    """
    handle: Handle = client.get_workflow_handle(run_id, result_type=RunReport)
    open_ = False
    try:
        described = await handle.describe()
        open_ = described.status is WorkflowExecutionStatus.RUNNING
        if not open_:
            raise UnrackError(_ended(run_id))
        if paused.is_paused(described):
            return await _handed_over(handle, decision, (await paused.problem_of(described)).message)
        return await _as_update(client, handle, decision, within)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise (UnrackError(_ended(run_id)) if open_ else not_found(run_id)) from error  # it may end while it is asked


async def _as_update(
    client: Client, handle: Handle, decision: Decision, within: timedelta
) -> DecisionResult | HandedOver:
    try:
        return await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]
            DECIDE_UPDATE,
            Envelope(decision=decision),
            id=f"send-{uuid4().hex}",
            result_type=DecisionResult,
            rpc_timeout=within,
        )
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise UnrackError(_unjudged(handle.id, within)) from error
    except WorkflowUpdateFailedError as error:
        raise UnrackError(_not_understood(handle.id, error)) from error
    except RPCError as error:
        if error.status not in _NO_UPDATE:
            raise
        why = msg(
            "the server takes no update of this run now ({partition})", partition=error.message.partition(". ")[0]
        )
        handed = await _handed_over(handle, decision, why)
        return await _judged(client, handle.id, decision, within) or handed


async def _handed_over(handle: Handle, decision: Decision, why: str) -> HandedOver:
    try:
        await handle.signal(DECISION_SIGNAL, Envelope(decision=decision), rpc_timeout=JUDGED_WITHIN)
    except RPCError as error:
        if error.status in (*_NO_UPDATE, RPCStatusCode.INVALID_ARGUMENT):
            raise UnrackError(_full(handle.id, error)) from error
        raise
    return HandedOver(why=why)


async def _judged(client: Client, run_id: str, decision: Decision, within: timedelta) -> DecisionResult | None:
    """The answer that the run gives to a signalled decision; None when it gives none in time."""
    clock = asyncio.get_running_loop()
    ends = clock.time() + within.total_seconds()
    while clock.time() < ends:
        try:
            report = await report_of(client, run_id)
        except UnrackError:  # paused meanwhile, or no worker is there
            return None
        if (answer := _answer_in(report.state, decision)) is not None:
            return answer
        await asyncio.sleep(_POLL_EVERY)
    return None


def _answer_in(state: RunState, decision: Decision) -> DecisionResult | None:
    known = state.answers.get(decision.id)
    if known is None:
        digest = digest_of_decision(decision)
        denied = [each.answer for each in state.denied if each.digest == digest and each.answer.decision == decision.id]
        return denied[-1] if denied else None
    if state.decided.get(decision.id) == digest_of_decision(decision):
        return known
    return DecisionResult(decision=decision.id, verdict=Verdict.CONFLICT, message=REUSED, at=known.at)


def _ended(run_id: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg("the run {run_id} has ended; nothing can be decided there", run_id=run_id),
        suggestion=msg("see how it ended with `unrack status {run_id}`", run_id=run_id),
        reference=run_id,
    )


def _unjudged(run_id: str, within: timedelta) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "no worker judged the decision within {total_seconds} s; it may still be judged if a worker comes up now",
            total_seconds=f"{within.total_seconds():.0f}",
        ),
        suggestion=msg(
            "start a worker (`unrack up` or `python -m unrack.worker`), look with "
            "`unrack status {run_id}`, and send the decision again if it is not there",
            run_id=run_id,
        ),
        reference=run_id,
    )


def _not_understood(run_id: str, error: WorkflowUpdateFailedError) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg("the run did not accept the decision: {cause}", cause=error.cause),
        suggestion=msg("check that worker and command line are of the same version"),
        reference=run_id,
    )


def _full(run_id: str, error: RPCError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "the server takes nothing for {run_id} any more ({message}): too much was sent and not read",
            run_id=run_id,
            message=error.message,
        ),
        suggestion=msg(
            "start a worker (`unrack up` or `python -m unrack.worker`): the run then goes on in a fresh history, and "
            "takes the decision"
        ),
        reference=run_id,
    )
