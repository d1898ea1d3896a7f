"""A long run goes on in a fresh history and loses nothing: its whole state is carried."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, binary, cable_done, fresh
from tests.workflows.plans import CABLE, plan
from unrack.contracts.calls import EffectStatus
from unrack.contracts.workflows import SEARCH_ATTRIBUTES, WAKE_SIGNAL
from unrack.model.decision import Hold, Reactivate, Release, Remedy, Resolve, Verdict
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, StepStatus
from unrack.temporal.converter import DATA_CONVERTER

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

_READ_DATE = "confirm.read-date"
_RELEASE = "purge.release"
_UNDO = "undo.detach.vrack"
_WAKES = 50
"""Looks that fill the first history. The second one must hold the rest of the run: where a history begins while time is
skipped, the server carries it past its timers."""


@pytest.fixture(scope="module")
async def env(server_settings: list[str]) -> AsyncIterator[WorkflowEnvironment]:
    """A server that suggests a fresh history after some hundred events instead of thousands."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=[
            *server_settings,
            "--dynamic-config-value",
            "limit.historyCount.suggestContinueAsNew=300",
        ],
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=60),
        data_converter=DATA_CONVERTER,
        search_attributes=list(SEARCH_ATTRIBUTES),
    )
    async with environment:
        yield environment


async def test_the_way_back_goes_on_in_a_fresh_history(launch: Launch) -> None:
    """A parked undo is still parked there, not tried again by itself; the turn is told once."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    trial.world.fail("detach.vrack", failure(Category.FAILED, "the vRack is full"))
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("parked", lambda report: _UNDO in report.state.parked)
    for _ in range(_WAKES):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()
    moved = await trial.handle.describe()
    carried = await trial.report()
    tried = trial.world.calls.count("undo detach.vrack")
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=_UNDO, remedy=Remedy.RETRY, reason="room was made"))
    report = await trial.handle.result()

    assert moved.run_id != trial.handle.first_execution_run_id
    assert _UNDO in carried.state.parked
    assert tried == 1
    assert len([entry for entry in report.state.journal if entry.what.startswith("rollback (")]) == 1
    assert report.outcome is Outcome.REACTIVATED


async def test_a_taking_back_that_is_under_way_is_not_left_behind(launch: Launch) -> None:
    """The history is long while the scheduled end is being taken back: a fresh one begins once the answer is there."""
    trial = await launch(plan(), term_end=timedelta(days=30))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    answered = trial.world.undoing["request.schedule"] = asyncio.Event()
    passing = asyncio.create_task(trial.forward(timedelta(days=29)))  # no time passes while an undo is under way
    await trial.until("being taken back", lambda _: "undo request.schedule" in trial.world.calls)
    for _ in range(_WAKES + 20):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()

    tried = trial.world.calls.count("undo request.schedule")
    answered.set()
    await passing
    await trial.until("taken back", lambda report: not report.state.scheduled)
    await trial.handle.signal(WAKE_SIGNAL)
    await trial.until("in a fresh history", lambda report: report.state.schedule_again_after is not None)

    assert tried == 1
    assert trial.world.ledger.count("undo request.schedule") == 1


async def test_a_run_that_waits_long_goes_on_in_a_fresh_history(launch: Launch) -> None:
    """Open task, hold, dates, answers and the watch over the scheduled end survive; nothing is done twice."""
    trial = await launch(plan(), term_end=timedelta(days=60))
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    held = Hold(id=fresh(), by=ON_CALL, reason="audit")
    await trial.decide(held)
    opened = (await trial.report()).state.tasks[CABLE].since

    await trial.forward(timedelta(days=45))
    for _ in range(_WAKES):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()
    moved = await trial.handle.describe()
    carried = await trial.report()
    again = await trial.decide(held)
    await trial.forward(timedelta(days=14))
    kept = list(trial.world.ledger)
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.decide(cable_done())
    report = await trial.ended()

    assert moved.run_id != trial.handle.first_execution_run_id
    assert carried.state.tasks[CABLE].since == opened
    assert again.verdict is Verdict.ACCEPTED
    assert kept == ["change detach.pops", "change detach.vrack", "change request.schedule", "undo request.schedule"]
    assert trial.world.ledger[4:] == ["change request.schedule", "commit purge.release"]
    assert report.outcome is Outcome.CLOSED


async def test_the_next_term_is_confirmed_in_a_fresh_history(launch: Launch) -> None:
    """The next end is scheduled but its date not read when the history ends: the fresh one reads it, and goes on."""
    trial = await launch(plan(), term_end=timedelta(days=60))
    assert (await trial.complete_cable()).good
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.forward(timedelta(days=61))
    trial.world.fail(_READ_DATE, failure(Category.CONFLICT))
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.forward(timedelta(days=1))
    await trial.until("parked", lambda report: _READ_DATE in report.state.parked)
    for _ in range(_WAKES):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()
    moved = await trial.handle.describe()
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=_READ_DATE, remedy=Remedy.RETRY, reason="it answers again"))
    report = await trial.ended()

    assert moved.run_id != trial.handle.first_execution_run_id
    assert trial.world.ledger.count("change request.schedule") == 2
    assert trial.world.ledger.count("undo request.schedule") == 1
    assert report.outcome is Outcome.CLOSED


async def test_what_has_no_answer_is_read_on_in_a_fresh_history(launch: Launch) -> None:
    """Asked, no answer: the fresh history keeps the deadline, goes on reading, and sends nothing again by itself."""
    trial = await launch(plan(), faulty={_RELEASE: [failure(Category.UNKNOWN_OUTCOME, "connection cut")]})
    trial.world.standing[_RELEASE] = EffectStatus.UNKNOWN
    assert (await trial.complete_cable()).good
    await trial.forward(timedelta(days=30, minutes=6))
    asked = await trial.until("asked", lambda report: report.state.step(_RELEASE).status is StepStatus.IN_DOUBT)
    for _ in range(_WAKES):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()
    moved = await trial.handle.describe()
    carried = await trial.report()
    await trial.decide(Resolve(id=fresh(), by=ON_CALL, step=_RELEASE, remedy=Remedy.SKIP, reason="the panel shows it"))
    report = await trial.ended()

    assert moved.run_id != trial.handle.first_execution_run_id
    assert carried.state.step(_RELEASE).late_at == asked.state.step(_RELEASE).late_at
    assert trial.world.calls.count(f"commit {_RELEASE}") == 1
    assert report.outcome is Outcome.CLOSED


async def test_a_task_that_is_completed_while_held_in_a_fresh_history_is_done(launch: Launch) -> None:
    """Nobody is asked again for what a person said is done, whatever history the hold and the answer fall into."""
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    for _ in range(_WAKES):
        await trial.handle.signal(WAKE_SIGNAL)
        await trial.under_way()
    moved = await trial.handle.describe()
    await trial.complete_cable()
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    report = await trial.ended()

    assert moved.run_id != trial.handle.first_execution_run_id
    assert report.outcome is Outcome.CLOSED
    assert len([told for told in trial.world.told if told.step == CABLE]) == 1
