"""Waiting for what the provider does in its own time: look, wait, look again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import PollResult, StepCall
from unrack.model import holds
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

_PACE = timedelta(hours=1)
_ANSWER_WITHIN = timedelta(hours=1)

_TO_END = timedelta(minutes=5)
"""The time that a provider gets to end a service on its day, before the first poll."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look."""

    result: PollResult
    asked: datetime
    """When it was begun, by the workflow's time."""
    ended: datetime
    wakes: int
    """How often the run had been woken before it."""

    def is_new(self, run: RunContext) -> bool:
        """Whether nothing was waited for since."""
        return self.ended == run.time()


async def ahead(run: RunContext, step: PlannedStep, call: StepCall) -> Seen | None:
    """The first look of `step`, which comes next: one attempt; None when it failed: the step looks by itself then."""
    try:
        return await _look(run, step, call, activity_options.together())
    except StepStopped:
        return None


async def until_reached(
    run: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall], first: Seen | None = None
) -> None:
    """Looks until the provider shows what is awaited. A wake-up looks at once.

    Args:
        run: The run.
        step: The step that waits.
        state: Its state.
        call_now: What its activity gets.
        first: What was just seen of it.

    Raises:
        StepStopped: it will not come, or not within the step's timeout.
    """
    try:
        await _looked_until(run, step, state, call_now, first)
    except StepStopped:
        state.late_at = None
        raise


async def _looked_until(
    run: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall], first: Seen | None
) -> None:
    """Looks, late only by the times that the looks recorded.

    The engine's own time may be behind in the first task after a worker's death: a replay would be late elsewhere.
    """
    await _until_the_end(run, step, state)
    while True:
        seen, first = first or await _look(run, step, call_now()), None
        result = seen.result
        run.set_clock(result.clock, seen.asked)
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
        await run.wait(lambda: False, at=next_look, woken_since=seen.wakes)


async def _until_the_end(run: RunContext, step: PlannedStep, state: StepState) -> None:
    """Waits for the day on which the provider ends the service by itself: a look before it shows what the checks saw.

    The first look is soon after that date then; a wake-up makes it at once. Later looks go by what the one before told.
    """
    ends = run.state.effective_at
    if run.plan.provider_end is None or step != run.plan.no_return or state.late_at is not None or ends is None:
        return
    if ends > run.now():
        state.status = StepStatus.WAITING
        await run.wait(lambda: False, at=ends + _TO_END, woken_since=run.wakes)


async def _look(
    run: RunContext, step: PlannedStep, call: StepCall, how: activity_options.CallClass | None = None
) -> Seen:
    wakes, asked = run.wakes, run.time()
    result = await activity_options.activity(
        ReadActivities.poll,
        call,
        key=step.id,
        title=step.title,
        how=how or activity_options.read(run.here(_ANSWER_WITHIN)),
        phase=step.phase,
    )
    return Seen(result, asked, run.time(), wakes)


def _next_look(run: RunContext, step: PlannedStep, result: PollResult, late_at: datetime | None) -> datetime:
    """When to look again; while the run is held, timeout does not run, and nothing is late."""
    paced = run.now() + (step.poll_every or _PACE)
    announced = result.look_again_at
    due = announced if announced is not None and announced > run.now() else paced
    return due if late_at is None else min(late_at, due)


def _late(step: PlannedStep, result: PollResult) -> Problem:
    return Problem(
        category=Category.NOT_YET,
        message=msg(
            "{title}: still not so after {days} days ({note})",
            title=step.title,
            days=step.timeout.days,
            note=result.note,
        ),
        suggestion=msg("Ask the provider why, then retry: the wait begins anew."),
    )


def _will_not_come(text: str) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=text,
        suggestion=msg("Settle it with the provider, then retry the step."),
    )
