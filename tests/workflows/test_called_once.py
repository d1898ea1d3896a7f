"""An irreversible call is made once, and on a fresh judgement, whatever the engine or its operators do with it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import PauseActivityRequest, ResetActivityRequest, UnpauseActivityRequest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.commit import Commit
from tests.workflows.conftest import Launch, end, replay
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, fresh
from tests.workflows.plans import IMMEDIATE, of_its_own, plan
from unrack.contracts.calls import CheckResult, CommitResult, NoticeKind, StepCall
from unrack.contracts.installation_holds import HoldsCall, HoldsResult
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Hold, Reactivate, Release
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import StepStatus, Timing
from unrack.model.plan import Plan
from unrack.operations.awaiting import awaited
from unrack.operations.launching import begin
from unrack.providers.base import Materials
from unrack.providers.permission import may_send
from workflows import WORKFLOWS, activity_options

CONFIRM = "purge.confirm"
POPS = "detach.pops"
BRIEFLY = timedelta(seconds=2)


class _Slow:
    """A provider whose irreversible call reads until it is let go on, and then asks and sends as every adapter does."""

    def __init__(self, world: StandIn) -> None:
        self.world = world
        self.under_way, self.stopped, self.go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def acting(self, _: StepCall) -> "_Slow":
        """The one provider there is."""
        return self

    async def commit(self, call: StepCall, _: Materials) -> CommitResult:
        """Acts once it may; notes that it was told to stop."""
        telling = asyncio.create_task(self._told())
        self.under_way.set()
        try:
            await self.go_on.wait()
        finally:
            telling.cancel()
        await may_send()
        return await self.world.commit(call)

    async def _told(self) -> None:
        await activity.wait_for_cancelled()
        self.stopped.set()


class _NoEvidence:
    async def get(self, _: EvidenceRef) -> bytes:
        """What was captured says nothing here."""
        return b""


def slow(monkeypatch: pytest.MonkeyPatch) -> list[_Slow]:
    """Makes the irreversible calls of the next run slow ones, by the real activity."""
    made: list[_Slow] = []
    played = StandIn.every

    def every(world: StandIn) -> Sequence[Callable[..., Any]]:
        made.append(_Slow(world))
        commit = Commit(cast("Any", made[0]), cast("Any", _NoEvidence()))
        return [commit.commit if each == world.commit else each for each in played(world)]

    monkeypatch.setattr(StandIn, "every", every)
    return made


async def at_the_call(launch: Launch, made: list[_Slow]) -> Trial:
    """A run whose irreversible call is under way, by a clock that nobody has moved."""
    planned = immediate()
    at_once = planned.grace.model_copy(update={"offset": timedelta(0)})
    trial = await launch(planned.model_copy(update={"grace": at_once}))
    await trial.complete_cable()
    await asyncio.wait_for(made[0].under_way.wait(), 60)
    return trial


async def paused_and_unpaused(trial: Trial, slow: _Slow) -> None:
    """What `temporal activity pause`, a while later `unpause`, do to the call."""
    service, run = trial.env.client.workflow_service, WorkflowExecution(workflow_id=trial.handle.id)
    await service.pause_activity(PauseActivityRequest(namespace="default", execution=run, id=CONFIRM))
    await asyncio.wait_for(slow.stopped.wait(), 60)  # told with the answer to a heartbeat
    slow.go_on.set()
    await _until_second(trial)
    await service.unpause_activity(UnpauseActivityRequest(namespace="default", execution=run, id=CONFIRM))


async def paused_and_reset(trial: Trial, slow: _Slow) -> None:
    """The same with `temporal activity reset`, by which attempts count from 1 again and what was kept is forgotten."""
    service, run = trial.env.client.workflow_service, WorkflowExecution(workflow_id=trial.handle.id)
    await service.pause_activity(PauseActivityRequest(namespace="default", execution=run, id=CONFIRM))
    await asyncio.wait_for(slow.stopped.wait(), 60)
    slow.go_on.set()
    await _until_second(trial)
    await service.reset_activity(
        ResetActivityRequest(namespace="default", execution=run, id=CONFIRM, reset_heartbeat=True)
    )


async def _until_second(trial: Trial) -> None:
    """Waits until the first attempt is over, and the next one is kept back by the pause."""
    async with asyncio.timeout(60):
        while True:
            pending = (await trial.handle.describe()).raw_description.pending_activities
            if [each.attempt for each in pending if each.activity_id == CONFIRM] == [2]:
                return
            await asyncio.sleep(0.1)


@pytest.mark.timeout(200)
@pytest.mark.parametrize("done_to_it", [paused_and_unpaused, paused_and_reset])
async def test_a_further_attempt_does_not_act(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, done_to_it: Callable[[Trial, _Slow], Any]
) -> None:
    """F1: the engine begins a second attempt of at most one; it answers *unknown*, and the run reads what became."""
    made = slow(monkeypatch)
    trial = await at_the_call(launch, made)
    await done_to_it(trial, made[0])
    asked = await trial.until("unknown", lambda report: report.state.step(CONFIRM).lost_answers == 1)
    ledger = list(trial.world.ledger)
    await trial.forward(timedelta(hours=3))
    await trial.until("sent", lambda report: report.state.step(CONFIRM).status is StepStatus.DONE)

    assert not any(line.startswith("commit") for line in ledger)
    assert "an attempt at this call came before this one" in asked.state.step(CONFIRM).note
    assert f"probe {CONFIRM}" in trial.world.calls
    assert trial.world.ledger.count(f"commit {CONFIRM}") == 1


@dataclass
class _World(StandIn):
    """A world in which the last read before a call is held back."""

    last_read: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="check")
    async def check(self, call: StepCall) -> CheckResult:
        """Waits where it is the last thing before the irreversible call: all evidence is looked for beside it."""
        if call.prove:
            self.reading.set()
            await self.last_read.wait()
        return await super().check(call)

    @activity.defn(name="installation-holds")
    async def installation_holds(self, call: HoldsCall) -> HoldsResult:
        """The last thing before the first change."""
        if self.last_read_is_holds:
            self.reading.set()
            await self.last_read.wait()
        return await super().installation_holds(call)

    last_read_is_holds: bool = False


@contextlib.asynccontextmanager
async def workflows_alone(env: WorkflowEnvironment, queue: str) -> AsyncIterator[None]:
    """A worker that takes no calls."""
    async with Worker(env.client, task_queue=queue, workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner()):
        yield


def calls_alone(env: WorkflowEnvironment, queue: str, world: StandIn) -> Worker:
    """A worker that takes calls only, one at a time."""
    return Worker(
        env.client,
        task_queue=queue,
        activities=world.every(),
        max_concurrent_activities=1,
        graceful_shutdown_timeout=timedelta(seconds=30),
    )


@dataclass
class _Waiting:
    """A run whose call is in the queue, and no worker takes calls."""

    trial: Trial
    world: _World
    queue: str

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Workers take calls again."""
        async with calls_alone(self.trial.env, self.queue, self.world):
            yield


@contextlib.asynccontextmanager
async def nobody_takes_calls(
    env: WorkflowEnvironment, planned: Plan, monkeypatch: pytest.MonkeyPatch, world: _World
) -> AsyncIterator[_Waiting]:
    """The only worker that takes calls goes after the last read before the call."""
    monkeypatch.setattr(activity_options, "TAKEN_UP_WITHIN", BRIEFLY)
    queue = f"test-{uuid.uuid4().hex}"
    async with workflows_alone(env, queue):
        own = of_its_own(planned, queue)
        handle = await begin(env.client, RunStart(plan=own, launched_by=LAUNCHER), queue)
        trial = Trial(env, handle, own, world)
        try:
            async with calls_alone(env, queue, world):
                await _until_the_last_read(trial, world)
                going = asyncio.get_running_loop().call_later(3, world.last_read.set)  # it polls for no more by then
            going.cancel()
            yield _Waiting(trial, world, queue)
        finally:
            await end(env.client, trial)
        await replay(env.client, trial)


async def _until_the_last_read(trial: Trial, world: _World) -> None:
    if not world.last_read_is_holds:
        await trial.complete_cable()
    passing = asyncio.create_task(trial.forward(timedelta(days=8)))
    await asyncio.wait_for(world.reading.wait(), 60)
    passing.cancel()


def immediate() -> Plan:
    """Ends the service by one irreversible call, which passes the point of no return."""
    steps = tuple(each for each in IMMEDIATE if each.id not in ("purge.ask", "purge.token"))
    return plan(timing=Timing.IMMEDIATE, steps=steps)


def world(*, last_read_is_holds: bool = False) -> _World:
    """A world whose term ends in a month."""
    return _World(term_end=datetime.now(UTC) + timedelta(days=30), last_read_is_holds=last_read_is_holds)


@pytest.mark.timeout(200)
async def test_a_call_that_no_worker_took_up_is_judged_anew(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2: a hold that comes while the call waits in the queue stops it, and the point of no return is not passed."""
    async with nobody_takes_calls(env, immediate(), monkeypatch, world()) as waiting:
        trial = waiting.trial
        seen = await trial.until("told", lambda report: "no worker" in report.state.step(CONFIRM).note)
        assert (await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="incident"))).good
        async with waiting.taken():
            await trial.until("held", lambda report: any("not yet: " in each.what for each in report.state.journal))
            await trial.forward(timedelta(hours=3))
            ledger = list(waiting.world.ledger)
            await trial.decide(Release(id=fresh(), by=ON_CALL))
            report = await trial.ended()

        assert seen.state.parked == {}
        assert [each.what for each in awaited(seen, trial.plan, datetime.now(UTC))] == [f"a worker for {CONFIRM}"]
        assert report.state.step(CONFIRM).no_worker_since is None
        assert seen.state.passed_no_return_at is None
        assert not any(line.startswith("commit") for line in ledger)
        assert waiting.world.ledger.count(f"commit {CONFIRM}") == 1
        assert [each.kind for each in waiting.world.told if each.step == CONFIRM] == [NoticeKind.OVERDUE]
        assert report.state.parked == {}


@pytest.mark.timeout(200)
async def test_a_change_that_no_worker_took_up_is_judged_anew(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2: the same for what can be undone; it loses no timeout, and nothing parks."""
    async with nobody_takes_calls(env, plan(), monkeypatch, world(last_read_is_holds=True)) as waiting:
        trial = waiting.trial
        seen = await trial.until("told", lambda report: "no worker" in report.state.step(POPS).note)
        assert (await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="incident"))).good
        async with waiting.taken():
            await trial.until("held", lambda report: any("not yet: " in each.what for each in report.state.journal))
            ledger = list(waiting.world.ledger)
            await trial.decide(Release(id=fresh(), by=ON_CALL))
            report = await trial.until("done", lambda report: report.state.step(POPS).status is StepStatus.DONE)

        assert seen.state.parked == {}
        assert ledger == []
        assert report.state.parked == {}
        assert waiting.world.ledger.count(f"change {POPS}") == 1


@pytest.mark.timeout(200)
async def test_a_run_whose_call_waits_for_a_worker_can_be_turned_round(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody passed the point of no return: the team that still needs the service keeps it."""
    async with nobody_takes_calls(env, immediate(), monkeypatch, world()) as waiting:
        trial = waiting.trial
        await trial.until("told", lambda report: "no worker" in report.state.step(CONFIRM).note)
        answer = await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
        async with waiting.taken():
            await trial.until("asked", lambda report: bool(report.state.tasks))

        assert answer.good
        assert not any(line.startswith("commit") for line in waiting.world.ledger)
