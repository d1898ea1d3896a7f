"""A cancel request of Temporal is a decision or is refused, whenever it comes; people hear of it either way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.harness import LAUNCHER, ON_CALL, PATIENCE, Trial, approval, fresh
from tests.workflows.plans import CABLE, plan
from unrack.contracts.calls import NoticeKind
from unrack.contracts.workflows import Resumption
from unrack.model.decision import Complete, Reactivate
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.plan import Plan
from unrack.model.state import RunState

DETACHED = ["change detach.pops", "change detach.vrack", "change request.schedule"]
TAKEN_BACK = ["undo request.schedule", "undo detach.vrack", "undo detach.pops"]
RELEASED = "commit purge.release"


async def _waits_for_approval(trial: Trial) -> None:
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL)


async def _is_parked(trial: Trial) -> None:
    await trial.decide(approval(trial.plan, "ann"))
    await trial.until("parked", lambda report: "detach.vrack" in report.state.parked)


async def _waits_for_a_person(trial: Trial) -> None:
    await trial.decide(approval(trial.plan, "ann"))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)


@pytest.mark.parametrize(
    ("come", "outcome", "ledger"),
    [
        (_waits_for_approval, Outcome.ABORTED, []),
        (_is_parked, Outcome.REACTIVATED, ["change detach.pops", "undo detach.vrack", "undo detach.pops"]),
        (_waits_for_a_person, Outcome.REACTIVATED, [*DETACHED, *TAKEN_BACK]),
    ],
)
async def test_before_no_return_it_ends_the_run_in_order(
    launch: Launch, come: Callable[[Trial], Awaitable[None]], outcome: Outcome, ledger: list[str]
) -> None:
    """Aborted while nothing was touched, else rolled back; the reason given with the request is kept."""
    faulty = {"detach.vrack": [failure(Category.FAILED)]} if come is _is_parked else {}
    trial = await launch(plan(quorum=1), faulty=faulty)
    await come(trial)

    await trial.handle.cancel(reason="wrong month")
    report = await trial.handle.result()

    assert report.outcome is outcome
    assert report.state.rollback is not None
    assert "wrong month" in report.state.rollback.reason
    assert trial.world.ledger == ledger
    assert _told(trial.world) == [
        f"a cancel request came through Temporal (wrong month); the run rolls back: {outcome}"
    ]


async def test_past_no_return_it_is_refused_and_told(launch: Launch) -> None:
    """Nothing is undone, nothing is called off, the run ends closed; people know that somebody asked."""
    trial = await launch(plan())
    await trial.complete_cable()
    await trial.forward(timedelta(days=29))
    await trial.until("no return", lambda report: report.state.passed_no_return_at is not None)

    await trial.handle.cancel()
    report = await trial.ended()

    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger == [*DETACHED, RELEASED]
    (told,) = _told(trial.world)
    assert "was refused: the point of no return is passed; the run goes on" in told


async def test_on_the_way_back_it_changes_nothing(launch: Launch) -> None:
    """The run is turned round already: the reactivation goes on to its end, and people know that somebody asked."""
    trial = await launch(plan())
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)

    await trial.handle.cancel()
    await _heard(trial)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger == [*DETACHED, *TAKEN_BACK]
    assert "rolled back already" in _told(trial.world)[0]


async def test_it_is_heard_when_nobody_can_be_told(launch: Launch) -> None:
    """That the notice could not be sent stands in the journal, beside the request; the run goes on to its end."""
    trial = await launch(plan(quorum=1))
    await _waits_for_approval(trial)
    trial.world.deaf = True

    await trial.handle.cancel()
    await trial.forward(timedelta(minutes=1))
    report = await trial.handle.result()

    notes = [entry.what for entry in report.state.journal]
    assert report.outcome is Outcome.ABORTED
    assert any(note.startswith("a cancel request came through Temporal") for note in notes)
    assert any("nobody could be told 'cancel request" in note for note in notes)


async def test_it_is_told_while_the_same_people_are_told_something_else(launch: Launch) -> None:
    """A run that was just resumed is cancelled before everybody has heard of the resumption: both are told."""
    heard = asyncio.Event()
    died = datetime.now(UTC) - timedelta(hours=1)
    gone = Resumption(run_id="gone", how="terminated", died_at=died, by=ON_CALL, reason="by mistake")
    trial = await launch(plan(), state=_untouched, resumed=gone, heard=heard)
    await trial.until("resumed", lambda report: bool(report.state.journal))

    await trial.handle.cancel()
    await trial.until("turned", lambda report: report.state.rollback is not None)
    heard.set()
    report = await trial.handle.result()

    assert report.outcome is Outcome.ABORTED
    assert {text.partition(" ")[0] for text in _told(trial.world)} == {"a", "resumed"}


def _untouched(frozen: Plan) -> RunState:
    clock = frozen.facts.clock
    return RunState(plan_digest=frozen.digest, launched_by=LAUNCHER, launched_at=clock.shown, clock=clock)


def _told(world: StandIn) -> list[str]:
    return [notice.text for notice in world.told if notice.kind is NoticeKind.INTERFERENCE]


async def _heard(trial: Trial) -> None:
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while not _told(trial.world):
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.02)
