"""What a person reads before turning a run round."""

from datetime import UTC, datetime

from tests.workflows.plans import CABLE, END_OF_TERM, plan, step
from unrack.model.decision import Actor
from unrack.model.lifecycle import Outcome, StepKind, StepStatus, Timing
from unrack.model.plan import Plan
from unrack.model.state import Rollback, RunState, StepState
from unrack.operations.rollback import rollback_preview

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LEA = Actor(name="lea")


def standing(frozen: Plan, *done: str) -> RunState:
    """A run of `frozen` that did these steps."""
    state = RunState(plan_digest=frozen.digest, launched_by=LEA, launched_at=NOW, clock=frozen.facts.clock)
    for each in done:
        state.steps[each] = StepState(status=StepStatus.DONE, tries=1)
    return state


def test_what_cannot_be_restored_is_named_first() -> None:
    """Then what people must do, then what the run does, last step first; what is still to come is not named."""
    lasting = step("detach.records", StepKind.CHANGE, title="Delete the records")
    frozen = plan(steps=(lasting, *END_OF_TERM))

    said = rollback_preview(frozen, standing(frozen, "detach.records", "detach.pops", "detach.vrack", CABLE))

    assert said == (
        "Nothing is taken back of: Delete the records.",
        "By people, not by the run: have the cable put back.",
        "By the run: put it back into the vRack; put the PoPs back.",
    )


def test_what_was_begun_without_an_answer_may_have_happened() -> None:
    """A call that was sent is named, though nobody knows yet what it did."""
    frozen = plan(steps=(step("detach.records", StepKind.CHANGE, title="Delete the records"), *END_OF_TERM))
    state = standing(frozen)
    state.steps["detach.records"] = StepState(status=StepStatus.RUNNING, tries=1)

    assert rollback_preview(frozen, state) == ("Nothing is taken back of: Delete the records.",)


def test_a_call_that_surely_ended_nothing_is_not_named() -> None:
    """Refused at the point of no return, which was taken back: nobody reads that the service's end is not undone."""
    frozen = plan(timing=Timing.IMMEDIATE)
    state = standing(frozen, "detach.pops", "purge.ask")
    state.steps["purge.confirm"] = StepState(status=StepStatus.PARKED, tries=1)

    assert rollback_preview(frozen, state) == ("Nothing is taken back of: purge.ask.", "By the run: put the PoPs back.")


def test_a_run_that_changed_nothing_says_so() -> None:
    """Reading and capturing are nothing to take back."""
    frozen = plan()

    said = rollback_preview(frozen, standing(frozen, "preflight.status", "capture.configuration"))

    assert said == ("Nothing has been changed yet; there is nothing to take back.",)


def test_a_run_that_cannot_be_turned_promises_nothing() -> None:
    """Past the point of no return, turned already, or ended."""
    frozen = plan()
    past, turned, over = (standing(frozen, "detach.pops") for _ in range(3))
    past.passed_no_return_at = NOW
    turned.rollback = Rollback(to=Outcome.REACTIVATED, by=LEA, reason="needed", at=NOW)
    over.outcome = Outcome.CLOSED

    assert [rollback_preview(frozen, each) for each in (past, turned, over)] == [(), (), ()]
