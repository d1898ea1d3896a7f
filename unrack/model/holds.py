"""Which holds stand, and what they stop. Pure: state and time in."""

from datetime import datetime, timedelta

from unrack.model.decision import HoldScope
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.plan import Plan, PlannedStep
from unrack.model.progress import ACTING, acts
from unrack.model.state import HoldOn, ReleasedHold, RunState

LONG = timedelta(hours=1)
"""A hold that stood longer leaves what preflight saw too old to go by."""

BY_ITSELF = "the time that it was set for is over"


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
    """Takes holds off the run, and gives back the time in which patience did not run."""
    gone = tuple(each.hold for each in released)
    state.holds = [hold for hold in state.holds if hold not in gone]
    state.released = [*state.released, *released]
    full_ones = tuple(each for each in released if each.hold.scope is HoldScope.ALL)
    state.look_again = state.look_again or any(each.until - each.hold.since > LONG for each in full_ones)
    if full_ones and not any(hold.scope is HoldScope.ALL for hold in state.holds):
        _give_time_back(state, min(each.hold.since for each in _overlapping(state)), full_ones[-1].until)


def expired(state: RunState, now: datetime) -> tuple[ReleasedHold, ...]:
    """The holds whose own end has come, as they are then released."""
    return tuple(
        ReleasedHold(hold=hold, until=hold.until, by=hold.by, reason=BY_ITSELF)
        for hold in state.holds
        if hold.until is not None and not hold.stands(now)
    )


def _overlapping(state: RunState) -> tuple[ReleasedHold, ...]:
    """The full holds of the stretch that just ended: each begins before the one after it was lifted."""
    every = sorted((each for each in state.released if each.hold.scope is HoldScope.ALL), key=lambda each: each.until)
    stretch = [every[-1]]
    for each in reversed(every[:-1]):
        if each.until < min(one.hold.since for one in stretch):
            break
        stretch.append(each)
    return tuple(stretch)


def _give_time_back(state: RunState, since: datetime, until: datetime) -> None:
    for key, task in state.tasks.items():
        if key.startswith(_NOT_TO_BE_DONE):
            state.tasks[key] = task.model_copy(update={"deadline": task.deadline + (until - max(since, task.since))})
    for standing in state.steps.values():
        if standing.status is StepStatus.WAITING and standing.late_at is not None:
            standing.late_at += until - max(since, standing.begun_at or since)


_NOT_TO_BE_DONE = tuple(f"{phase.value}." for phase in ACTING)
"""How the ids of tasks begin that nobody does while the run is held; an undo's begins otherwise."""
