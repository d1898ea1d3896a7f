"""Ten thousand forged holds at one run, most of them while no worker is there: it answers, and goes on to grace."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.conftest import end
from tests.workflows.fake_provider import StandIn
from tests.workflows.forging import forged_hold, like
from tests.workflows.harness import LAUNCHER, Trial, approval, cable_done
from tests.workflows.office import ANN, OMAR, Office
from tests.workflows.plans import CABLE, of_its_own, plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Hold, Verdict
from unrack.model.lifecycle import Phase
from unrack.operations.launching import begin
from unrack.temporal.plugin import plugin
from workflows import WORKFLOWS

AT_A_TIME = 50
"""Senders at once: they keep the server as busy as it gets."""


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_ten_thousand_forged_holds_do_not_hurt_a_run(env: WorkflowEnvironment) -> None:
    """All that the server takes for a run without a worker comes in one task; more come while it works."""
    office, queue = Office(), f"test-{uuid.uuid4().hex}"
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    made = of_its_own(plan(quorum=1), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    async with _serving(env, queue, world):
        report = await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    fake = forged_hold(office, trial.plan, report.state)

    await _flood(trial, fake, 9_000)
    async with _serving(env, queue, world):
        first = await trial.report()
        await trial.until("all are answered", lambda report: report.state.denials >= 9_000)
        await asyncio.gather(_flood(trial, fake, 1_000), trial.report())
        report = await trial.until("these, too", lambda report: report.state.denials >= 10_000)
        yes = office.sign(trial.plan, report.state, approval(trial.plan, ANN), ANN)
        assert (await trial.decide(yes)).verdict is Verdict.ACCEPTED
        state = (await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)).state
        done = office.sign(trial.plan, state, cable_done(), OMAR)
        assert (await trial.decide(done)).verdict is Verdict.ACCEPTED
        report = await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
        history = await trial.handle.describe()
        await end(env.client, trial)

    assert first.state.phase is Phase.APPROVAL
    assert not report.state.holds
    assert len(report.state.model_dump_json()) < 400_000
    assert history.run_id != trial.handle.first_execution_run_id, "it is still in its first history"


@asynccontextmanager
async def _serving(env: WorkflowEnvironment, queue: str, world: StandIn) -> AsyncGenerator[None]:
    """A worker as installations run it."""
    async with Worker(
        env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=world.every(),
        plugins=[plugin()],
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield


async def _flood(trial: Trial, fake: Hold, count: int) -> None:
    several = asyncio.Semaphore(AT_A_TIME)

    async def send() -> None:
        async with several:
            await trial.signal(like(fake))

    await asyncio.gather(*(send() for _ in range(count)))
