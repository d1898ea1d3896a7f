"""In doubt: an irreversible call was sent, and nobody knows whether it took effect.

It is a state of its own, with its own deadline. Until then the provider's state is read, soon at first and then more
rarely, and at once when somebody wakes the run. People are told, and any of them may take over before the deadline: an
operator who skips the step says that it took effect, one who retries it has it sent again.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import EffectStatus, NoticeKind, ProbeResult, StepCall
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

ANSWER_WITHIN = timedelta(hours=1)
"""The provider's time until the step parks, when the runbook sets no other. OVH answers within seconds as a rule."""

MOST_LOST = 2
"""An attempt without an answer that the provider's state denies is repeated once; the next one parks."""

_SOON, _RARELY, _MORE_RARELY = timedelta(seconds=30), timedelta(hours=1), 4
"""Reads lie 30 seconds, 2 minutes, 8 minutes, 32 minutes apart, and from then on an hour."""

_NOTIFIED_AFTER = (2, 4)
"""Most lost answers are settled by the first read. People are told after the second, and once more after the fourth."""


def mark(context: RunContext, step: PlannedStep, state: StepState, problem: Problem) -> None:
    """The call of `step` was sent and `problem` came instead of an answer."""
    state.status, state.lost_answers = StepStatus.IN_DOUBT, state.lost_answers + 1
    state.asked_at = context.now()
    state.late_at = state.asked_at + (step.answer_within or ANSWER_WITHIN)
    state.note = msg("in doubt, no answer came: {message}", message=problem.message)
    state.references = (problem.reference,) if problem.reference else ()
    context.note(state.note, step=step.id)


async def took_effect(
    context: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall]
) -> bool:
    """Whether the call took effect, by the provider's own state or by an operator's word.

    Returns:
        False when the provider denied it until the deadline, or an operator wants it sent again.

    Raises:
        StepStopped: at the deadline the provider cannot tell, or it denies what was sent twice.
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on reading in a fresh history.
    """
    deadline = context.alarm(state.late_at or context.now(), msg("until the answer must be known"))
    try:
        return await _read_until(context, step, state, call_now, deadline)
    finally:
        deadline.cancel()


async def _read_until(
    context: RunContext,
    step: PlannedStep,
    state: StepState,
    call_now: Callable[[], StepCall],
    deadline: asyncio.Task[None],
) -> bool:
    reads, pause = 0, _SOON
    while state.status is StepStatus.IN_DOUBT:  # else somebody took over
        reads, wakes, late = reads + 1, context.wakes, deadline.done()
        seen = await read(context, step, call_now())
        if seen.standing is EffectStatus.DONE:
            state.note = msg("done: the provider's state shows it, though no answer came")
            return True
        if reads > 1 and late and state.status is StepStatus.IN_DOUBT:
            return _given_up(step, state, seen)
        if reads in _NOTIFIED_AFTER:
            await _notify(context, step, state, seen)
        await context.wait(
            lambda late=late: state.status is not StepStatus.IN_DOUBT or deadline.done() is not late,
            at=context.now() + pause,
            woken_since=wakes,
        )
        pause = min(pause * _MORE_RARELY, _RARELY)
    return state.status is StepStatus.SKIPPED


def _given_up(step: PlannedStep, state: StepState, seen: ProbeResult) -> bool:
    if seen.standing is EffectStatus.UNKNOWN or state.lost_answers >= MOST_LOST:
        raise StepStopped(ParkReason.OUTCOME_UNKNOWN, _unknown(step, state, seen))
    return False


async def read(context: RunContext, step: PlannedStep, call: StepCall) -> ProbeResult:
    """Reads what the provider shows. That it cannot be read tells nothing, and is no reason to give up early."""
    asked = context.time()
    try:
        seen = await activity_options.activity(
            ReadActivities.probe,
            call,
            key=f"{step.id}.probe",
            title=msg("Did it happen? {title}", title=step.title),
            how=activity_options.read(activity_options.ATTEMPT),
            phase=step.phase,
        )
    except StepStopped as stop:
        note = msg("it cannot be read ({message})", message=stop.problem.message)
        return ProbeResult(standing=EffectStatus.UNKNOWN, note=note, clock=context.state.clock)
    context.set_clock(seen.clock, asked)
    return seen


async def _notify(context: RunContext, step: PlannedStep, state: StepState, seen: ProbeResult) -> None:
    until = msg(" until {late_at}", late_at=f"{state.late_at:%Y-%m-%d %H:%M %Z}") if state.late_at else ""
    text = msg(
        "{note}\nThe provider shows: {note2}. It is read{until}, then the step parks. "
        "If you know what happened, skip it, or retry to send it again: unrack resolve {id} {id2} …",
        note=state.note,
        note2=seen.note,
        until=until,
        id=context.id,
        id2=step.id,
    )
    await context.notify(NoticeKind.IN_DOUBT, msg("{id}: in doubt", id=step.id), text, step=step.id)


def _unknown(step: PlannedStep, state: StepState, seen: ProbeResult) -> Problem:
    return Problem(
        category=Category.UNKNOWN_OUTCOME,
        message=msg("{title}: {note}; the provider shows: {note2}", title=step.title, note=state.note, note2=seen.note),
        suggestion=msg(
            "Look at the provider's own panel. Retry reads first and acts only if it has not happened; "
            "skip it if you know that it has."
        ),
        reference=next(iter(state.references), ""),
    )
