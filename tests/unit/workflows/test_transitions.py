"""The table of the lifecycle: what leads a run out of the order of its phases, from where, and where to."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.workflows.plans import CABLE, END_OF_TERM, plan
from unrack.model.decision import Actor
from unrack.model.ids import undo_id
from unrack.model.lifecycle import LIFECYCLE, PASSED_OVER, Outcome, Phase, StepStatus, Timing
from unrack.model.plan import Plan, TaskForm
from unrack.model.service import ProviderClock
from unrack.model.state import EndedByProvider, OpenTask, Rollback, RunState, StepState
from workflows import lifecycle
from workflows.lifecycle import Cause, EndStatus, end_status, following, transition_due

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEA = Actor(name="lea")
MADE = plan(shown=BEGIN, steps=END_OF_TERM)
IMMEDIATE = plan(shown=BEGIN, timing=Timing.IMMEDIATE)
SCHEDULE = "request.schedule"


def at(phase: Phase, made: Plan = MADE) -> RunState:
    """A run in this phase, whose end is scheduled."""
    clock = ProviderClock(read_at=BEGIN, shown=BEGIN)
    state = RunState(plan_digest=made.digest, launched_by=LEA, launched_at=BEGIN, clock=clock, phase=phase)
    state.scheduled = True
    return state


def rollback(state: RunState) -> None:
    """Somebody reactivates."""
    state.rollback = Rollback(to=Outcome.REACTIVATED, by=LEA, reason="still needed", at=BEGIN)


def ended(state: RunState) -> None:
    """Somebody saw that the provider ended it."""
    state.ended_by_provider = EndedByProvider(by=LEA, reason="the panel shows it gone", at=BEGIN)


def revoked(state: RunState) -> None:
    """The last call revoked the scheduled end."""
    state.scheduled, state.schedule_again_after = False, BEGIN


def amended(state: RunState) -> None:
    """An amendment made a step of an early phase due again."""
    state.go_back_to = Phase.DETACH


def due(state: RunState) -> lifecycle.Transition:
    """The transition that is due."""
    found = transition_due(MADE, state)
    assert found is not None
    return found


TO_THE_PROOF = {
    Phase.REQUEST: Phase.HANDOVER,
    Phase.CONFIRM: Phase.HANDOVER,
    Phase.GRACE: Phase.VERIFY,
    Phase.PURGE: Phase.VERIFY,
}


@pytest.mark.parametrize("phase", LIFECYCLE)
@pytest.mark.parametrize(
    ("happens", "cause", "to"),
    [
        (rollback, Cause.ROLLBACK, dict.fromkeys(LIFECYCLE)),
        (ended, Cause.ENDED_BY_PROVIDER, TO_THE_PROOF),
        (revoked, Cause.END_REVOKED, {Phase.PURGE: Phase.GRACE}),
        (
            amended,
            Cause.AMENDED,
            {phase: min(phase, Phase.DETACH, key=LIFECYCLE.index) for phase in LIFECYCLE},
        ),
    ],
)
def test_every_transition_leads_from_its_phases_to_its_phase(
    phase: Phase, happens: Callable[[RunState], None], cause: Cause, to: dict[Phase, Phase | None]
) -> None:
    """What happens in a phase that the row does not name leads nowhere: the run goes on where it is."""
    state = at(phase)
    happens(state)

    found = transition_due(MADE, state)

    if phase not in to:
        assert found is None
    else:
        assert found is not None
        assert (found.cause, found.to(state)) == (cause, to[phase])


def test_the_first_row_that_is_due_counts() -> None:
    """A rollback comes before everything; a service that is gone is not scheduled again."""
    state = at(Phase.PURGE)
    amended(state)
    revoked(state)
    assert due(state).cause is Cause.END_REVOKED

    ended(state)
    assert due(state).cause is Cause.ENDED_BY_PROVIDER

    rollback(state)
    assert due(state).cause is Cause.ROLLBACK


@pytest.mark.parametrize("happens", [rollback, ended, revoked, amended])
def test_a_rollback_that_has_begun_is_not_left_any_more(happens: Callable[[RunState], None]) -> None:
    """It waits for people and parks like the way forward, and nothing of that leads out of it."""
    state = at(Phase.PURGE)
    rollback(state)
    happens(state)
    state.rolling_back = True

    assert transition_due(MADE, state) is None


def test_past_the_point_of_no_return_an_end_is_not_missed() -> None:
    """The provider has begun to end it: that nothing is scheduled any more leads nowhere."""
    state = at(Phase.PURGE)
    state.scheduled, state.passed_no_return_at = False, BEGIN

    assert transition_due(MADE, state) is None


def test_leaving_the_way_forward_closes_its_tasks_and_no_undo() -> None:
    """Nobody does what the way forward asked for; who undoes something by hand goes on with it."""
    state = at(Phase.HANDOVER)
    for step_id in (CABLE, undo_id(SCHEDULE)):
        form = TaskForm(instructions="do it")
        state.tasks[step_id] = OpenTask(step=step_id, title="t", since=BEGIN, deadline=BEGIN, form=form)
    rollback(state)

    due(state).take(MADE, state, BEGIN)

    assert list(state.tasks) == [undo_id(SCHEDULE)]


def test_what_the_provider_ended_is_left_out_and_passed_over() -> None:
    """Seen in handover, the end leaves nothing to schedule or purge: the run goes on to the proof."""
    state = at(Phase.CONFIRM)
    ended(state)
    due(state).take(MADE, state, BEGIN)

    left_out = {step.phase for step in MADE.steps if state.step(step.id).status is StepStatus.SKIPPED}
    assert left_out <= set(PASSED_OVER)
    assert left_out >= {Phase.REQUEST, Phase.PURGE}
    assert following(MADE, state, Phase.HANDOVER) is Phase.VERIFY
    assert following(MADE, state, Phase.VERIFY) is None


def test_the_phases_follow_each_other() -> None:
    """Nothing is passed over as long as there is something left in it to do."""
    state, phase, seen = at(Phase.PREFLIGHT), Phase.PREFLIGHT, [Phase.PREFLIGHT]
    while (after := following(MADE, state, phase)) is not None:
        phase = after
        seen.append(phase)

    assert tuple(seen) == LIFECYCLE


def test_what_was_prepared_for_a_revoked_end_is_prepared_anew() -> None:
    """Who is about the purge notices that its steps were reset, though they look as if nobody had begun them."""
    state = at(Phase.PURGE)
    purge = MADE.in_phase(Phase.PURGE)[0].id
    held = state.step(purge)
    held.status = StepStatus.DONE
    revoked(state)
    due(state).take(MADE, state, BEGIN)

    assert (state.step(purge).status, state.step(purge).resets) == (StepStatus.PENDING, held.resets + 1)
    assert state.phase is Phase.GRACE


@pytest.mark.parametrize(
    ("scheduled", "again", "undo", "status"),
    [
        (False, None, None, EndStatus.NOT_SCHEDULED),
        (True, None, None, EndStatus.SCHEDULED),
        (True, BEGIN, StepStatus.PARKED, EndStatus.SCHEDULED),
        (False, BEGIN, StepStatus.UNDOING, EndStatus.REVOKING),
        (False, BEGIN, StepStatus.PARKED, EndStatus.REVOKING),
        (False, BEGIN, StepStatus.SKIPPED, EndStatus.REVOKED),
        (False, BEGIN, None, EndStatus.REVOKED),
    ],
)
def test_the_status_of_the_providers_own_end(
    *, scheduled: bool, again: datetime | None, undo: StepStatus | None, status: EndStatus
) -> None:
    """One function tells it, from the record alone."""
    state = at(Phase.GRACE)
    state.scheduled, state.schedule_again_after = scheduled, again
    if undo is not None:
        state.steps[undo_id(SCHEDULE)] = StepState(status=undo)

    assert end_status(MADE, state) is status


def test_where_a_call_ends_the_service_nothing_is_scheduled() -> None:
    """And nothing can be revoked: the purge is not left for it."""
    state = at(Phase.PURGE, IMMEDIATE)
    state.scheduled = False

    assert end_status(IMMEDIATE, state) is EndStatus.NONE
    assert transition_due(IMMEDIATE, state) is None


def test_every_cause_has_one_row() -> None:
    """The table is whole, and in the order in which causes count."""
    assert [row.cause for row in lifecycle.TRANSITIONS] == list(Cause)
