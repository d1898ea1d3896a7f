"""Irreversible calls take effect at most once, whatever the answer looks like. The ledger is the judge."""

from datetime import timedelta

from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import Launch
from tests.workflows.plans import plan
from tests.workflows.stand_in import failure
from tests.workflows.trial import ON_CALL, Trial, fresh
from unrack.contracts.calls import Standing
from unrack.model.decision import Hold, Release, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, ParkReason

RELEASE = "purge.release"


async def purging(launch: Launch, *failures: ApplicationError) -> Trial:
    """A run that comes to its irreversible call."""
    trial = await launch(plan(), faulty={RELEASE: failures})
    await trial.complete_cable()
    await trial.forward(timedelta(days=30, hours=6))
    return trial


async def test_no_answer_but_it_happened(launch: Launch) -> None:
    """After a lost answer the provider's state shows that it happened: done, and not asked again."""
    trial = await launch(plan())
    trial.world.faults[RELEASE].append(lambda: _effect_without_answer(trial))
    await trial.complete_cable()

    report = await trial.ended()

    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert trial.world.calls.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_no_answer_and_it_did_not_happen(launch: Launch) -> None:
    """The provider's state keeps saying no: it is acted once more, and takes effect once."""
    trial = await purging(launch, failure(Category.UNKNOWN_OUTCOME, "connection cut"))

    report = await trial.ended()

    assert trial.world.calls.count(f"commit {RELEASE}") == 2
    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_no_answer_twice_parks(launch: Launch) -> None:
    """Two lost answers in a row are for a person to judge."""
    lost = failure(Category.UNKNOWN_OUTCOME, "connection cut")
    trial = await purging(launch, lost, lost)

    await trial.forward(timedelta(days=1))
    report = await trial.until("parked", lambda report: RELEASE in report.state.parked)

    assert report.state.parked[RELEASE].reason is ParkReason.OUTCOME_UNKNOWN
    assert trial.world.ledger.count(f"commit {RELEASE}") == 0


async def test_a_provider_that_cannot_tell_parks_at_once(launch: Launch) -> None:
    """Unknown after unknown: nothing is sent again until an operator says so."""
    trial = await launch(plan(), faulty={RELEASE: [failure(Category.UNKNOWN_OUTCOME, "cut")]})
    trial.world.standing[RELEASE] = Standing.UNKNOWN
    await trial.complete_cable()
    await trial.forward(timedelta(days=32))
    await trial.until("parked", lambda report: RELEASE in report.state.parked)
    asked = trial.world.calls.count(f"commit {RELEASE}")

    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step=RELEASE, remedy=Remedy.SKIP, reason="the panel shows it released")
    )
    report = await trial.ended()

    assert asked == 1
    assert report.outcome is Outcome.CLOSED


async def test_what_was_surely_not_sent_is_sent_again(launch: Launch) -> None:
    """A refused connection had no effect: it is repeated within the step's patience, without parking."""
    down = failure(Category.UNAVAILABLE, "connection refused")
    trial = await purging(launch, down, down)

    report = await trial.ended()

    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


def _effect_without_answer(trial: Trial) -> None:
    trial.world.ledger.append(f"commit {RELEASE}")
    raise failure(Category.UNKNOWN_OUTCOME, "the answer was lost")


async def test_a_hold_that_came_meanwhile_stops_the_repeat(launch: Launch) -> None:
    """Not sent, sent again every minute, then held: the next attempt waits for the release, however long it takes."""
    busy = [failure(Category.RATE_LIMITED, "too many requests")] * 60
    trial = await launch(plan(), faulty={RELEASE: busy})
    await trial.complete_cable()
    await trial.forward(timedelta(days=30, minutes=5))
    await trial.until("asked", lambda _: f"commit {RELEASE}" in trial.world.calls)
    assert (await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="a complaint came in"))).good
    await trial.forward(timedelta(minutes=2))

    asked = trial.world.calls.count(f"commit {RELEASE}")
    await trial.forward(timedelta(days=3))
    held = trial.world.calls.count(f"commit {RELEASE}")
    trial.world.faults[RELEASE].clear()
    assert (await trial.decide(Release(id=fresh(), by=ON_CALL))).good
    report = await trial.ended()

    assert held == asked
    assert trial.world.ledger.count(f"commit {RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED
