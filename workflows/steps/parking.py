"""Where a step waits that cannot go on by itself, until an operator decides."""

from datetime import datetime, timedelta

from unrack.contracts.calls import NoticeKind
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.message import joined, msg
from unrack.model.state import Parked
from workflows import reminders
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.waiting import Wait

SOONEST, LATEST = timedelta(minutes=10), timedelta(hours=1)
"""After an outage a step is tried again by itself: soon at first, and never more rarely than each hour."""

_BY_ITSELF = msg("It is tried again by itself, at the latest each hour, until there is an answer; retry it to try now.")


async def park(context: RunContext, step_id: str, stop: StepStopped, *, may_skip: bool, by_itself: bool = True) -> None:
    """Parks a step and tells people. What only met an outage goes on by itself later, and is told once.

    Args:
        context: The run.
        step_id: The step, or its undo.
        stop: Why it cannot go on.
        may_skip: Whether an operator may leave it out.
        by_itself: Whether it may be tried again without a person, as what people do may not.
    """
    state, outage = context.state.step(step_id), stop.outage and by_itself
    told = outage and state.away_since is not None
    state.away_since = (state.away_since or context.now()) if outage else None
    context.state.parked[step_id] = Parked(
        step=step_id,
        reason=stop.reason,
        since=state.away_since or context.now(),
        problem=stop.problem.model_copy(update={"suggestion": _BY_ITSELF}) if outage else stop.problem,
        findings=stop.findings,
        may_skip=may_skip,
        again_at=_again_at(context.now(), state.away_since),
    )
    state.status = StepStatus.PARKED
    if told:
        return
    await _notify(context, step_id, context.state.parked[step_id])


async def _notify(context: RunContext, step_id: str, stop: Parked) -> None:
    context.note(parking_words(stop), step=step_id)
    text = joined("\n", filter(None, (stop.problem.message, stop.problem.suggestion, stop.problem.reference)))
    about = f"{context.plan.provider}/{context.plan.service.account}" if stop.again_at else None
    await context.notify(
        NoticeKind.PARKED, msg("{step} is parked", step=step_id), text, step=step_id, reason=stop.reason, about=about
    )


def parking_words(stop: Parked) -> str:
    """That a step parks and why, for the run's journal."""
    return msg("parked ({reason}): {message}", reason=stop.reason.value, message=stop.problem.message)


def _again_at(now: datetime, away_since: datetime | None) -> datetime | None:
    return None if away_since is None else now + max(SOONEST, min(LATEST, now - away_since))


def answered(context: RunContext, step_id: str) -> None:
    """Notes the end of an outage that a step had met."""
    state = context.state.step(step_id)
    if state.away_since is not None:
        context.note(
            msg(
                "there is an answer again; there was none since {away_since}",
                away_since=f"{state.away_since:%Y-%m-%d %H:%M %Z}",
            ),
            step=step_id,
        )
        state.away_since = None


def again(context: RunContext, step_id: str) -> None:
    """Has a step that met an outage tried again, unless an operator decided meanwhile."""
    if context.state.parked.pop(step_id, None) is not None:
        context.state.step(step_id).status = StepStatus.PENDING


async def unparked(context: RunContext, step_id: str, wait: Wait) -> None:
    """Waits until an operator decides on the parked step, or it is time to try what met an outage again.

    It waits in the run's course, or beside it, as `wait` does. A wake-up tries it at once. People are told each day
    that an outcome is unknown.
    """
    context.publish()
    if (at := context.state.parked[step_id].again_at) is not None:
        if not await wait(lambda: step_id not in context.state.parked, at=at, woken_since=context.wakes):
            again(context, step_id)
        return
    unknown = context.state.parked[step_id].reason is ParkReason.OUTCOME_UNKNOWN
    while not await wait(
        lambda: step_id not in context.state.parked, at=reminders.of_unknown_outcome(context.now()) if unknown else None
    ):
        title = msg("it is still unknown whether {step_id} took effect", step_id=step_id)
        text = msg("Nobody has decided yet. unrack status {id}", id=context.id)
        await context.notify(NoticeKind.OVERDUE, title, text, step=step_id)
