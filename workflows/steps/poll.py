"""Waiting for what the provider does in its own time: look, wait, look again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import PollResult, StepCall
from unrack.model import holds
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

_PACE = timedelta(hours=1)
_ANSWER_WITHIN = timedelta(hours=1)


async def until_reached(run: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall]) -> None:
    """Looks until the provider shows what is awaited. A wake-up looks at once.

    Raises:
        StepStopped: it will not come, or not within the step's patience.
    """
    try:
        await _looked_until(run, step, state, call_now)
    except StepStopped:
        state.late_at = None
        raise


async def _looked_until(run: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall]) -> None:
    """Looks, late only by the times that the looks recorded.

    The engine's own time may be behind in the first task after a worker's death: a replay would be late elsewhere.
    """
    await _until_the_end(run, step, state)
    while True:
        wakes, asked = run.wakes, run.time()
        result = await _look(run, step, call_now())
        run.set_clock(result.clock, asked)
        late_at = state.late_at = state.late_at or result.clock.shown + step.timeout
        run.take_date(step.id, state, result.effective_at)
        state.findings = result.findings
        blocking = tuple(finding for finding in result.findings if finding.blocking)
        if blocking:
            raise StepStopped(ParkReason.BLOCKED, _will_not_come(blocking[0].text), blocking)
        if result.reached:
            state.evidence, state.note = result.evidence, result.note
            return
        held = bool(holds.full(run.state, run.now()))
        if result.clock.shown >= late_at and not held:
            raise StepStopped(ParkReason.RETRIES_EXHAUSTED, _late(step, result))
        state.status = StepStatus.WAITING
        next_look = _next_look(run, step, result, None if held else late_at)
        await run.wait(lambda: False, at=next_look, woken_since=wakes)


async def _until_the_end(run: RunContext, step: PlannedStep, state: StepState) -> None:
    """Waits for the day on which the provider ends the service by itself: a look before it shows what the checks saw.

    The first look is at that date then; a wake-up makes it at once. Afterwards the looks tell when to look again.
    """
    ends = run.state.effective_at
    if run.plan.provider_end is None or step != run.plan.no_return or state.late_at is not None or ends is None:
        return
    if ends > run.now():
        state.status = StepStatus.WAITING
        await run.wait(lambda: False, at=ends, woken_since=run.wakes)


async def _look(run: RunContext, step: PlannedStep, call: StepCall) -> PollResult:
    return await activity_options.activity(
        ReadActivities.poll,
        call,
        key=step.id,
        title=step.title,
        how=activity_options.read(run.here(_ANSWER_WITHIN)),
        phase=step.phase,
    )


def _next_look(run: RunContext, step: PlannedStep, result: PollResult, late_at: datetime | None) -> datetime:
    """When to look again; while the run is held, patience does not run, and nothing is late."""
    paced = run.now() + (step.poll_every or _PACE)
    announced = result.look_again_at
    due = announced if announced is not None and announced > run.now() else paced
    return due if late_at is None else min(late_at, due)


def _late(step: PlannedStep, result: PollResult) -> Problem:
    return Problem(
        category=Category.NOT_YET,
        message=f"{step.title}: still not so after {step.timeout.days} days ({result.note})",
        suggestion="Ask the provider why, then retry: the wait begins anew.",
    )


def _will_not_come(text: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=text,
        suggestion="Settle it with the provider, then retry the step.",
    )
