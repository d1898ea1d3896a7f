"""Where the provider ends the service by itself, a run that may not go on takes the scheduled end back in time."""

from datetime import timedelta

from tests.workflows.conftest import Launch
from tests.workflows.plans import CABLE, plan
from tests.workflows.trial import ON_CALL, cable_done, fresh
from unrack.model.decision import Extend, Hold, Reactivate, Release, Verdict
from unrack.model.lifecycle import Outcome


async def test_a_hold_keeps_the_service_and_the_next_term_ends_it(launch: Launch) -> None:
    """Held over the last call: taken back; released: scheduled again for the next term, and closed."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))

    await trial.forward(timedelta(days=29))
    held = list(trial.world.ledger)
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    report = await trial.ended()

    assert held[-1] == "undo request.schedule"
    assert trial.world.ledger.count("change request.schedule") == 2
    assert trial.world.ledger[-1] == "commit purge.release"
    assert report.outcome is Outcome.CLOSED


async def test_an_open_handover_keeps_the_service(launch: Launch) -> None:
    """The cable is still there at the last call: the provider must not end the service; nothing is purged."""
    trial = await launch(plan(), term_end=timedelta(days=20))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    await trial.forward(timedelta(days=25))
    kept = list(trial.world.ledger)
    await trial.decide(cable_done())
    report = await trial.ended()

    assert kept == ["change detach.pops", "change detach.vrack", "change request.schedule", "undo request.schedule"]
    assert trial.world.ends_at is not None
    assert report.outcome is Outcome.CLOSED


async def test_an_extension_over_the_term_moves_the_end_to_the_next_term(launch: Launch) -> None:
    """Nothing is purged before the extended end, though the provider's own date comes first."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase == "grace")

    answer = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=7), reason="late migration"))
    too_far = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=29), reason="more"))
    await trial.forward(timedelta(days=31))
    kept = list(trial.world.ledger)
    report = await trial.ended()

    assert answer.verdict is Verdict.ACCEPTED
    assert "next term" in answer.message
    assert too_far.verdict is Verdict.REFUSED
    assert "undo request.schedule" in kept
    assert "commit purge.release" not in kept
    assert report.outcome is Outcome.CLOSED


async def test_past_the_point_of_no_return_nothing_is_turned_round(launch: Launch) -> None:
    """Between the end of grace and the provider's end, reactivation and extension are refused with the reason."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.complete_cable()
    await trial.forward(timedelta(days=29))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)

    turn = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="too late"))
    more = await trial.decide(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=1), reason="too late"))
    report = await trial.ended()

    assert turn.verdict is Verdict.REFUSED
    assert "point of no return" in turn.message
    assert more.verdict is Verdict.REFUSED
    assert report.outcome is Outcome.CLOSED
