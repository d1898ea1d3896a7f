"""The lifecycle of a run: its phases in order, and a table of the transitions that leave this order. Pure.

A run goes through `LIFECYCLE`. Whatever takes it elsewhere is one row of `TRANSITIONS`: the phases that it leaves, when
it is due, what it changes, and the phase in which the run goes on. The rows are tried in this order, before each step
and whenever the run waits; the run takes the first that is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unrack.model.ids import undo_id, undone_step
from unrack.model.lifecycle import FINISHED, LIFECYCLE, PASSED_OVER, Phase, StepStatus
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import RunState


class Cause(StrEnum):
    """Why a run leaves the order of the phases."""

    ROLLBACK = "rollback"
    """A decision reactivates or aborts it."""
    ENDED_BY_PROVIDER = "ended-by-provider"
    """The provider ended the service by itself: scheduling and purging have nothing left to act on."""
    END_REVOKED = "end-revoked"
    """The scheduled end was revoked while the run was about to purge: it belongs into grace again."""
    AMENDED = "amended"
    """An amendment made a step of an earlier phase due again."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table."""

    cause: Cause
    leaves: tuple[Phase, ...]
    """The phases from which it leads away."""
    due: Callable[[Plan, RunState], bool]
    take: Callable[[Plan, RunState, datetime], str]
    """Changes the state, at the provider's time; returns what the journal says of it, if anything."""
    to: Callable[[RunState], Phase | None]
    """Where the run goes on, asked before `take`; None when it does not go forward any more."""


class PhaseLeft(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """A transition is due: the run leaves what it was about."""

    def __init__(self, transition: Transition) -> None:
        """The run takes `transition`."""
        super().__init__(transition.cause.value)
        self.transition = transition


def transition_due(plan: Plan, state: RunState) -> Transition | None:
    """The first transition that is due; None while the run goes on in its phase, and during a rollback."""
    if state.rolling_back:
        return None
    return next((row for row in TRANSITIONS if state.phase in row.leaves and row.due(plan, state)), None)


def following(plan: Plan, state: RunState, phase: Phase) -> Phase | None:
    """The phase after `phase`, None after the last one; what the provider's own end left without work is skipped."""
    later = LIFECYCLE[LIFECYCLE.index(phase) + 1 :]
    return next((each for each in later if not _passed_over(plan, state, each)), None)


class EndStatus(StrEnum):
    """Where the end stands that the provider brings about by itself."""

    NONE = "none"
    """The provider ends the service on our call only."""
    NOT_SCHEDULED = "not-scheduled"
    SCHEDULED = "scheduled"
    REVOKING = "revoking"
    """Forgotten here, so that the guard refuses, and not yet known to be revoked at the provider."""
    REVOKED = "revoked"
    """It is scheduled again for the next term, once the run may go on."""


def end_status(plan: Plan, state: RunState) -> EndStatus:
    """The status of the provider's own end."""
    if plan.provider_end is None:
        return EndStatus.NONE
    if state.scheduled:
        return EndStatus.SCHEDULED
    undo = state.steps.get(undo_id(plan.provider_end.step))
    if undo is not None and undo.status not in FINISHED:
        return EndStatus.REVOKING
    return EndStatus.NOT_SCHEDULED if state.schedule_again_after is None else EndStatus.REVOKED


def _rollback_requested(_plan: Plan, state: RunState) -> bool:
    return state.rollback is not None


def close_tasks(state: RunState) -> None:
    """Closes the tasks of the way forward: nobody is to do them any more. What people undo by hand stays open."""
    for step_id in [step_id for step_id in state.tasks if undone_step(step_id) is None]:
        del state.tasks[step_id]


def _leave_forward(_plan: Plan, state: RunState, _now: datetime) -> str:
    close_tasks(state)
    return ""


def _nowhere(_state: RunState) -> None:
    return None


def _ended_by_provider(_plan: Plan, state: RunState) -> bool:
    return state.ended_by_provider is not None


def _pass_over(plan: Plan, state: RunState, now: datetime) -> str:
    for step in plan.steps:
        standing = state.step(step.id)
        if step.phase in PASSED_OVER and standing.status not in FINISHED:
            _close(state, step.id)
            standing.status, standing.ended_at = StepStatus.SKIPPED, now
            standing.skipped_because = msg("the provider ended the service by itself")
    return msg("on to the proof: the provider ended the service by itself, nothing is purged")


def _to_the_proof(state: RunState) -> Phase:
    later = LIFECYCLE[LIFECYCLE.index(state.phase) :]
    return next(phase for phase in later if phase not in PASSED_OVER)


def _end_revoked(plan: Plan, state: RunState) -> bool:
    return state.passed_no_return_at is None and end_status(plan, state) not in (EndStatus.NONE, EndStatus.SCHEDULED)


def _prepare_anew(plan: Plan, state: RunState, _now: datetime) -> str:
    state.phase = Phase.GRACE
    for step in plan.in_phase(Phase.PURGE):
        _close(state, step.id)
        if step.id in state.steps:
            state.steps[step.id] = state.step(step.id).anew()
    return msg("back to grace: the end at the provider was revoked before the point of no return")


def _to_grace(_state: RunState) -> Phase:
    return Phase.GRACE


def _amended(_plan: Plan, state: RunState) -> bool:
    return state.go_back_to is not None


def _go_back(_plan: Plan, state: RunState, _now: datetime) -> str:
    phase, state.go_back_to = state.go_back_to or state.phase, None
    return msg("back to {value}: what was amended makes steps of it due again", value=phase.value)


def _to_what_is_due(state: RunState) -> Phase:
    return min(state.go_back_to or state.phase, state.phase, key=LIFECYCLE.index)


TRANSITIONS = (
    Transition(Cause.ROLLBACK, LIFECYCLE, _rollback_requested, _leave_forward, _nowhere),
    Transition(Cause.ENDED_BY_PROVIDER, PASSED_OVER, _ended_by_provider, _pass_over, _to_the_proof),
    Transition(Cause.END_REVOKED, (Phase.PURGE,), _end_revoked, _prepare_anew, _to_grace),
    Transition(Cause.AMENDED, LIFECYCLE, _amended, _go_back, _to_what_is_due),
)
"""In the order in which they are tried."""


def _close(state: RunState, step_id: str) -> None:
    state.parked.pop(step_id, None)
    state.tasks.pop(step_id, None)


def _passed_over(plan: Plan, state: RunState, phase: Phase) -> bool:
    if state.ended_by_provider is None or phase not in PASSED_OVER:
        return False
    standing = [state.steps.get(step.id) for step in plan.in_phase(phase)]
    return all(each is not None and each.status in FINISHED for each in standing)
