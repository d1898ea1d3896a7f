"""One run on stage: its server, worker and simulator as processes, and the people who do their part."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from chaos.courses import CABLE, TOKEN, Course
from chaos.death import Place
from chaos.processes import Kept, kept, written
from chaos.victims import SimulatorJob, WorkerJob, simulate, work
from tests.workflows.harness import LAUNCHER, ON_CALL, approval, fresh
from tests.workflows.rehearsal import EXAMPLES, RUNBOOKS, completion
from unrack import simulator as sim
from unrack.contracts.workflows import DECIDE_UPDATE, REPORT_QUERY
from unrack.evidence.store import EvidenceStore
from unrack.local.child_specs import polls
from unrack.local.embedded_server import EmbeddedServer
from unrack.model import approvals
from unrack.model.decision import Decision, DecisionResult, Envelope, Reactivate, Remedy, Resolve
from unrack.model.ids import undone_step
from unrack.model.lifecycle import LIFECYCLE, ParkReason, Phase, StepKind, StepStatus
from unrack.model.plan import Plan
from unrack.model.state import OpenTask, Parked, RunReport
from unrack.operations.launching import launch
from unrack.operations.planning import RequestToPlan, make_plan, read_request
from unrack.simulator.challenge import KEY_FILE
from unrack.temporal.converter import DATA_CONVERTER

VIRTUAL_CLOCKS = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": 100000,
}
TIMEOUT = 150.0
"""Real seconds that a run may take, kills and the timeouts that notice them included."""

_ASK = "purge.ask-termination"
_MAIL_TAKES = timedelta(minutes=31)
_PACE = {StepKind.COMMIT: timedelta(minutes=3), StepKind.AWAIT: timedelta(hours=12), StepKind.WAIT: timedelta(hours=8)}
_VERIFYING = timedelta(days=4)
_A_WHILE = timedelta(minutes=20)
_POLL_EVERY = 0.15
_ASKED_AGAIN = 8.0
"""Real seconds after which a question that was lost with a worker or a server is asked again."""


@dataclass
class Stage:
    """One run in progress."""

    course: Course
    server: EmbeddedServer
    worker: Kept
    simulator: Kept
    client: Client
    skipper: TimeSkipper
    http: httpx2.AsyncClient
    evidence: EvidenceStore
    plan: Plan
    before: Any
    """The service's configuration at the launch, by the simulator's own account."""
    server_dies_in: Phase | None = None
    server_dies_in_rollback: bool = False
    server_deaths: int = 0
    parked: tuple[str, ...] = ()
    """What parked on the way, as ``step: reason``."""

    @property
    def handle(self) -> WorkflowHandle[Any, RunReport]:
        """The run."""
        return self.client.get_workflow_handle(str(self.plan.run_id), result_type=RunReport)

    async def play(self) -> RunReport:
        """People do what is asked of them, and time passes, until the run has ended.

        Raises:
            TimeoutError: it has not ended in `TIMEOUT`.
        """
        async with asyncio.timeout(TIMEOUT):
            while True:
                with contextlib.suppress(TemporalError, RPCError, httpx2.TransportError, TimeoutError):
                    report = await self._asked(self.handle.query(REPORT_QUERY, result_type=RunReport))
                    await self._kill_server(report)
                    if report.outcome is not None and await self._is_over():
                        return report
                    if not await self._people(report):
                        await self._pass_time(report)
                await asyncio.sleep(_POLL_EVERY)

    async def admin(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Calls the simulator's own API."""
        answer = await self.http.request(method, f"/_simulator{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def ledger(self) -> list[sim.LedgerEntry]:
        """Every mutating call that the provider received."""
        return [sim.LedgerEntry.model_validate(entry) for entry in await self.admin("GET", "/ledger")]

    async def configuration(self) -> Any:  # noqa: ANN401 - any JSON
        """The service's configuration, by the simulator's own account."""
        return await self.admin("GET", f"/service/{sim.DEMO_SERVICE}/configuration")

    async def _kill_server(self, report: RunReport) -> None:
        pid = self.server.child.pid
        if self._server_is_due(report) and not self.server_deaths and pid is not None:
            self.server_deaths += 1
            os.kill(pid, signal.SIGKILL)

    def _server_is_due(self, report: RunReport) -> bool:
        if self.server_dies_in_rollback:
            return report.state.rolling_back
        wanted = self.server_dies_in  # a phase without a wait may be over before anybody looks
        return wanted is not None and LIFECYCLE.index(report.state.phase) >= LIFECYCLE.index(wanted)

    async def _people(self, report: RunReport) -> bool:
        """Does everything that people are asked for; whether there was anything."""
        state = report.state
        if (
            state.rollback is None
            and state.phase is self.course.turned_in
            and state.step(CABLE).status is StepStatus.DONE
        ):
            await self._decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
            return True
        for parked in state.parked.values():
            await self._on_call(parked)
        for task in state.tasks.values():
            given = await self._token() if task.step == "purge.enter-token" else {}
            await self._by_hand(task)
            now = datetime.fromisoformat((await self.admin("GET", "/clock"))["now"])
            await self._decide(await completion(self.evidence, task, now, **given))
        waits = not approvals.awaited(self.plan, state).complete  # at the beginning, and where a skip voided them
        for name in ("ann", "bob") if waits else ():
            await self._decide(approval(self.plan, name, state.revision))
        return bool(state.parked or state.tasks or waits)

    async def _by_hand(self, task: OpenTask) -> None:
        """The cable is pulled, or put back, before anybody says so: the port's light is measured."""
        back = undone_step(task.step)
        if (back or task.step) == CABLE:
            await self.admin("POST", "/happenings", {"service": sim.DEMO_SERVICE, "light": back is not None})

    async def _on_call(self, parked: Parked) -> None:
        """Follows the on-call page: looks at the provider whether it happened."""
        self.parked = (*self.parked, f"{parked.step}: {parked.reason.value}")
        await self.admin("PUT", "/clock", {"advance": _MAIL_TAKES.total_seconds()})
        mailed = parked.step == _ASK and parked.reason is ParkReason.OUTCOME_UNKNOWN and bool(await self._tokens())
        remedy = Remedy.SKIP if mailed else Remedy.RETRY
        await self._decide(Resolve(id=fresh(), by=ON_CALL, step=parked.step, remedy=remedy, reason="looked it up"))

    async def _token(self) -> dict[str, str]:
        await self.admin("PUT", "/clock", {"advance": _MAIL_TAKES.total_seconds()})
        return {"token": await self.evidence.hand_over((await self._tokens())[-1])}

    async def _tokens(self) -> list[str]:
        bodies = [mail["body"] for mail in await self.admin("GET", "/mail")]
        return [found[1] for body in bodies if (found := TOKEN.search(body))]

    async def _decide(self, decision: Decision) -> DecisionResult:
        envelope = Envelope(decision=decision)
        return await self._asked(self.handle.execute_update(DECIDE_UPDATE, envelope, result_type=DecisionResult))

    async def _asked(self, question: Any) -> Any:  # noqa: ANN401 - whatever was asked
        """The answer; a question that went to a worker or a server that was killed is given up."""
        return await asyncio.wait_for(question, _ASKED_AGAIN)

    async def _pass_time(self, report: RunReport) -> None:
        """Lets time pass, when nothing is under way."""
        described = (await self.handle.describe()).raw_description
        if described.pending_activities or described.HasField("pending_workflow_task"):
            return
        virtual = await self.skipper.get_current_time(self.handle)
        await self._asked(self.skipper.fast_forward(self.handle, self._pace(report, virtual)))

    def _pace(self, report: RunReport, virtual: datetime) -> timedelta:
        state = report.state
        if state.phase is Phase.GRACE and report.purge_not_before is not None and state.rollback is None:
            return max(report.purge_not_before - state.now(virtual), _A_WHILE)
        if state.phase is Phase.VERIFY:
            return _VERIFYING
        steps = (step for step in self.plan.in_phase(state.phase) if state.step(step.id).ended_at is None)
        due = next(steps, None)
        return _A_WHILE if due is None else _PACE.get(due.kind, _A_WHILE)

    async def _is_over(self) -> bool:
        return (await self.handle.describe()).close_time is not None


@asynccontextmanager
async def stage(  # noqa: PLR0913 - where one run differs from the next
    course: Course,
    server: EmbeddedServer,
    folder: Path,
    *,
    worker_dies: Place | None = None,
    simulator_dies: Place | None = None,
    server_dies_in: Phase | None = None,
    server_dies_in_rollback: bool = False,
) -> AsyncGenerator[Stage]:
    """Plans and launches a run of `course` on `server`, with a worker and a simulator of its own."""
    listens, queue = folder / "listens", f"chaos-{folder.name}"
    port = 0

    def simulator_job(deaths: int) -> SimulatorJob:
        deadly = None if deaths else simulator_dies
        return SimulatorJob(folder / "provider", port, listens, course.seed, folder / "calls", deadly)

    async with contextlib.AsyncExitStack() as undo:
        simulator = await undo.enter_async_context(kept(simulate, simulator_job))
        url = await written(listens)
        port = int(url.rpartition(":")[2])
        store = (folder / "evidence").as_uri()

        def worker_job(deaths: int) -> WorkerJob:
            key, dies = folder / "provider" / KEY_FILE, None if deaths else worker_dies
            return WorkerJob(server.address, queue, url, key, store, folder / "passed", dies)

        worker = await undo.enter_async_context(kept(work, worker_job))
        http = await undo.enter_async_context(httpx2.AsyncClient(base_url=url, trust_env=False, timeout=10))
        skipper = TimeSkipper(await _client(server.address), config=TimeSkippingConfig(enabled=False))
        await _polled(skipper.client, queue, worker)
        plan = await make_plan(skipper.client, _read(course.request), queue)
        before = (await http.get(f"/_simulator/service/{sim.DEMO_SERVICE}/configuration")).json()
        await launch(skipper.client, plan, LAUNCHER, queue)
        evidence = EvidenceStore(store)
        one = Stage(course, server, worker, simulator, skipper.client, skipper, http, evidence, plan, before)
        one.server_dies_in, one.server_dies_in_rollback = server_dies_in, server_dies_in_rollback
        try:
            yield one
        finally:
            with contextlib.suppress(RPCError):
                await one.handle.terminate("the run is off stage")


@cache
def _read(request: str) -> RequestToPlan:
    return read_request(EXAMPLES / request, [RUNBOOKS])


async def _polled(client: Client, queue: str, worker: Kept) -> None:
    async with asyncio.timeout(TIMEOUT):
        while not await polls(client, queue, worker.pid):  # noqa: ASYNC110 - the server knows
            await asyncio.sleep(0.1)


async def _client(address: str) -> Client:
    return await Client.connect(address, data_converter=DATA_CONVERTER, interceptors=[_ShortTasks()])


class _ShortTasks(Interceptor):
    """Has the server notice within seconds that a worker died over a workflow task; by default it takes ten."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002
        return _ShortTasksOutbound(next)


class _ShortTasksOutbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        input.task_timeout = timedelta(seconds=4)
        return await super().start_workflow(input)
