"""The runs whose histories are kept: each scenario records one; the tests say what its history must contain.

``python -m tests.replay.scenarios`` records all of them anew and writes the fingerprints, ``… NAME`` only some. Record
anew only when a workflow was changed on purpose and no run of the old code is left; the tests look at what the
histories contain, so that nothing is lost by recording.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from tests.replay.backwards import BackwardWorkflow
from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.harness import LAUNCHER, ON_CALL, PATIENCE, Trial, approval, binary, cable_done, fresh
from tests.workflows.plans import CABLE, plan
from tests.workflows.slow import SlowRelease
from unrack.audit.export import render
from unrack.audit.fingerprint import fingerprints
from unrack.audit.histories import fetch
from unrack.contracts.calls import EffectStatus
from unrack.contracts.workflows import SEARCH_ATTRIBUTES, Resumption, RunStart
from unrack.model.decision import Complete, Hold, Reactivate, Release, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.lifecycle import Phase, Timing
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from unrack.operations.launching import begin
from unrack.operations.waking import wake_all
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.sandbox import sandbox_runner
from workflows import VERSIONING, WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
MEANT_TO_FAIL = Path(__file__).parent / "meant_to_fail"
FINGERPRINTS = Path(__file__).parent / "fingerprints.json"
RECORDER = "recorder"
"""Stands in the histories instead of a process and a machine."""

_FAST = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.timerProcessorMaxPollRPS=1000",
    "history.transferProcessorMaxPollRPS=1000",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
)
_SHORT_HISTORIES = ("limit.historyCount.suggestContinueAsNew=45",)


@dataclass(frozen=True)
class Scenario:
    """One recorded run."""

    name: str
    play: Callable[[Trial], Awaitable[None]]
    """What people and the provider do."""
    plan: Callable[[], Plan] = plan
    world: Callable[[StandIn], None] | None = None
    """What is wrong with the provider from the start."""
    server: tuple[str, ...] = ()
    """Further settings of the server that it is recorded on."""
    stands_in: type[StandIn] = StandIn
    """What stands for the provider."""
    build: str | None = None
    """Of the worker, when it is versioned."""
    workflows: Sequence[type] = WORKFLOWS
    """The code that is recorded."""
    folder: Path = HISTORIES

    @property
    def path(self) -> Path:
        """Where its history is kept."""
        return self.folder / f"{self.name}.json"


async def _closed(trial: Trial) -> None:
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL)
    await trial.decide(approval(trial.plan, LAUNCHER.name))
    await trial.decide(approval(trial.plan, "ann"))
    await trial.signal(approval(trial.plan, "bob"))
    await trial.complete_cable()
    await trial.ended()


async def _immediate(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:" + "0" * 32}))
    await trial.ended()


async def _refused(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.forward(timedelta(days=8))
    await trial.until("the token's task", lambda report: "purge.token" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:" + "0" * 32}))
    await trial.until("it is refused", lambda report: "purge.confirm" in report.state.parked)
    await _turned_round(trial)


async def _reactivated(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await _turned_round(trial)


async def _turned_round(trial: Trial) -> None:
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("the cable goes back", lambda report: f"undo.{CABLE}" in report.state.tasks)
    await trial.decide(Complete(id=fresh(), by=ON_CALL, step=f"undo.{CABLE}"))
    await trial.handle.result()


async def _held(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.forward(timedelta(days=29))
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.ended()


def _without_the_right(world: StandIn) -> None:
    world.fail("purge.confirm", failure(Category.DENIED, "the credential lacks a right"))


def _full_vrack(world: StandIn) -> None:
    world.fail("detach.pops", failure(Category.UNAVAILABLE, "no answer"))
    world.fail("detach.vrack", failure(Category.FAILED, "the vRack is full"))


async def _parked(trial: Trial) -> None:
    await trial.forward(timedelta(minutes=5))
    await trial.until("parked", lambda report: "detach.vrack" in report.state.parked)
    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step="detach.vrack", remedy=Remedy.SKIP, reason="settled by telephone")
    )
    await trial.until("it goes on", lambda report: CABLE in report.state.tasks)
    while await _at_work(trial):  # noqa: ASYNC110 - people are told before the wait begins, which belongs into this history
        await asyncio.sleep(0.05)


async def _at_work(trial: Trial) -> bool:
    described = (await trial.handle.describe()).raw_description
    return bool(described.pending_activities) or described.HasField("pending_workflow_task")


def _silent_release(world: StandIn) -> None:
    world.fail("purge.release", failure(Category.UNKNOWN_OUTCOME, "connection cut"))
    world.standing["purge.release"] = EffectStatus.UNKNOWN


async def _unknown(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.forward(timedelta(days=32))
    await trial.until("parked", lambda report: "purge.release" in report.state.parked)
    await trial.decide(
        Resolve(id=fresh(), by=ON_CALL, step="purge.release", remedy=Remedy.SKIP, reason="the panel shows it released")
    )
    await trial.ended()


async def _chained(trial: Trial) -> None:
    await trial.decide(cable_done())  # too early: refused, and the refusal stays in the history
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    for number in range(4):
        await trial.decide(Hold(id=fresh(), by=ON_CALL, reason=f"audit {number}"))
    await trial.complete_cable()
    await trial.decide(Release(id=fresh(), by=ON_CALL))
    await trial.ended()


async def _moved(trial: Trial) -> None:
    await trial.complete_cable()
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    async with _worker(trial, "v2"):
        await _make_current(trial, "v2")
        while len(await fetch(trial.env.client, trial.handle.id)) == 1:
            await wake_all(trial.env.client, RECORDER)
            await asyncio.sleep(0.1)
        await trial.decide(Release(id=fresh(), by=ON_CALL))
        await trial.ended()


async def _resumed(trial: Trial) -> None:
    """Terminated while an irreversible call is out; the resumed run finds that it happened."""
    world = trial.world
    assert isinstance(world, SlowRelease)
    await trial.complete_cable()
    passing = asyncio.create_task(trial.forward(timedelta(days=31)))
    await world.asked.wait()
    state = (await trial.report()).state
    await trial.handle.terminate()
    world.answer.set()
    await passing
    ended = await trial.handle.describe()
    resumption = Resumption(
        run_id=ended.run_id, how="terminated", died_at=datetime.now(UTC), by=ON_CALL, reason="a mistake"
    )
    start = RunStart(plan=trial.plan, launched_by=LAUNCHER, state=state, resumed=resumption)
    trial.handle = await _started(trial.env, start)
    await trial.ended()


async def _cancelled(trial: Trial) -> None:
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.handle.cancel()
    await trial.handle.result()


async def _backwards(trial: Trial) -> None:
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)


SCENARIOS = (
    Scenario("end-of-term-closed", _closed, plan=lambda: plan(quorum=2)),
    Scenario("immediate-closed", _immediate, plan=lambda: plan(timing=Timing.IMMEDIATE)),
    Scenario(
        "refused-and-turned-round", _refused, plan=lambda: plan(timing=Timing.IMMEDIATE), world=_without_the_right
    ),
    Scenario("reactivated-in-grace", _reactivated),
    Scenario("held-over-the-last-call", _held),
    Scenario("parked-and-skipped-open", _parked, world=_full_vrack),
    Scenario("outcome-unknown", _unknown, world=_silent_release),
    Scenario("fresh-history", _chained, server=_SHORT_HISTORIES),
    Scenario("moved-to-newer-workers", _moved, build="v1"),
    Scenario("resumed-after-terminate", _resumed, stands_in=SlowRelease),
    Scenario("cancel-requested", _cancelled),
)
"""`parked-and-skipped-open` is kept while it still waits for a person: open runs are replayed too."""

BACKWARDS = Scenario("detached-backwards", _backwards, workflows=(BackwardWorkflow,), folder=MEANT_TO_FAIL)
"""What today's code must refuse."""


async def record(scenario: Scenario) -> None:
    """Plays `scenario` on a real server with virtual time and keeps its history."""
    settings = [part for value in (*_FAST, *scenario.server) for part in ("--dynamic-config-value", value)]
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=settings,
        dev_server_log_level="never",
        dev_server_startup_timeout=timedelta(seconds=60),
        data_converter=DATA_CONVERTER,
        search_attributes=list(SEARCH_ATTRIBUTES),
        identity=RECORDER,
    )
    world = scenario.stands_in(term_end=datetime.now(UTC) + timedelta(days=30))
    if scenario.world is not None:
        scenario.world(world)
    async with environment:
        planned = scenario.plan()
        trial = Trial(environment, _handle(environment, str(planned.run_id)), planned, world)
        async with _worker(trial, scenario.build, scenario.workflows):
            if scenario.build is not None:
                await _make_current(trial, scenario.build)
            trial.handle = await _started(environment, RunStart(plan=planned, launched_by=LAUNCHER))
            await scenario.play(trial)
            chain = await fetch(environment.client, trial.handle.id)
        for history in chain:
            _leave_out_traces(history)
        scenario.path.parent.mkdir(exist_ok=True)
        scenario.path.write_bytes(render(chain))


def _worker(trial: Trial, build: str | None, code: Sequence[type] = WORKFLOWS) -> Worker:
    """A worker of `build`, or one without a version."""
    versioned = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(RECORDER, build or ""),
        use_worker_versioning=True,
        default_versioning_behavior=VERSIONING,
    )
    return Worker(
        trial.env.client,
        task_queue=RECORDER,
        workflows=code,
        activities=trial.world.every(),
        workflow_runner=sandbox_runner("workflows", "tests"),
        identity=RECORDER,
        **({"deployment_config": versioned} if build else {"build_id": RECORDER}),  # pyright: ignore[reportArgumentType]
    )


async def _make_current(trial: Trial, build: str) -> None:
    """Makes `build` current, as soon as the server knows it."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=trial.env.client.namespace, deployment_name=RECORDER, build_id=build
    )
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            await trial.env.client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError:
            if asyncio.get_running_loop().time() > give_up:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def _leave_out_traces(history: WorkflowHistory) -> None:
    """Tracebacks name files of the machine that recorded; no workflow reads them."""
    for event in history.events:
        failures = (
            event.activity_task_failed_event_attributes.failure,
            event.activity_task_started_event_attributes.last_failure,
            event.marker_recorded_event_attributes.failure,
        )
        for failed in failures:
            if failed.stack_trace:
                failed.stack_trace = ""


async def _started(environment: WorkflowEnvironment, start: RunStart) -> WorkflowHandle[Any, RunReport]:
    return _handle(environment, (await begin(environment.client, start, RECORDER)).id)


def _handle(environment: WorkflowEnvironment, run: str) -> WorkflowHandle[Any, RunReport]:
    """Whatever execution of the run is the latest one."""
    return environment.client.get_workflow_handle(run, result_type=RunReport)


async def record_all(names: Sequence[str]) -> None:
    """Records the named scenarios, or all, and writes the fingerprints."""
    for scenario in (*SCENARIOS, BACKWARDS):
        if not names or scenario.name in names:
            await record(scenario)
            sys.stdout.write(f"{scenario.path.name}: {scenario.path.stat().st_size} bytes\n")
    FINGERPRINTS.write_text(json.dumps(fingerprints(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record_all(sys.argv[1:]))
