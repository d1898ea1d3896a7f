"""Irreversible calls: acted once, then read. Never retried on hope.

An attempt that surely was not sent is repeated. An attempt without an answer leaves the step *in doubt*
(`in_doubt`): when the provider's own state says that it happened, the step is done; when it keeps saying that it did
not, it is acted once more; when it cannot tell, the step parks as *outcome unknown*.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from unrack.contracts.activities import CommitActivities
from unrack.contracts.calls import CommitResult, StepCall
from unrack.model.lifecycle import StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped, certainly_not_sent
from workflows.gates import no_return, stopping
from workflows.steps import in_doubt

_AGAIN, _LATER = timedelta(minutes=1), timedelta(hours=1)
_SOON = 60
"""So often each minute, then each hour: a history has no room for every minute of many days."""


async def once(
    context: RunContext,
    step: PlannedStep,
    state: StepState,
    call_now: Callable[[], StepCall],
    allowed: Callable[[], Awaitable[None]],
) -> None:
    """Makes the irreversible call of `step` take effect once.

    Before each repeat `allowed` is asked again, and waited for: somebody may have put a hold on the run meanwhile.

    Raises:
        StepStopped: the provider refused, could not be reached in the step's timeout, or cannot tell what happened.
    """
    if state.status is not StepStatus.IN_DOUBT:  # else a fresh history, or a resumed run, goes on reading
        await _send(context, step, state, call_now, allowed)
    while state.status is StepStatus.IN_DOUBT:
        known = await in_doubt.took_effect(context, step, state, call_now)
        state.late_at = None
        if known or state.status is StepStatus.IN_DOUBT:  # else an operator has it sent again, and nobody knows
            state.asked_at = None
        if known:
            return
        state.status = StepStatus.RUNNING
        await allowed()
        await _send(context, step, state, call_now, allowed)


async def _call(step: PlannedStep, call: StepCall) -> CommitResult:
    how = activity_options.commit()
    return await activity_options.activity(
        CommitActivities.commit, call, key=step.id, title=step.title, how=how, phase=step.phase
    )


async def _send(
    context: RunContext,
    step: PlannedStep,
    state: StepState,
    call_now: Callable[[], StepCall],
    allowed: Callable[[], Awaitable[None]],
) -> None:
    """Sends the call; what surely was not sent is sent again, at first each minute, until the step's timeout.

    Counted, not timed: the engine's clock may be behind after a worker's death, and a replay would count otherwise.
    """
    left, sent = step.timeout, 0
    while True:
        try:
            result = await stopping.stoppable(context, step, lambda: _call(step, call_now()))
        except stopping.Interrupted:  # by a hold, or by no worker, before anything was sent
            await allowed()
        except StepStopped as stop:
            if stop.in_doubt:
                in_doubt.mark(context, step, state, stop.problem)
                return
            pause = _AGAIN if sent < _SOON else _LATER
            if not certainly_not_sent(stop.problem) or left < pause:
                await no_return.taken_back(context, step, state, stop.problem, call_now)
                raise
            left, sent = left - pause, sent + 1
            await context.rest(
                context.here(pause), activity_options.brief(msg("not sent: {message}", message=stop.problem.message))
            )
            await allowed()
        else:
            state.note, state.references = result.note, result.references
            return
