"""The shortest scripts of what the orders of `machine` found: decisions that were accepted and must not be."""

from datetime import timedelta

import pytest

from tests.unit.workflows.any_order.book import BEGIN, DAY, EVERYBODY, Book, at
from tests.unit.workflows.any_order.course import BY_HAND, plan_of
from tests.workflows.harness import cable_done
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan
from unrack.model import approvals, holds, window
from unrack.model.decision import (
    Abort,
    Amend,
    Approve,
    Decision,
    Extend,
    Hold,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Verdict,
    Withdraw,
)
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus, Timing
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import ProviderClock
from unrack.model.state import EndedByProvider, GivenApproval, OpenTask, Parked, Rollback, RunState, StepState
from workflows.decisions.judge import judge
from workflows.gates import guard

LEA, ANN, BOB, OMAR = (EVERYBODY[number].actor for number in (0, 3, 6, 7))
TURN = Rollback(to=Outcome.REACTIVATED, by=LEA, reason="needed after all", at=BEGIN)


def _asked() -> dict[str, StepState]:
    """The provider was asked for the mail with the token, and did not answer."""
    return {"purge.ask": StepState(status=StepStatus.IN_DOUBT, tries=1, begun_at=BEGIN, asked_at=BEGIN, lost_answers=1)}


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
    made, state = _run(IMMEDIATE, phase=Phase.PURGE, steps=_asked(), rollback=TURN, rolling_back=True)
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
        rollback=TURN,
    )
    form = made.step(CABLE).task
    assert form is not None
    state.tasks[CABLE] = OpenTask(step=CABLE, title="cable", since=BEGIN, deadline=at(7 * DAY), form=form)

    assert _accepted(made, state, cable_done())
    assert state.step(CABLE).status is StepStatus.DONE


def _moves(kind: type[Extend | Shorten], number: int, **by: object) -> Extend | Shorten:
    return kind.model_validate({"id": f"decision-{number}", "by": OMAR, "reason": "agreed", **by})


@pytest.mark.parametrize(
    "old",
    [
        _moves(Extend, 1, to=at(45 * DAY)),
        _moves(Extend, 1, by_span=timedelta(days=5)),
        _moves(Shorten, 1, by_span=timedelta(days=5)),
        _moves(Shorten, 1, to=at(35 * DAY)),
    ],
    ids=["extended to a date", "extended by days", "shortened by days", "shortened to a date"],
)
def test_an_extension_taken_back_leaves_the_end_of_a_new_term_alone(old: Extend | Shorten) -> None:
    """A move of the term before counts against that term's end, and must not make the new one's earlier or later.

    Taking an extension back let grace end on the old date, months before the service ended: it was purged at once.
    """
    book = Book(
        quorum=0,
        offset=-2 * DAY,
        by_date=True,
        minimum=DAY,
        latest=None,
        stops_clock=False,
        steps={},
        by_hand=frozenset(),
    )
    made = plan_of("end-of-term", book)
    clock = ProviderClock(read_at=BEGIN, shown=BEGIN)
    state = RunState(plan_digest=made.digest, launched_by=LEA, launched_at=BEGIN, clock=clock)
    state.effective_at, state.grace.begun_at = at(42 * DAY), BEGIN
    assert judge(made, state, old, at(DAY)).good
    state.effective_at = at(102 * DAY)
    runbook = window.grace_end(made, state)
    assert judge(made, state, _moves(Extend, 2, by_span=timedelta(days=6)), at(50 * DAY)).good

    back = Withdraw(id="decision-3", by=OMAR, extension="e2", reason="not needed")
    assert judge(made, state, back, at(51 * DAY)).good

    assert runbook == at(100 * DAY)
    assert window.grace_end(made, state) == runbook


def _held(*times: tuple[float, float]) -> tuple[Plan, RunState]:
    """A run whose cable's task has been open since the launch, and that is held from hour to hour."""
    made, state = _run(IMMEDIATE, phase=Phase.HANDOVER)
    form = made.step(CABLE).task
    assert form is not None
    state.tasks[CABLE] = OpenTask(step=CABLE, title="cable", since=BEGIN, deadline=at(DAY), form=form)
    for number, (begun, over) in enumerate(times):
        until = BEGIN + timedelta(hours=over)
        hold = Hold(id=f"decision-{number}", by=OMAR, reason=f"incident {number}", until=until)
        assert judge(made, state, hold, BEGIN + timedelta(hours=begun)).good
    return made, state


def test_holds_that_are_noticed_together_give_all_their_time_back() -> None:
    """The run slept over the ends of both: the earlier one's end must not cut the other's time short."""
    _, state = _held((0, 8), (1, 5))

    holds.lift(state, holds.expired(state, at(10)))

    assert state.tasks[CABLE].deadline == at(DAY + 8)


def test_holds_that_follow_each_other_at_once_give_their_time_back_once() -> None:
    """Lifted and set anew in the same moment: the first one's hours are not given twice."""
    made, state = _held((0, 99))
    assert judge(made, state, Release(id="decision-a", by=OMAR), at(5)).good
    assert judge(made, state, Hold(id="decision-b", by=ANN, reason="again"), at(5)).good
    assert judge(made, state, Release(id="decision-c", by=ANN), at(8)).good

    assert state.tasks[CABLE].deadline == at(DAY + 8)


def test_an_hour_of_several_holds_is_an_hour() -> None:
    """Each stood for forty minutes, together for more than an hour: what preflight saw is too old by then."""
    _, state = _held((0, 0.67), (0.5, 1.2))

    holds.lift(state, holds.expired(state, at(2)))

    assert state.recheck_preflight


def _parked(step: str) -> Parked:
    problem = Problem(category=Category.CONFLICT, message="no")
    return Parked(step=step, reason=ParkReason.BLOCKED, since=BEGIN, problem=problem)


@pytest.mark.parametrize("what", ["skip", "amend"])
def test_what_the_provider_ended_by_itself_needs_nobodys_consent(what: str) -> None:
    """Nothing is left to agree to: proof and handover are not stopped until people approve a purge that never comes."""
    ended = EndedByProvider(by=OMAR, reason="the panel shows it", at=BEGIN)
    made, state = _run(
        END_OF_TERM, phase=Phase.VERIFY, ended_by_provider=ended, parked={"verify.gone": _parked("verify.gone")}
    )
    state.approvals = [GivenApproval(by=ANN, plan=made.digest, at=at(1))]
    fields = {"order-number": "O-1", "removed-on": "2026-11-20", "charged-until": "2026-11-30"}
    proofs = cable_done().evidence
    done = {"status": StepStatus.DONE, "done_by": BOB, "ended_at": BEGIN, "fields": fields, "evidence": proofs}
    state.steps[CABLE] = StepState.model_validate(done)
    skip = Resolve(id="decision-1", by=OMAR, step="verify.gone", remedy=Remedy.SKIP, reason="seen by hand")
    amend = Amend(id="decision-1", by=OMAR, step=CABLE, fields={"order-number": "O-2"}, reason="a slip")

    answer = judge(made, state, skip if what == "skip" else amend, at(2))

    assert answer.good, answer.message
    assert approvals.standing(made, state).people == 0
    assert guard.stops(made, state, at(2)) == ()
    assert state.settles_at is None


def test_who_rejected_a_task_stays_its_rejecter_when_it_is_asked_anew() -> None:
    """A new token was asked for since: who said no to the first one still does not wave the step through alone."""
    made, state = _run(IMMEDIATE, phase=Phase.PURGE, parked={"purge.confirm": _parked("purge.confirm")})
    state.steps["purge.token"] = StepState(status=StepStatus.DONE, rejected_by=(ANN,))
    again = Resolve(id="decision-1", by=OMAR, step="purge.confirm", remedy=Remedy.RETRY, reason="the token was old")
    assert judge(made, state, again, at(1)).good
    state.parked["purge.token"] = _parked("purge.token")

    skip = Resolve(id="decision-2", by=ANN, step="purge.token", remedy=Remedy.SKIP, reason="never mind")

    assert "rejected purge.token" in judge(made, state, skip, at(2)).message
