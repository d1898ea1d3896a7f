"""Reactivation undoes in reverse order what was done, each undo with its own parking; a race has one winner."""

from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, Trial, fresh
from tests.workflows.plans import CABLE, plan
from unrack.model.decision import Complete, Reactivate, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.model.state import Difference

UNDO_CABLE = f"undo.{CABLE}"


async def turn(trial: Trial) -> None:
    """Somebody still needs the service."""
    answer = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    assert answer.good


async def test_everything_is_undone_in_reverse_order(launch: Launch) -> None:
    """During grace: the schedule at once, then the cable (by a person), the vRack and the PoPs come back."""
    trial = await launch(plan())
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)

    await turn(trial)
    waiting = await trial.until("the cable goes back", lambda report: UNDO_CABLE in report.state.tasks)
    put_back = list(trial.world.ledger)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=UNDO_CABLE))
    report = await trial.handle.result()

    assert put_back[-1] == "undo request.schedule"
    assert not waiting.state.scheduled  # else the reconciliation would miss an end that the run itself took back
    assert trial.world.ledger[3:] == ["undo request.schedule", "undo detach.vrack", "undo detach.pops"]
    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.calls[-1] == "compare"


@pytest.mark.parametrize("until", [Phase.APPROVAL, Phase.HANDOVER, Phase.GRACE])
async def test_from_every_phase_what_was_done_is_undone(launch: Launch, until: Phase) -> None:
    """Each change that took effect is undone once; what was not done is not undone."""
    trial = await launch(plan(quorum=1 if until is Phase.APPROVAL else 0))
    if until is Phase.GRACE:
        await trial.complete_cable()
    await trial.until(until.value, lambda report: report.state.phase is until)
    if until is Phase.HANDOVER:
        await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await turn(trial)
    if until is Phase.GRACE:
        await trial.until("the cable goes back", lambda report: UNDO_CABLE in report.state.tasks)
        await trial.decide(Complete(id=fresh(), by=ON_CALL, step=UNDO_CABLE))
    report = await trial.handle.result()

    done = [entry.removeprefix("change ") for entry in trial.world.ledger if entry.startswith("change ")]
    undone = [entry.removeprefix("undo ") for entry in trial.world.ledger if entry.startswith("undo ")]
    assert undone == list(reversed(done))
    assert report.outcome is Outcome.REACTIVATED
    assert report.state.tasks == {}


async def test_an_undo_that_fails_parks_and_is_retried(launch: Launch) -> None:
    """The way back parks like the way there, and goes on when an operator says so."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    trial.world.fail("detach.vrack", failure(Category.FAILED, "the vRack is full"))

    await turn(trial)
    parked = await trial.until("parked", lambda report: "undo.detach.vrack" in report.state.parked)
    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step="undo.detach.vrack", remedy=Remedy.RETRY, reason="room was made")
    )
    report = await trial.handle.result()

    assert parked.state.parked["undo.detach.vrack"].reason is ParkReason.REFUSED
    assert trial.world.ledger[-2:] == ["undo detach.vrack", "undo detach.pops"]
    assert report.outcome is Outcome.REACTIVATED


async def test_what_is_not_restored_is_shown_and_decided_by_a_person(launch: Launch) -> None:
    """A field that differs parks the run with the field; ids that the provider assigns anew do not."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    trial.world.differences = (
        Difference(field="pop[1].id", before="1", after="7", expected=True),
        Difference(field="pop[1].subnet", before="10.0.0.0/30", after="10.0.0.4/30"),
    )

    await turn(trial)
    parked = await trial.until("parked", lambda report: "undo.compare" in report.state.parked)
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step="undo.compare", remedy=Remedy.SKIP, reason="fine with us"))
    report = await trial.handle.result()

    assert parked.state.parked["undo.compare"].reason is ParkReason.NOT_RESTORED
    assert "pop[1].subnet: 10.0.0.0/30 → 10.0.0.4/30" in parked.state.parked["undo.compare"].problem.message
    assert [difference.field for difference in report.state.differences] == ["pop[1].id", "pop[1].subnet"]


async def test_a_parked_run_can_be_turned_round(launch: Launch) -> None:
    """From a parked step the way back is open; what the parked step may have done is undone too."""
    trial = await launch(plan(), faulty={"detach.vrack": [failure(Category.FAILED)]})
    await trial.until("parked", lambda report: "detach.vrack" in report.state.parked)

    await turn(trial)
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger == ["change detach.pops", "undo detach.vrack", "undo detach.pops"]
    assert report.state.parked == {}


async def test_a_cancel_request_of_the_engine_turns_the_run_round(launch: Launch) -> None:
    """A cancel request from Temporal itself is not silence: what was touched is taken back."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.handle.cancel()
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger[-2:] == ["undo detach.vrack", "undo detach.pops"]


async def test_a_cancel_request_past_no_return_is_refused(launch: Launch) -> None:
    """Past the point of no return a cancel request changes nothing and stands in the journal."""
    trial = await launch(plan())
    await trial.complete_cable()
    await trial.forward(timedelta(days=29))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)

    await trial.handle.cancel()
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert any("cancel request" in entry.what for entry in report.state.journal)
