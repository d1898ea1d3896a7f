"""Dates pass and decisions come while no worker runs: once one is back, times decide, not what came first."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.conftest import end, replay
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, ON_CALL, PATIENCE, Trial, fresh, strict_runner
from tests.workflows.plans import of_its_own, plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Extend, Hold
from unrack.model.lifecycle import Phase
from unrack.operations.launching import begin
from workflows import WORKFLOWS


@asynccontextmanager
async def worked(trial: Trial, queue: str) -> AsyncGenerator[None]:
    """A worker, for as long as this lasts."""
    async with Worker(
        trial.env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=trial.world.every(),
        workflow_runner=strict_runner(),
    ):
        yield


@asynccontextmanager
async def begun(env: WorkflowEnvironment) -> AsyncGenerator[tuple[Trial, str]]:
    """A run at its launch, and its queue; it ends with the test, and its history must replay."""
    queue = f"test-{uuid.uuid4().hex}"
    made = of_its_own(plan(), queue)
    handle = await begin(env.client, RunStart(plan=made, launched_by=LAUNCHER), queue)
    trial = Trial(env, handle, made, StandIn(term_end=datetime.now(UTC) + timedelta(days=30)))
    yield trial, queue
    await end(env.client, trial)
    await replay(env.client, trial)


async def to_grace(trial: Trial) -> None:
    """Up to grace, which ends two days before the term."""
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)


async def until_a_timer_fires(trial: Trial) -> "asyncio.Task[bool]":
    """Lets time pass up to the next timer, which no worker hears of; time goes on passing beside what follows."""
    passing = asyncio.create_task(trial.env.fast_forward(trial.handle, timedelta(days=28, hours=2)))
    async with asyncio.timeout(PATIENCE):
        while not await fired(trial):  # noqa: ASYNC110 - a remote condition
            await asyncio.sleep(0.1)
    return passing


async def fired(trial: Trial) -> bool:
    """Whether the last thing that happened to the run is a timer."""
    history = await trial.handle.fetch_history()
    kinds = [event.event_type for event in history.events[-2:]]
    return EventType.EVENT_TYPE_TIMER_FIRED in kinds


async def test_a_hold_that_came_after_the_end_of_grace_stops_the_purge(env: WorkflowEnvironment) -> None:
    """The timer of grace fired, then the hold was signalled, then a worker came back: nothing is purged."""
    async with begun(env) as (trial, queue):
        async with worked(trial, queue):
            await to_grace(trial)
        passing = await until_a_timer_fires(trial)
        await trial.signal(Hold(id=fresh(), by=ON_CALL, reason="a customer called"))
        async with worked(trial, queue):
            report = await trial.until("the hold", lambda report: bool(report.state.holds))

            passing.cancel()
            assert report.state.passed_no_return_at is None
            assert any("held" in each.text or "hold" in each.text for each in report.purge_blockers)


async def test_grace_is_extended_after_its_end_while_nobody_worked(env: WorkflowEnvironment) -> None:
    """The extension counts from the end that grace had: its new end is waited for."""
    async with begun(env) as (trial, queue):
        async with worked(trial, queue):
            await to_grace(trial)
            before = (await trial.report()).purge_not_before
        passing = await until_a_timer_fires(trial)
        await trial.signal(Extend(id=fresh(), by=ON_CALL, by_span=timedelta(days=5), reason="more time"))
        async with worked(trial, queue):
            report = await trial.until("the extension", lambda report: bool(report.state.grace.extensions))

            assert before is not None
            passing.cancel()
            assert report.state.passed_no_return_at is None
            assert report.state.phase is Phase.GRACE
            assert report.purge_not_before == before + timedelta(days=5)
