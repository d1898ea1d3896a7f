"""The shortest scripts of what the orders of `machine` found: decisions that were accepted and must not be."""

from datetime import timedelta

import pytest

from tests.unit.workflows.any_order.book import BEGIN, DAY, EVERYBODY, Book, at
from tests.unit.workflows.any_order.course import BY_HAND, plan_of
from tests.workflows.plans import CABLE, IMMEDIATE, plan
from tests.workflows.trial import cable_done
from unrack.model.decision import Abort, Approve, Decision, Extend, Hold, Release, Remedy, Resolve, Verdict
from unrack.model.lifecycle import Outcome, Phase, StepStatus, Timing
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import ProviderClock
from unrack.model.state import OpenTask, RunState, StepState, Turn
from workflows.decisions.judge import judge

LEA, OMAR = EVERYBODY[0].actor, EVERYBODY[7].actor
TURN = Turn(to=Outcome.REACTIVATED, by=LEA, reason="needed after all", at=BEGIN)


def _asked() -> dict[str, StepState]:
    """The provider was asked for the mail with the token, and did not answer."""
    return {"purge.ask": StepState(status=StepStatus.ASKED, tries=1, begun_at=BEGIN, asked_at=BEGIN, unanswered=1)}


def _run(course: tuple[PlannedStep, ...], **state: object) -> tuple[Plan, RunState]:
    made = plan(timing=Timing.IMMEDIATE, quorum=1, shown=BEGIN, steps=course)
    given = {"launched_by": LEA, "launched_at": BEGIN, "clock": ProviderClock(read_at=BEGIN, shown=BEGIN), **state}
    return made, RunState.model_validate({"plan_digest": made.digest, **given})


def _accepted(made: Plan, state: RunState, decision: Decision) -> bool:
    return judge(made, state, decision, BEGIN + timedelta(days=1)).verdict is Verdict.ACCEPTED


def test_a_run_past_its_point_of_no_return_is_not_aborted() -> None:
    """Nor when that point is a person's task, and nothing was called at the provider before it (rule ``no-return``)."""
    made, state = _run(BY_HAND, phase=Phase.PURGE, passed_no_return_at=BEGIN)
    state.step("purge.ask-refund").status = StepStatus.DONE

    assert not _accepted(made, state, Abort(id="decision-1", by=OMAR, reason="a mistake"))


def test_that_the_provider_ended_it_does_not_count_as_done_for_an_asked_step() -> None:
    """``ended`` must not be taken for 'it took effect', after which the purge would go on (rule ``steps``)."""
    made, state = _run(IMMEDIATE, phase=Phase.PURGE, steps=_asked())
    ended = Resolve(id="decision-1", by=OMAR, step="purge.ask", remedy=Remedy.ENDED, reason="it is gone")

    assert not _accepted(made, state, ended)


@pytest.mark.parametrize("what", ["approve", "resolve"])
def test_nothing_for_the_way_forward_is_accepted_after_a_turn(what: str) -> None:
    """It would move nothing, and the answer would say that it does: 'it is sent again' (rule ``turned``)."""
    made, state = _run(IMMEDIATE, phase=Phase.PURGE, steps=_asked(), turn=TURN, on_way_back=True)
    approve = Approve(id="decision-1", by=OMAR, plan=made.digest)
    again = Resolve(id="decision-1", by=OMAR, step="purge.ask", remedy=Remedy.RETRY, reason="send it again")

    assert not _accepted(made, state, approve if what == "approve" else again)


def test_an_extension_that_would_change_nothing_is_refused() -> None:
    """At the latest end that the runbook allows nothing is left to give; accepted, it would use up the allowance."""
    book = Book(
        quorum=0,
        offset=7 * DAY,
        by_date=False,
        minimum=None,
        latest=8 * DAY,
        stops_clock=True,
        steps={},
        by_hand=frozenset(),
    )
    made = plan_of("immediate", book)
    state = RunState(
        plan_digest=made.digest,
        launched_by=LEA,
        launched_at=BEGIN,
        clock=ProviderClock(read_at=BEGIN, shown=BEGIN),
    )
    state.grace.begun_at = BEGIN
    judge(made, state, Hold(id="decision-1", by=OMAR, reason="audit"), BEGIN)
    judge(made, state, Release(id="decision-2", by=OMAR), at(3 * DAY))

    span = timedelta(days=1)
    more = [Extend(id=f"decision-again-{number}", by=OMAR, by_span=span, reason="late") for number in range(2)]
    verdicts = [judge(made, state, each, at(3 * DAY)).verdict for each in more]

    assert verdicts == [Verdict.REFUSED, Verdict.REFUSED]
    assert state.grace.extensions == []


def test_what_a_person_did_while_the_run_turned_is_taken_back() -> None:
    """The cable went out as somebody turned the run: that it is out is taken down, so that it is put back."""
    made = plan(quorum=1, shown=BEGIN)
    state = RunState(
        plan_digest=made.digest,
        launched_by=LEA,
        launched_at=BEGIN,
        clock=ProviderClock(read_at=BEGIN, shown=BEGIN),
        turn=TURN,
    )
    form = made.step(CABLE).task
    assert form is not None
    state.tasks[CABLE] = OpenTask(step=CABLE, title="cable", since=BEGIN, deadline=at(7 * DAY), form=form)

    assert _accepted(made, state, cable_done())
    assert state.step(CABLE).status is StepStatus.DONE
