"""Which holds stand, and what they stop. Pure: state and time in."""

from datetime import UTC, datetime, timedelta

from unrack.model.calendar import Interval, union, within
from unrack.model.decision import HoldScope
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.plan import Plan, PlannedStep
from unrack.model.progress import ACTING, acts
from unrack.model.state import HoldOn, ReleasedHold, RunState

LONG = timedelta(hours=1)
"""A hold that stood longer leaves what preflight saw too old to go by."""

BY_ITSELF = msg("the time that it was set for is over")


def standing(state: RunState, now: datetime) -> tuple[HoldOn, ...]:
    """The holds that stand at the provider's time `now`."""
    return tuple(hold for hold in state.holds if hold.stands(now))


def full(state: RunState, now: datetime) -> tuple[HoldOn, ...]:
    """Those of them that stop every call which would change the service forward."""
    return tuple(hold for hold in standing(state, now) if hold.scope is HoldScope.ALL)


def next_end(state: RunState, now: datetime) -> datetime | None:
    """When the next standing hold ends by itself; None when none does."""
    return min((hold.until for hold in standing(state, now) if hold.until is not None), default=None)


def stops(plan: Plan, step: PlannedStep) -> bool:
    """Whether a full hold keeps `step` from being begun: it changes the service forward.

    What restores is none of it, as unlocking ports after a scream test; nor what people do in a phase that only reads.
    """
    if step.restores or not acts(plan, step):
        return False
    return step.kind is not StepKind.TASK or step.phase in ACTING


def lift(state: RunState, released: tuple[ReleasedHold, ...]) -> None:
    """Takes holds off the run, and gives back the time in which timeout did not run."""
    gone, before = tuple(each.hold for each in released), _full_ones(state.released)
    state.holds = [hold for hold in state.holds if hold not in gone]
    state.released = [*state.released, *released]
    after = _full_ones(state.released)
    long = any(each.ends - each.begins > LONG for each in after if each not in before)
    state.recheck_preflight = state.recheck_preflight or long
    _give_time_back(state, before, after)


def expired(state: RunState, now: datetime) -> tuple[ReleasedHold, ...]:
    """The holds whose own end has come, as they are then released."""
    return tuple(
        ReleasedHold(hold=hold, until=hold.until, by=hold.by, reason=BY_ITSELF)
        for hold in state.holds
        if hold.until is not None and not hold.stands(now)
    )


def _full_ones(released: list[ReleasedHold]) -> tuple[Interval, ...]:
    """The stretches in which a full hold stood that is lifted; what overlaps is one stretch."""
    full_ones = (each for each in released if each.hold.scope is HoldScope.ALL and each.until > each.hold.since)
    return union(tuple(Interval(begins=each.hold.since, ends=each.until) for each in full_ones))


def _give_time_back(state: RunState, before: tuple[Interval, ...], after: tuple[Interval, ...]) -> None:
    for key, task in state.tasks.items():
        if key.startswith(_NOT_TO_BE_DONE):
            more = _more(before, after, task.since)
            state.tasks[key] = task.model_copy(update={"deadline": task.deadline + more})
    for standing in state.steps.values():
        if standing.status is StepStatus.WAITING and standing.late_at is not None and standing.begun_at is not None:
            standing.late_at += _more(before, after, standing.begun_at)


def _more(before: tuple[Interval, ...], after: tuple[Interval, ...], since: datetime) -> timedelta:
    return within(after, since, _LAST) - within(before, since, _LAST)


_NOT_TO_BE_DONE = tuple(f"{phase.value}." for phase in ACTING)
"""How the ids of tasks begin that nobody does while the run is held; an undo's begins otherwise."""

_LAST = datetime.max.replace(tzinfo=UTC)
