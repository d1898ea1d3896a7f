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
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, cable_done, fresh, strict_runner
from tests.workflows.office import INSTALLATION, LEA, OMAR, Office, signed
from tests.workflows.plans import of_its_own, plan
from tests.workflows.test_no_worker import until_a_timer_fires
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


@pytest.mark.parametrize("cached", [0, 100])
async def test_a_hold_that_was_sent_in_time_counts_after_weeks_without_a_worker(
    env: WorkflowEnvironment, cached: int
) -> None:
    """One that was sent after its time does not, though both are taken in together; and the history replays.

    Its times are at their bounds when it is taken in: had a worker seen another time than a replay does, it would have
    gone another way. Looks come from the first moment on, by which a worker without memory is begun.
    """
    office, queue = Office(), f"late-{uuid.uuid4().hex}"
    made = of_its_own(plan(), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    async with _worked(trial, queue, office, cached):
        await trial.until("the cable", lambda report: "handover.remove-cable" in report.state.tasks)
        state = (await trial.report()).state
        assert (await trial.decide(office.sign(made, state, cable_done(), OMAR))).good
        state = (await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)).state
    in_time, too_late = (
        office.sign(made, state, Hold(id=fresh(), by=ON_CALL, reason=each), OMAR) for each in ("in time", "too late")
    )
    await trial.signal(in_time)
    passing = await until_a_timer_fires(trial)
    await trial.signal(too_late)
    async with _worked(trial, queue, office, cached):
        report = await trial.until(
            "both are judged", lambda report: report.state.denials > 0 and not report.state.unjudged
        )
        passing.cancel()
        await end(env.client, trial)
    await replay(env.client, trial)

    assert [hold.reason for hold in report.state.holds] == ["in time"]
    assert [each.answer.why for each in report.state.denied] == [Refusal.EXPIRED]
    assert report.state.passed_no_return_at is None


async def _past(moment: datetime) -> None:
    while datetime.now(UTC) <= moment:  # noqa: ASYNC110 - time itself is waited for
        await asyncio.sleep(0.1)


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
