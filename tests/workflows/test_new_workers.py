"""Runs outlive their workers: on a real server with two worker deployment versions, the old one stopped afterwards."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import WorkflowHistory
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig
from temporalio.workflow import ContinueAsNewVersioningBehavior

from tests.workflows.conftest import end
from tests.workflows.harness import LAUNCHER, ON_CALL, PATIENCE, Trial, fresh, strict_runner
from tests.workflows.plans import CABLE, of_its_own, plan
from tests.workflows.slow import SlowRelease
from unrack.audit.histories import fetch, recorded
from unrack.audit.replay import replay
from unrack.contracts.installation_holds import holds_id
from unrack.contracts.reconciliation import RunSeen
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, WAKE_SIGNAL, RunStart
from unrack.model.decision import Hold, Release, Verdict
from unrack.model.errors import Category, Problem
from unrack.model.installation_hold import LiftHolds, PlaceHold
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus
from unrack.model.service import ProviderClock
from unrack.model.state import Parked, RunReport, RunState
from unrack.operations.launching import begin, first_view
from unrack.operations.waking import wake_all
from unrack.temporal import visibility
from unrack.temporal.installation_holds import record, standing
from unrack.temporal.visibility import EngineSurvey
from workflows import VERSIONING, WORKFLOWS, versioning

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

END = "purge.end"
DONE = ["change detach.pops", "change detach.vrack", "change request.schedule"]


@dataclass
class Deployment:
    """Workers of several builds, on one queue."""

    env: WorkflowEnvironment
    world: SlowRelease
    queue: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")
    workers: dict[str, Worker] = field(default_factory=dict[str, Worker])

    async def roll_out(self, build: str) -> None:
        """Starts a worker of `build` and makes it current."""
        config = WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(self.queue, build),
            use_worker_versioning=True,
            default_versioning_behavior=VERSIONING,
        )
        self.workers[build] = Worker(
            self.env.client,
            task_queue=self.queue,
            workflows=WORKFLOWS,
            activities=self.world.every(),
            workflow_runner=strict_runner(),
            deployment_config=config,
        )
        await self.workers[build].__aenter__()
        await self._make_current(build)

    async def stop(self, build: str) -> None:
        """Stops the worker of `build`."""
        await self.workers.pop(build).__aexit__(None, None, None)

    async def launch(self) -> Trial:
        """A run on the current build."""
        planned = of_its_own(plan(), self.queue)
        handle = await begin(self.env.client, RunStart(plan=planned, launched_by=LAUNCHER), self.queue)
        return Trial(
            self.env, self.env.client.get_workflow_handle(handle.id, result_type=RunReport), planned, self.world
        )

    async def build_of(self, trial: Trial) -> str:
        """The build that the run is pinned to."""
        described = await trial.handle.describe()
        return described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id

    async def until_on(self, trial: Trial, build: str) -> None:
        """Lets the run look again, a minute later each time, until it is on `build`.

        The server tells runs of a new build a moment after it was made current.
        """
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while await self.build_of(trial) != build:
            if asyncio.get_running_loop().time() > give_up:
                pytest.fail(f"not on {build}, still on {await self.build_of(trial)}")
            await asyncio.sleep(0.1)
            await wake_all(self.env.client, self.queue)

    async def _make_current(self, build: str) -> None:
        """Makes `build` current; the server knows a build only some moments after its first poll."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.env.client.namespace, deployment_name=self.queue, build_id=build
        )
        give_up = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                await self.env.client.workflow_service.set_worker_deployment_current_version(request)
            except RPCError:
                if asyncio.get_running_loop().time() > give_up:
                    raise
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture
async def deployment(env: WorkflowEnvironment) -> AsyncIterator[Deployment]:
    """The first build is out."""
    async with AsyncExitStack() as stack:
        world = SlowRelease(term_end=datetime.now(UTC) + timedelta(days=30))
        deployed = Deployment(env, world)
        await deployed.roll_out("v1")
        yield deployed
        for build in list(deployed.workers):
            stack.push_async_callback(deployed.stop, build)


async def test_a_run_in_grace_moves_and_loses_nothing(deployment: Deployment) -> None:
    """Woken after a deploy, it goes on with the new workers alone; answers, holds, dates, processed ids are there."""
    trial = await deployment.launch()
    await trial.complete_cable()
    before = await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    held = Hold(id=fresh(), by=ON_CALL, reason="audit")
    judged = await trial.decide(held)

    await deployment.roll_out("v2")
    unmoved = await deployment.build_of(trial)
    woken = await wake_all(deployment.env.client, deployment.queue)
    await deployment.until_on(trial, "v2")
    await deployment.stop("v1")
    after = await trial.until("an answer", lambda report: bool(report.state.holds))
    again = await trial.decide(held)
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    deployment.world.answer.set()
    report = await trial.ended()

    chain = await fetch(deployment.env.client, trial.handle.id)
    assert unmoved == "v1"
    assert woken == 1
    assert (judged.verdict, again) == (Verdict.ACCEPTED, judged)
    assert after.purge_not_before == before.purge_not_before
    assert after.state.moves == 0
    assert after.state.step(CABLE).evidence == before.state.step(CABLE).evidence
    assert report.outcome is Outcome.CLOSED
    assert trial.world.ledger == [*DONE, "commit purge.release"]
    assert [builds(history) for history in chain] == [{"v1"}, {"v2"}]
    assert all(verdict.agrees for verdict in await replay(recorded(chain)))


async def test_a_move_does_not_move_a_deadline(deployment: Deployment) -> None:
    """What is awaited must be there when it had to be before the move: then the step parks, and people hear of it."""
    trial = await deployment.launch()
    await trial.complete_cable()
    await trial.forward(timedelta(days=28, hours=12))
    await trial.handle.signal(WAKE_SIGNAL)  # it would first look at the provider's date
    begun = await trial.until("it awaits the end", lambda report: report.state.step(END).late_at is not None)
    deployment.world.ends_at = datetime.now(UTC) + timedelta(days=300)

    await trial.forward(timedelta(days=3))
    await deployment.roll_out("v2")
    await deployment.until_on(trial, "v2")
    await trial.forward(timedelta(days=2, hours=1))
    report = await trial.until("parked", lambda report: END in report.state.parked)

    late_at = begun.state.step(END).late_at
    assert late_at is not None
    assert report.state.parked[END].reason is ParkReason.RETRIES_EXHAUSTED
    assert late_at <= report.state.parked[END].since < late_at + timedelta(hours=1)
    await end(deployment.env.client, trial)


async def test_a_run_in_an_irreversible_step_does_not_move(deployment: Deployment) -> None:
    """While an irreversible call is out, neither a deploy nor a wake-up moves the run: its answer is not lost."""
    world = deployment.world
    trial = await deployment.launch()
    await trial.complete_cable()
    passing = asyncio.create_task(trial.forward(timedelta(days=31)))
    await asyncio.wait_for(world.asked.wait(), PATIENCE)

    await deployment.roll_out("v2")
    await wake_all(deployment.env.client, deployment.queue)
    seen = await trial.until("woken", lambda report: report.state.step("purge.release").status is StepStatus.RUNNING)
    meanwhile = await deployment.build_of(trial)
    world.answer.set()
    await passing
    report = await trial.ended()

    assert meanwhile == "v1"
    assert seen.state.outcome is None
    assert report.outcome is Outcome.CLOSED
    assert world.ledger.count("commit purge.release") == 1
    assert len(await fetch(deployment.env.client, trial.handle.id)) == 1


def test_a_run_does_not_go_round_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some moves in a row that did not arrive, a run stays where it is; once it arrived, it may move again."""
    now, newer = datetime.now(UTC), True
    monkeypatch.setattr(versioning, "_newer", lambda: newer)
    clock = ProviderClock(read_at=now, shown=now)
    state = RunState(plan_digest=plan().digest, launched_by=LAUNCHER, launched_at=now, clock=clock)

    moves = [versioning.where_to(state) for _ in range(versioning.MOST_IN_VAIN + 1) if versioning.due(plan(), state)]
    stuck = versioning.due(plan(), state)
    newer = False
    arrived = versioning.due(plan(), state)
    newer = True

    assert moves == [ContinueAsNewVersioningBehavior.AUTO_UPGRADE] * versioning.MOST_IN_VAIN
    assert not stuck
    assert not arrived
    assert versioning.due(plan(), state)


def test_a_run_does_not_move_while_its_end_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that takes a scheduled end back is not left behind by a move; parked, nothing is under way."""
    monkeypatch.setattr(versioning, "_newer", lambda: True)
    now = datetime.now(UTC)
    clock = ProviderClock(read_at=now, shown=now)
    state = RunState(plan_digest=plan().digest, launched_by=LAUNCHER, launched_at=now, clock=clock)
    state.step("undo.request.schedule").status = StepStatus.UNDOING

    taking_back = versioning.due(plan(), state)
    problem = Problem(category=Category.FAILED, message="no")
    state.parked["undo.request.schedule"] = Parked(
        step="undo.request.schedule", reason=ParkReason.REFUSED, since=now, problem=problem
    )

    assert not taking_back
    assert versioning.due(plan(), state)


async def test_a_run_is_not_lost_to_workers_that_cannot_read_its_state(deployment: Deployment) -> None:
    """Older workers that do not know a field of a carried state fail its task, not the run; that is reported."""
    now = datetime.now(UTC)
    clock = ProviderClock(read_at=now, shown=now)
    state = RunState(plan_digest=plan().digest, launched_by=LAUNCHER, launched_at=now, clock=clock)
    start = RunStart(plan=plan(), launched_by=LAUNCHER, state=state).model_dump(mode="json")
    start["state"]["field-of-tomorrow"] = 1
    client = deployment.env.client
    handle = await client.start_workflow(
        DECOMMISSION,
        start,
        id=f"tomorrow-{deployment.queue}",
        task_queue=deployment.queue,
        memo={MEMO_VIEW: first_view(plan())},
    )

    give_up = asyncio.get_running_loop().time() + PATIENCE
    while not (seen := await surveyed(deployment)).stuck:
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.5)
    await handle.terminate()

    assert seen.open
    assert "failed 3 times in a row" in seen.stuck


async def test_a_run_whose_workers_are_gone_is_reported(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old workers that were stopped too early leave a run stuck: reconciliation says on which build."""
    trial = await deployment.launch()
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await deployment.roll_out("v2")
    well = await surveyed(deployment)
    await deployment.stop("v1")
    monkeypatch.setattr(visibility, "FRESH", timedelta(0))  # the server remembers a worker's last call for minutes

    stuck = await surveyed(deployment)
    await end(deployment.env.client, trial)

    assert well.stuck == ""
    assert stuck.stuck.startswith(f"it is pinned to the build {deployment.queue}:v1")


async def test_every_workflow_is_pinned(deployment: Deployment) -> None:
    """The behaviour that the worker declares is what the server records for a run."""
    trial = await deployment.launch()
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    described = (await trial.handle.describe()).raw_description.workflow_execution_info.versioning_info

    assert described.behavior == VERSIONING.value
    await end(deployment.env.client, trial)


async def surveyed(deployment: Deployment) -> RunSeen:
    """The one run of the queue, as reconciliation sees it."""
    pages = EngineSurvey(deployment.env.client).pages(deployment.queue, b"")
    (run,) = [run async for page in pages for run in page.runs]
    return run


def builds(history: WorkflowHistory) -> set[str]:
    """The builds whose workers completed tasks of a history."""
    done = [event.workflow_task_completed_event_attributes for event in history.events]
    return {each.deployment_version.build_id for each in done if each.deployment_version.build_id}


async def test_the_register_of_holds_moves_to_newer_workers(deployment: Deployment) -> None:
    """It never ends, so it must not keep an old build for ever: woken, it goes on there with every hold."""
    client, queue = deployment.env.client, deployment.queue
    await record(client, queue, PlaceHold(id=fresh(), by=ON_CALL, reason="incident"))
    before = await standing(client, queue)
    handle = client.get_workflow_handle(holds_id(queue))

    async def build() -> str:
        info = (await handle.describe()).raw_description.workflow_execution_info
        return info.versioning_info.deployment_version.build_id

    await deployment.roll_out("v2")
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while await build() != "v2":
        assert asyncio.get_running_loop().time() < give_up, f"still on {await build()}"
        await asyncio.sleep(0.2)
        await wake_all(client, queue)
    await deployment.stop("v1")
    after = await standing(client, queue)
    answer, _ = await record(client, queue, PlaceHold(id=fresh(), by=ON_CALL, reason="another"))
    await record(client, queue, LiftHolds(id=fresh(), by=ON_CALL, reason="the test is over"))
    await handle.terminate("the test is over")

    assert [hold.id for hold in after] == [hold.id for hold in before] == ["a1"]
    assert answer.holds == ("a2",)
