"""One engine takes steps back, in a rollback and at the last call: people's word is verified, and proved, in both."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh, proof
from tests.workflows.plans import CABLE, END_OF_TERM, plan, step
from unrack.contracts.calls import NoticeKind
from unrack.model.decision import Complete, Hold, HoldScope, Reactivate, Reject, Release, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepKind, StepStatus
from unrack.model.plan import Plan, PlannedStep, TaskForm, Undo
from unrack.model.state import RunReport

SCHEDULE = "request.schedule"
UNDO = f"undo.{SCHEDULE}"
CALLED_OFF = EvidenceWanted(type="called-off", title="their confirmation")
BY_HAND = Undo(title="have the end called off", task=TaskForm(instructions="Call them.", evidence=(CALLED_OFF,)))
FORM = TaskForm(instructions="Ask for the end.")


def called_off(digit: str = "b") -> Complete:
    """A person's word, with a proof, that the end is called off."""
    return Complete(id=fresh(), by=ON_CALL, step=UNDO, evidence=(proof("called-off", digit),))


def scheduled_by(schedule: PlannedStep) -> Plan:
    """A plan whose end `schedule` schedules."""
    return plan(steps=tuple(schedule if each.id == SCHEDULE else each for each in END_OF_TERM))


async def at_the_last_call(launch: Launch) -> Trial:
    """A held run, in which a person is to have the end called off."""
    trial = await launch(scheduled_by(step(SCHEDULE, StepKind.TASK, task=FORM, undo=BY_HAND)))
    trial.world.ends_at = trial.world.term_end
    await trial.until("the request's task", lambda report: SCHEDULE in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=SCHEDULE))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.forward(timedelta(days=28, hours=20))
    await trial.until("the undo's task", lambda report: UNDO in report.state.tasks)
    return trial


async def in_a_rollback(launch: Launch) -> Trial:
    """A run that rolls back, in which a person is to have the end called off."""
    trial = await launch(scheduled_by(step(SCHEDULE, StepKind.TASK, task=FORM, undo=BY_HAND)))
    await trial.until("the request's task", lambda report: SCHEDULE in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=SCHEDULE))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("the undo's task", lambda report: UNDO in report.state.tasks)
    return trial


def _undone(report: RunReport) -> bool:
    """Whether the end is known to be called off."""
    undo = report.state.steps.get(UNDO)
    return not report.state.scheduled and (undo is None or undo.status is StepStatus.DONE)


Reach = Callable[[Launch], Awaitable[Trial]]
WAYS = pytest.mark.parametrize("reach", [at_the_last_call, in_a_rollback])


@WAYS
async def test_a_proof_that_is_not_in_the_store_is_asked_for_again(launch: Launch, reach: Reach) -> None:
    """Anybody can write down a digest: an end counts as revoked by hand only with its proof, at the last call, too."""
    trial = await reach(launch)
    trial.world.lost.add("b" * 64)

    await trial.decide(called_off())
    parked = await trial.until("parked", lambda report: UNDO in report.state.parked)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=UNDO, remedy=Remedy.RETRY, reason="found it"))
    await trial.until("it is asked again", lambda report: UNDO in report.state.tasks)
    await trial.decide(called_off("c"))
    await trial.until("done", _undone)

    assert parked.state.parked[UNDO].reason is ParkReason.NOT_ALLOWED


@WAYS
async def test_who_rejects_an_undo_parks_it_and_people_are_told(launch: Launch, reach: Reach) -> None:
    """Somebody must decide about it, wherever the undo was asked for."""
    trial = await reach(launch)

    await trial.decide(Reject(id=fresh(), by=ON_CALL, step=UNDO, reason="too late, they say"))

    await trial.until(
        "told", lambda _: (UNDO, NoticeKind.PARKED) in [(told.step, told.kind) for told in trial.world.told]
    )


async def test_nobody_is_asked_twice_for_what_the_provider_still_denies(launch: Launch) -> None:
    """A person says that it is called off, and the provider shows otherwise: retried, it is read again, not asked."""
    verified = step(SCHEDULE, StepKind.CHANGE, undo=BY_HAND)
    trial = await launch(scheduled_by(verified))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    trial.world.fail(SCHEDULE, failure(Category.CONFLICT, "it still ends"))
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("the undo's task", lambda report: UNDO in report.state.tasks)
    await trial.decide(called_off())
    await trial.until("parked", lambda report: UNDO in report.state.parked)

    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=UNDO, remedy=Remedy.RETRY, reason="they confirmed it"))
    report = await trial.handle.result()

    assert [told.step for told in trial.world.told if told.kind is NoticeKind.TASK] == [CABLE, UNDO]
    assert trial.world.ledger.count(f"undo {SCHEDULE}") == 1
    assert report.outcome is Outcome.REACTIVATED


async def test_no_end_is_scheduled_for_the_next_term_under_a_hold_that_came_before_it(launch: Launch) -> None:
    """A hold of the purge that came while the term ran out stops the next end as one that stood all the time."""
    trial = await at_the_last_call(launch)
    await trial.decide(called_off())
    await trial.until("called off", lambda report: UNDO not in report.state.steps)
    trial.world.ends_at = trial.world.ends_at and trial.world.ends_at + timedelta(days=60)
    await trial.decide(Release(id=fresh(), by=ON_CALL, everyone=True, reason="over"))
    await trial.decide(Hold(id=fresh(), by=ON_CALL, scope=HoldScope.PURGE, reason="another audit"))
    await trial.forward(timedelta(days=3))
    held = await trial.report()
    await trial.decide(Release(id=fresh(), by=ON_CALL, everyone=True, reason="over"))

    await trial.until("it is asked for again", lambda report: SCHEDULE in report.state.tasks)

    assert SCHEDULE not in held.state.tasks
    assert held.state.phase is Phase.GRACE
