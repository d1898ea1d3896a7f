"""A signed decision is sent, and no worker is there until it has expired: what counts is when the server had it."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.verify import Verify
from tests.workflows.conftest import end, replay
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, fresh, strict_runner
from tests.workflows.office import INSTALLATION, LEA, OMAR, Office, signed
from tests.workflows.plans import of_its_own, plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Hold
from unrack.model.lifecycle import Phase
from unrack.model.statement import LaunchStatement, Refusal
from unrack.operations.launching import begin
from unrack.temporal.arrivals import EngineArrivals
from workflows import WORKFLOWS


@asynccontextmanager
async def _worked(trial: Trial, queue: str, office: Office, cached: int) -> AsyncGenerator[None]:
    """A worker that verifies as real ones do, for as long as this lasts."""
    real = Verify(office, EngineArrivals(trial.env.client))  # type: ignore[arg-type]
    played = [each for each in trial.world.every() if each.__name__ not in ("admit", "verify")]
    async with Worker(
        trial.env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[*played, real.admit, real.verify],
        workflow_runner=strict_runner(),
        max_cached_workflows=cached,
        max_concurrent_workflow_tasks=2,
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield


async def _past(moment: datetime) -> None:
    while datetime.now(UTC) <= moment:  # noqa: ASYNC110 - time itself is waited for
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("cached", [0, 100])
async def test_a_hold_that_was_sent_in_time_counts_however_late_a_worker_comes(
    env: WorkflowEnvironment, cached: int
) -> None:
    """One that was sent after its time does not, though both are taken in together; and the history replays.

    Its time is over when it is taken in: had the worker seen another time than a replay does, it would have gone
    another way. Looks come from the first moment on, by which a worker that remembers nothing is begun.
    """
    office, queue = Office(), f"late-{uuid.uuid4().hex}"
    made = of_its_own(plan(quorum=1), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    async with _worked(trial, queue, office, cached):
        state = (await trial.until("it waits", lambda report: report.state.phase is Phase.APPROVAL)).state
    soon = datetime.now(UTC) + timedelta(seconds=5)
    in_time, too_late = (
        office.sign(
            made,
            state,
            Hold(id=fresh(), by=ON_CALL, reason=each),
            OMAR,
            at=soon - timedelta(hours=1),
            expires=soon,
        )
        for each in ("in time", "too late")
    )
    await trial.signal(in_time)
    await _past(soon)
    await trial.signal(too_late)
    async with _worked(trial, queue, office, cached):
        report = await trial.until("both are judged", lambda report: len(report.state.holds) + report.state.denials > 1)
        await end(env.client, trial)
    await replay(env.client, trial)

    assert [hold.reason for hold in report.state.holds] == ["in time"]
    assert [each.answer.why for each in report.state.denied] == [Refusal.EXPIRED]


async def test_what_expires_between_arrival_and_judgement_counts(env: WorkflowEnvironment) -> None:
    """The worker that took it in dies before anybody has verified it; the next one remembers nothing and replays."""
    office, queue = Office(), f"late-{uuid.uuid4().hex}"
    made = of_its_own(plan(quorum=1), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    async with _worked(trial, queue, office, cached=100):
        state = (await trial.until("it waits", lambda report: report.state.phase is Phase.APPROVAL)).state
        office.shut, soon = asyncio.Event(), datetime.now(UTC) + timedelta(seconds=5)
        hold, signed_at = Hold(id=fresh(), by=ON_CALL, reason="stop"), soon - timedelta(hours=1)
        await trial.signal(office.sign(made, state, hold, OMAR, at=signed_at, expires=soon))
        await trial.until("it is being verified", lambda _: bool(office.batches))
    office.shut = None
    await _past(soon)
    async with _worked(trial, queue, office, cached=0):
        report = await trial.until("it is judged", lambda report: bool(report.state.holds or report.state.denials))
        await end(env.client, trial)
    await replay(env.client, trial)

    assert [hold.reason for hold in report.state.holds] == ["stop"]


async def test_a_launch_counts_when_the_server_had_it(env: WorkflowEnvironment) -> None:
    """No worker was there until it had expired: it was in time all the same, and nobody need launch it again."""
    office, queue = Office(), f"late-{uuid.uuid4().hex}"
    made, soon = of_its_own(plan(), queue), datetime.now(UTC) + timedelta(seconds=5)
    statement = LaunchStatement(
        installation=INSTALLATION,
        run=str(made.run_id),
        plan=made.digest,
        signer=LEA,
        at=soon - timedelta(hours=1),
        expires=soon,
    )
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=signed(statement, LEA))
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    await _past(soon)
    async with _worked(trial, queue, office, cached=100):
        report = await trial.until("it begins", lambda report: report.outcome is not None or bool(report.state.tasks))
        await end(env.client, trial)
    await replay(env.client, trial)

    assert report.outcome is None
    assert report.state.launched_by.name == LEA
