"""A run goes on to its end whatever is killed: worker in every phase, server, each with SIGKILL and on real processes.

The worker dies at its worst moments: when the provider has acted and has not answered yet. The simulator's ledger
judges: every mutating call arrived once.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.client import Client
from temporalio.worker import Replayer

from tests.workflows.harness import LAUNCHER, approval
from tests.workflows.rehearsal import EXAMPLES, completion, nameless
from unrack import simulator as sim
from unrack.contracts.workflows import WAKE_SIGNAL
from unrack.evidence.store import EvidenceStore
from unrack.local import child
from unrack.local.supervisor import SERVER, WORKER, Installation, Ports, Simulated
from unrack.model.decision import Decision
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from unrack.operations.launching import launch
from unrack.operations.planning import make_plan, read_request
from unrack.operations.reporting import report_of
from unrack.operations.sending import HandedOver, decide
from unrack.process.settings import load_settings
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.sandbox import sandbox_runner
from workflows import WORKFLOWS

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.durability, pytest.mark.timeout(900)]

SCALE = 600.0
"""A day at the provider lasts 144 seconds."""
PATIENCE = 120.0
"""Real seconds until a test gives up on something that must happen soon."""
UNANSWERED = 15.0
"""Real seconds for which an answer is held back: time to kill who waits for it."""

CABLE, ROUTING = "handover.remove-cross-connect", "verify.check-routing"
POP_GONE = "DELETE /ovhCloudConnect/*/config/pop/*"
SCHEDULED = "PUT /services/*"
RELEASED = "POST /services/*/terminate/skipRetentionPeriod"
EXPECTED = [
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*/extra/*"] * 4,
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*"] * 2,
    POP_GONE,
    "DELETE /vrack/*/ovhCloudConnect/*",
    SCHEDULED,
    RELEASED,
]


@dataclass
class Theatre:
    """One run on one installation, and the hand that kills."""

    installation: Installation
    client: Client
    simulator: httpx2.AsyncClient
    plan: Plan

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.plan.run_id)

    async def kill(self, name: str) -> None:
        """Kills a process, and waits until the installation has started it again."""
        before = self.installation.restarts[name]
        os.kill(self.installation.pids[name], signal.SIGKILL)

        async def again() -> bool:
            return self.installation.restarts[name] > before

        await _soon(f"{name} is started again", again)

    async def until(self, what: str, holds: Callable[[RunReport], bool]) -> RunReport:
        """Waits until the run shows something; a worker that is just starting does not count."""
        seen: list[RunReport] = []

        async def shown() -> bool:
            try:
                seen.append(await report_of(self.client, self.run))
            except UnrackError as error:
                if error.problem.category is not Category.UNAVAILABLE:
                    raise
                return False
            assert seen[-1].state.parked == {}, what
            return holds(seen[-1])

        await _soon(what, shown)
        return seen[-1]

    async def decide(self, decision: Decision) -> None:
        """Sends a decision until somebody judges it; the same decision twice has one effect."""

        async def judged() -> bool:
            try:
                answer = await decide(self.client, self.run, decision)
            except UnrackError as error:
                if error.problem.category is not Category.UNAVAILABLE:
                    raise
                return False
            if isinstance(answer, HandedOver):
                return False
            assert answer.good, answer.message
            return True

        await _soon(f"{decision.kind} is judged", judged)

    async def complete(self, step: str) -> None:
        """Does a task as a person would."""
        report = await self.until(step, lambda report: step in report.state.tasks)
        if step == CABLE:
            await self.admin("POST", "/happenings", {"service": sim.DEMO_SERVICE, "light": False})
        store = EvidenceStore(self.installation.settings.evidence)
        known = report.state.now(datetime.now(UTC))  # the run reads no clock while it waits for people
        await self.decide(await completion(store, report.state.tasks[step], known))

    async def admin(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Calls the simulator's own API."""
        answer = await self.simulator.request(method, f"/_simulator{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def now(self) -> datetime:
        """The provider's time."""
        return datetime.fromisoformat((await self.admin("GET", "/clock"))["now"])

    async def clock_to(self, moment: datetime) -> None:
        """Moves the provider's clock on, and has the run look."""
        await self.admin("PUT", "/clock", {"set": moment.isoformat()})
        await self.client.get_workflow_handle(self.run).signal(WAKE_SIGNAL)

    async def calls(self) -> list[str]:
        """Every mutating call that the provider received, refused and useless ones included."""
        return [nameless(sim.LedgerEntry.model_validate(entry)) for entry in await self.admin("GET", "/ledger")]

    async def hold_answer(self, kind: sim.FaultKind, method: str, path: str) -> None:
        """Has the provider answer the next such call late."""
        fault = sim.Fault(kind=kind, method=method, path=path, seconds=UNANSWERED)  # pyright: ignore[reportArgumentType]
        await self.admin("POST", "/faults", fault.model_dump(mode="json"))

    async def received(self, call: str) -> None:
        """Waits until `call` took effect at the provider."""

        async def arrived() -> bool:
            return call in await self.calls()

        await _soon(call, arrived)


@pytest.fixture
async def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Theatre]:
    """A launched run on an installation of its own."""
    for name in [name for name in os.environ if name.startswith(("UNRACK_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(child, "_LONGEST_PAUSE", 0.5)  # the same child dies often here, and nobody needs the rest
    settings = load_settings(tmp_path / "home")
    async with (
        Installation(settings, simulator=Simulated(scale=SCALE), ports=Ports(ui=None)) as installation,
        httpx2.AsyncClient(base_url=installation.simulator_url or "", trust_env=False, timeout=10) as simulator,
    ):
        client = await installation.connect()
        wish = read_request(EXAMPLES / "ovhcloud-connect-direct.yaml", settings.runbooks)
        plan = await make_plan(client, wish)
        await launch(client, plan, LAUNCHER)
        theatre = Theatre(installation, client, simulator, plan)
        yield theatre
        history = await client.get_workflow_handle(theatre.run).fetch_history()
        replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=sandbox_runner())
        await replayer.replay_workflow(history)


async def test_a_run_survives_every_kill(theatre: Theatre) -> None:
    """Worker killed in every phase, server twice: the run ends closed, each mutating call arrived once (S0.4)."""
    await _to_approval(theatre)
    await _through_capture_and_detach(theatre)
    await _through_request_and_handover(theatre)
    await _through_grace(theatre)
    await _through_purge(theatre)
    report = await _through_verify(theatre)

    assert report.outcome is Outcome.CLOSED
    assert await theatre.calls() == EXPECTED
    assert theatre.installation.restarts[WORKER] == 9
    assert theatre.installation.restarts[SERVER] == 2


async def _to_approval(theatre: Theatre) -> None:
    """Killed while a person attests, and while two approve."""
    report = await theatre.until("a task", lambda report: bool(report.state.tasks))
    await theatre.kill(WORKER)
    while report.state.phase is Phase.PREFLIGHT:
        for step in report.state.tasks:
            await theatre.complete(step)
        report = await theatre.until(
            "approval, or a task", lambda report: report.state.phase is Phase.APPROVAL or bool(report.state.tasks)
        )
    await theatre.kill(WORKER)
    await theatre.hold_answer(sim.FaultKind.DELAY_BEFORE, "POST", "/ovhCloudConnect/*/loa")
    for name in ("ann", "bob"):
        await theatre.decide(approval(theatre.plan, name))


async def _through_capture_and_detach(theatre: Theatre) -> None:
    """Killed while it fetches the LOA, and when the PoP is being deleted and nobody has said so yet."""
    await theatre.until("the capture", lambda report: report.state.step("capture.loa").status is StepStatus.RUNNING)
    pop = (await theatre.admin("GET", f"/service/{sim.DEMO_SERVICE}/configuration"))["pops"][0]["id"]
    path = f"/ovhCloudConnect/{sim.DEMO_SERVICE}/config/pop/{pop}"
    await theatre.hold_answer(sim.FaultKind.DELAY_AFTER, "DELETE", path)
    await theatre.kill(WORKER)
    await theatre.received(POP_GONE)
    await theatre.hold_answer(sim.FaultKind.DELAY_AFTER, "PUT", "/services/*")
    await theatre.kill(WORKER)


async def _through_request_and_handover(theatre: Theatre) -> None:
    """Killed when the end is scheduled and nobody has said so yet, and while the cable is removed; the server too."""
    await theatre.received(SCHEDULED)
    await theatre.kill(WORKER)
    await theatre.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await theatre.kill(WORKER)
    await theatre.kill(SERVER)


async def _through_grace(theatre: Theatre) -> None:
    """Killed, the server too, while grace runs out."""
    ends = (await theatre.until("the cable's task", lambda report: CABLE in report.state.tasks)).purge_not_before
    assert ends is not None
    await theatre.clock_to(ends - timedelta(hours=4))
    await theatre.complete(CABLE)
    await theatre.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await theatre.kill(SERVER)
    await theatre.kill(WORKER)


async def _through_purge(theatre: Theatre) -> None:
    """Killed when an irreversible call took effect and nobody has said so yet."""
    report = await theatre.until("no return", lambda report: report.state.passed_no_return_at is not None)
    assert report.state.effective_at is not None
    await theatre.hold_answer(sim.FaultKind.DELAY_AFTER, "POST", "/services/*/terminate/skipRetentionPeriod")
    await theatre.clock_to(report.state.effective_at + timedelta(minutes=1))
    await theatre.received(RELEASED)
    await theatre.kill(WORKER)


async def _through_verify(theatre: Theatre) -> RunReport:
    """Killed while a person looks through the routing; a month later the bill closes the run."""
    await theatre.until("the routing's task", lambda report: ROUTING in report.state.tasks)
    await theatre.kill(WORKER)
    await theatre.complete(ROUTING)
    billing = "verify.verify-billing-stopped"
    await theatre.until("the bill", lambda report: report.state.step(billing).status is not StepStatus.PENDING)
    await theatre.clock_to(await theatre.now() + timedelta(days=35))
    return await theatre.until("the end", lambda report: report.outcome is not None)


async def _soon(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not await holds():
        if time.monotonic() > give_up:
            pytest.fail(f"{what}: not in {PATIENCE:g} s")
        await asyncio.sleep(0.05)
