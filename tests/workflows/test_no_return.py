"""A call that passes the point of no return and surely took no effect leaves the way back open."""

from datetime import timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.plans import CABLE, plan
from tests.workflows.stand_in import failure
from tests.workflows.trial import ON_CALL, Trial, fresh
from unrack.contracts.calls import Standing
from unrack.model.decision import Complete, Reactivate, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Timing

CONFIRM = "purge.confirm"
DAY = timedelta(days=1)
BACK = Reactivate(id=fresh(), by=ON_CALL, reason="it is needed after all")


async def refused(launch: Launch, category: Category, shown: Standing | None = None) -> Trial:
    """An immediate run whose confirmation failed with `category` while the provider shows `shown`, parked."""
    down = 200 if category is Category.UNAVAILABLE else 1
    faults = [failure(category, "the provider says no")] * down
    trial = await launch(plan(timing=Timing.IMMEDIATE), faulty={CONFIRM: faults})
    if shown is not None:
        trial.world.standing[CONFIRM] = shown
    await trial.complete_cable()
    await trial.forward(8 * DAY)
    await hand_over(trial)
    await trial.forward(DAY / 8)
    await trial.until("parked", lambda report: CONFIRM in report.state.parked)
    return trial


async def hand_over(trial: Trial) -> None:
    """A person hands over the mailed token."""
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    token = {"token": "handover:" + "0" * 32}
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields=token))


@pytest.mark.parametrize("category", [Category.INVALID, Category.DENIED, Category.CONFLICT, Category.UNAVAILABLE])
async def test_a_refused_confirmation_can_still_be_turned_round(launch: Launch, category: Category) -> None:
    """The call took no effect and the provider's state says so: the team may keep the service."""
    trial = await refused(launch, category)
    parked = await trial.report()

    turned = await trial.decide(BACK)
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.ended()

    assert parked.state.passed_no_return_at is None
    assert any("took no effect" in entry.what for entry in parked.state.journal)
    assert turned.verdict is Verdict.ACCEPTED
    assert report.outcome is Outcome.REACTIVATED
    assert f"commit {CONFIRM}" not in trial.world.ledger


@pytest.mark.parametrize("shown", [Standing.UNKNOWN, Standing.DONE])
async def test_no_way_back_where_the_provider_does_not_deny_the_end(launch: Launch, shown: Standing) -> None:
    """A refusal alone proves nothing: the provider's own state must say that the service was not ended."""
    trial = await refused(launch, Category.CONFLICT, shown)

    turned = await trial.decide(BACK)

    assert turned.verdict is Verdict.REFUSED
    assert (await trial.report()).state.passed_no_return_at is not None


@pytest.mark.parametrize("category", [Category.GONE, Category.NOT_FOUND, Category.FAILED])
async def test_no_way_back_from_what_may_have_ended(launch: Launch, category: Category) -> None:
    """A service that is gone, cannot be found or failed half-way may have ended, whatever its state shows now."""
    trial = await refused(launch, category)

    assert (await trial.decide(BACK)).verdict is Verdict.REFUSED


async def test_what_is_retried_passes_the_point_of_no_return_again(launch: Launch) -> None:
    """The retry judges everything anew, marks the point of no return and ends the service once."""
    trial = await refused(launch, Category.DENIED)
    read = trial.world.calls.count("check purge.unchanged")

    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=CONFIRM, remedy=Remedy.RETRY, reason="right granted"))
    await hand_over(trial)
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert report.state.passed_no_return_at is not None
    assert trial.world.calls.count("check purge.unchanged") > read
    assert trial.world.ledger.count(f"commit {CONFIRM}") == 1
