"""The processes that are killed: a worker and a simulator for one run each, forked from a process that has loaded all.

Real processes, real SIGKILL. Three things differ from a worker in use: the simulator's clock follows the virtual time;
what the process comes by is written down, so that it can be killed exactly there the next time; and workflow code runs
without the sandbox, which takes seconds to load in each of a thousand processes.
"""

import asyncio
import contextlib
import multiprocessing
import os
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol

import httpx2
from temporalio import activity
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from activities import Dependencies, build_activities
from chaos.death import MortalCalls, Place, Reaper
from tests.workflows.rehearsal import environment_of
from unrack import simulator as sim
from unrack.contracts.workflows import DECOMMISSION
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category
from unrack.policy.enforcement import Enforcement, nothing_rules
from unrack.providers.credentials import Credentials
from unrack.providers.registry import Providers
from unrack.temporal.arrivals import EngineArrivals
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.query_eviction import QueryEvictionRunner
from unrack.temporal.visibility import EngineSurvey
from workflows import WORKFLOWS

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["chaos.victims"])

_STICKY = timedelta(seconds=1)
_AT_ONCE = timedelta(milliseconds=10)
_SIMULATOR_BACK = 30.0


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """What a worker process works on."""

    address: str
    queue: str
    simulator: str
    simulator_key: Path
    evidence: str
    passed: Path
    deadly: Place | None


@dataclass(frozen=True, slots=True)
class SimulatorJob:
    """What a simulator process serves."""

    folder: Path
    port: int
    """0 for a free one."""
    listens: Path
    """The file into which it writes its address."""
    seed: sim.Seed
    passed: Path
    deadly: Place | None


def work(job: WorkerJob) -> None:
    """Runs a worker until it is killed."""
    _die_with_parent()
    _log_to(job.passed.with_name("worker.log"))
    asyncio.run(_work(job))


def simulate(job: SimulatorJob) -> None:
    """Serves a simulator until it is killed."""
    _die_with_parent()
    _log_to(job.passed.with_name("simulator.log"))
    asyncio.run(_simulate(job))


async def _work(job: WorkerJob) -> None:
    client = await Client.connect(job.address, data_converter=DATA_CONVERTER)
    providers = Providers(Credentials(environment_of(job.simulator, job.simulator_key)))
    evidence = EvidenceStore(job.evidence)
    dependencies = Dependencies(
        providers,
        evidence,
        EngineHolds(client),
        runs=EngineSurvey(client),
        access=Enforcement(nothing_rules, allow_stated=False),
        arrivals=EngineArrivals(client),
    )
    reaper = Reaper(job.passed, job.deadly)
    runner = QueryEvictionRunner(_MortalRunner(UnsandboxedWorkflowRunner(), reaper))
    async with httpx2.AsyncClient(base_url=job.simulator, trust_env=False, timeout=10) as http:
        worker = Worker(
            client,
            task_queue=job.queue,
            workflows=WORKFLOWS,
            activities=build_activities(dependencies),
            interceptors=[_Mortal(reaper), _ProviderTime(http)],
            workflow_runner=runner,
            sticky_queue_schedule_to_start_timeout=_STICKY,
            build_id="chaos",  # else each process reads every module to make one
        )
        runner.serve(worker)
        await worker.run()


async def _simulate(job: SimulatorJob) -> None:
    reaper = Reaper(job.passed, job.deadly)
    simulator = sim.Simulator.create(job.folder, job.seed, lambda app: MortalCalls(app, reaper))
    async with simulator.serve(job.port) as address:
        draft = job.listens.with_suffix(".new")
        draft.write_text(address, encoding="utf-8")
        draft.replace(job.listens)
        await asyncio.Event().wait()


def _log_to(file: Path) -> None:
    """What this process says goes into `file`, beside its other traces."""
    with file.open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)


def _die_with_parent() -> None:
    """Ends this process when the one that wanted it ends, however that ends."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class _Mortal(Interceptor):
    """Stands before and after every attempt at an activity."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _MortalAttempt(next, self._reaper)


class _MortalAttempt(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, reaper: Reaper) -> None:
        super().__init__(inner)
        self._reaper = reaper

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        info = activity.info()
        if info.workflow_type != DECOMMISSION:
            return await super().execute_activity(input)
        number = self._reaper.begin(info.activity_id)
        self._reaper.at(Place(info.activity_id, number, "before", info.activity_type))
        try:
            return await super().execute_activity(input)
        finally:
            self._reaper.at(Place(info.activity_id, number, "after", info.activity_type))


class _ProviderTime(Interceptor):
    """Sets the simulator's clock, before every activity, to the virtual time at which it was asked for.

    Waits between attempts are real, since the server skips none: here they pass at the provider alone.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._ahead: timedelta | None = None
        """What passed at the provider while activities waited for their next attempt."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _AtVirtualTime(next, self)

    async def follow(self, virtual: datetime) -> None:
        """Shows `virtual` and what is ahead of it; never goes back. Waits for a simulator that is restarted."""
        shown = datetime.fromisoformat((await self._call("GET"))["now"])
        if self._ahead is None:
            self._ahead = max(timedelta(0), shown - virtual)
        if virtual + self._ahead > shown:
            with contextlib.suppress(httpx2.HTTPStatusError):  # another activity set it a moment ago
                await self._call("PUT", {"set": (virtual + self._ahead).isoformat()})

    async def pass_at_provider(self, span: timedelta) -> None:
        """Lets time pass at the provider alone."""
        self._ahead = (self._ahead or timedelta(0)) + span

    async def _call(self, method: str, body: dict[str, str] | None = None) -> dict[str, str]:
        async with asyncio.timeout(_SIMULATOR_BACK):
            while True:
                try:
                    answer = await self._http.request(method, "/_simulator/clock", json=body)
                    answer.raise_for_status()
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return answer.json()


class _AtVirtualTime(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, time: _ProviderTime) -> None:
        super().__init__(inner)
        self._time = time

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        asked = getattr(input.args[0], "asked_at", None)
        await self._time.follow(max(filter(None, [asked, activity.info().current_attempt_scheduled_time])))
        try:
            return await super().execute_activity(input)
        except ApplicationError as error:
            if error.type != Category.NOT_YET.value or error.next_retry_delay is None:
                raise
            await self._time.pass_at_provider(error.next_retry_delay)
            raise ApplicationError(
                error.message, *error.details, type=error.type, next_retry_delay=_AT_ONCE, category=error.category
            ) from None


class _Instance(Protocol):
    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion: ...


class _MortalRunner(WorkflowRunner):
    """Runs workflows as `inner` does, and stands between working out a task and answering it."""

    def __init__(self, inner: WorkflowRunner, reaper: Reaper) -> None:
        self._inner = inner
        self._reaper = reaper

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own type is private
        self._inner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:  # noqa: ANN401 - as above
        self._inner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = self._inner.create_instance(det)
        if det.info.workflow_type == DECOMMISSION:
            _stand_behind(instance, self._reaper)
        return instance


def _stand_behind(instance: _Instance, reaper: Reaper) -> None:
    inner = instance.activate

    def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = inner(act)
        real = {job.WhichOneof("variant") for job in act.jobs} - {"query_workflow", "remove_from_cache"}
        if real and not act.is_replaying:
            reaper.task(act.history_length)
        return completion

    instance.activate = activate
