"""A hold meets a call at the worst moments: its worker dies, its answer comes with the hold, a resend is due."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.conftest import end, replay
from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, fresh, strict_runner
from tests.workflows.plans import IMMEDIATE, of_its_own, plan
from unrack.contracts.calls import ChangeResult, EffectStatus, StepCall
from unrack.contracts.installation_holds import HoldsResult
from unrack.contracts.workflows import Resumption, RunStart
from unrack.model.decision import Hold, HoldScope, Release, Remedy, Resolve
from unrack.model.errors import Category
from unrack.model.installation_hold import InstallationHold, Selector
from unrack.model.lifecycle import Phase, StepStatus, Timing
from unrack.model.plan import Plan
from unrack.model.state import GraceState, RunState, StepState
from unrack.operations.launching import begin
from workflows import WORKFLOWS

POPS, ASK = "detach.pops", "purge.ask"
HOLD = Hold(id=fresh(), by=ON_CALL, reason="incident")


class Hanging(StandIn):
    """Its first change gets no answer until the test says so, and shows no sign of life."""

    def hang(self) -> None:
        """From now on."""
        self.begun, self.answer = asyncio.Event(), asyncio.Event()

    @activity.defn(name="change")
    async def change(self, call: StepCall) -> ChangeResult:
        """See the class."""
        if not self.begun.is_set():
            self.begun.set()
            await self.answer.wait()
        return await super().change(call)


async def begun(
    env: WorkflowEnvironment, world: StandIn, frozen: Plan, state: Callable[[Plan], RunState] | None = None
) -> Trial:
    """A run of `frozen` for a service of its own, on a queue with the run's id; with a state it is resumed."""
    own = of_its_own(frozen, uuid.uuid4().hex)
    died = datetime.now(UTC) - timedelta(hours=1)
    gone = Resumption(run_id="gone", how="terminated", died_at=died, by=ON_CALL, reason="by mistake") if state else None
    start = RunStart(plan=own, launched_by=LAUNCHER, state=state and state(own), resumed=gone)
    return Trial(env, await begin(env.client, start, str(own.run_id)), own, world)


def deciding(trial: Trial) -> Worker:
    """A worker for workflows alone."""
    client = trial.env.client
    return Worker(client, task_queue=trial.handle.id, workflows=WORKFLOWS, workflow_runner=strict_runner())


def acting(trial: Trial) -> Worker:
    """A worker for activities alone."""
    return Worker(trial.env.client, task_queue=trial.handle.id, activities=trial.world.every())


async def test_a_change_whose_worker_died_while_it_was_stopped_begins_again_by_itself(env: WorkflowEnvironment) -> None:
    """It reads first, so nobody has to decide on it, of five hundred held runs neither."""
    world = Hanging(term_end=datetime.now(UTC) + timedelta(days=30))
    world.hang()
    trial = await begun(env, world, plan())
    async with deciding(trial), acting(trial):
        await world.begun.wait()
        await trial.decide(HOLD)
        stopped = await trial.until("stopped", lambda report: report.state.stopping is None)
        await trial.decide(Release(id=fresh(), by=ON_CALL))
        await trial.until("done", lambda report: report.state.step(POPS).status is StepStatus.DONE)
        await end(env.client, trial)
        world.answer.set()
    await replay(env.client, trial)

    assert stopped.state.parked == {}


async def _nothing_pending(trial: Trial) -> None:
    """Waits until the server has the answer of every call."""
    async with asyncio.timeout(60):
        while (await trial.handle.describe()).raw_description.pending_activities:  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.05)


async def test_an_answer_that_comes_with_the_hold_counts(env: WorkflowEnvironment) -> None:
    """Both are in one workflow task, as no worker was there to take the hold up: it is held after the change."""
    world = Hanging(term_end=datetime.now(UTC) + timedelta(days=30))
    world.hang()
    trial = await begun(env, world, plan())
    async with acting(trial):
        async with deciding(trial):
            await world.begun.wait()
            await trial.report()
        await trial.signal(HOLD)
        world.answer.set()
        await _nothing_pending(trial)
        async with deciding(trial):
            held = await trial.until("held", lambda report: report.state.step(POPS).status is StepStatus.DONE)
            await end(env.client, trial)
    await replay(env.client, trial)

    assert held.state.stopping is None
    assert world.ledger == ["change detach.pops"]


async def test_a_call_in_doubt_is_not_sent_again_before_the_holds_of_the_installation_are_known(
    env: WorkflowEnvironment,
) -> None:
    """They could not be read when the fresh history began; the provider denies the call, and a hold stands."""
    frozen = plan(timing=Timing.IMMEDIATE, steps=IMMEDIATE[5:])
    now = datetime.now(UTC)

    def in_doubt(own: Plan) -> RunState:
        return RunState(
            plan_digest=own.digest,
            launched_by=LAUNCHER,
            launched_at=now,
            clock=own.facts.clock,
            phase=Phase.PURGE,
            steps={
                "purge.unchanged": StepState(status=StepStatus.DONE),
                ASK: StepState(status=StepStatus.IN_DOUBT, tries=1, asked_at=now, late_at=now + timedelta(hours=9)),
            },
            grace=GraceState(begun_at=now - timedelta(days=9)),
        )

    world = StandIn(term_end=now + timedelta(days=30), standing={ASK: EffectStatus.NOT_DONE})
    world.fail("holds.installation", failure(Category.DENIED))
    world.whole = HoldsResult(
        standing=(
            InstallationHold(
                id="a1", scope=HoldScope.ALL, which=Selector(), by=ON_CALL, reason="incident", since=now, order=fresh()
            ),
        )
    )
    trial = await begun(env, world, frozen, in_doubt)
    async with deciding(trial), acting(trial):
        await trial.until("read", lambda _: f"probe {ASK}" in world.calls)
        again = Resolve(id=fresh(), by=ON_CALL, step=ASK, remedy=Remedy.RETRY, reason="it did not happen")
        assert (await trial.decide(again)).good
        await trial.until("held or sent", lambda report: bool(report.state.holds) or f"commit {ASK}" in world.calls)
        await end(env.client, trial)

    assert world.ledger == []
