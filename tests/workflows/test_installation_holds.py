"""The holds of a whole installation, on a real server: recorded without a worker, spread, taken over, never jammed."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.installation_holds import InstallationHolds
from activities.ports import AccessPort
from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.harness import LAUNCHER, PATIENCE, fresh, serving_runner, strict_runner
from tests.workflows.plans import plan
from tests.workflows.taking_over import TakesOver
from unrack.contracts.installation_holds import (
    HOLD_SIGNAL,
    INSTALLATION_HOLDS,
    RELEASE_SIGNAL,
    HoldsResult,
    holds_id,
)
from unrack.contracts.workflows import DECISION_SIGNAL, DECOMMISSION, WAITING, RunStart
from unrack.model.decision import Actor, DecisionResult, Envelope, Hold, HoldScope, Release, Verdict
from unrack.model.errors import Category
from unrack.model.installation_hold import (
    HoldRegister,
    InstallationHold,
    LiftedHold,
    LiftHolds,
    PlaceHold,
    Selector,
    fold,
)
from unrack.model.service import ProviderClock
from unrack.model.state import HoldOn, RunState
from unrack.operations.launching import begin
from unrack.operations.reporting import report_of
from unrack.operations.sending import decide
from unrack.policy.enforcement import Enforcement, nothing_rules
from unrack.temporal import installation_holds
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.installation_holds import record, register_of, standing
from unrack.temporal.sandbox import sandbox_runner, sharing_runner
from unrack.temporal.spreading import Spreading
from workflows import WORKFLOWS, installation

DANA, OMAR = Actor(name="dana"), Actor(name="omar")


def place(**changes: object) -> PlaceHold:
    """Stop everything."""
    return PlaceHold.model_validate({"id": fresh(), "by": DANA, "reason": "incident", **changes})


def lift(hold: str | None = None) -> LiftHolds:
    """Go on."""
    return LiftHolds(id=fresh(), by=OMAR, reason="it is over", hold=hold)


@pytest.fixture
async def queue(env: WorkflowEnvironment) -> AsyncIterator[str]:
    """A task queue of the test's own; what still runs there is ended, and its register must replay."""
    name = f"holds-{uuid.uuid4().hex}"
    yield name
    async for run in env.client.list_workflows(f"TaskQueue = '{name}' AND ExecutionStatus = 'Running'"):
        with suppress(RPCError):
            await env.client.get_workflow_handle(run.id).terminate("the test is over")
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=strict_runner())
    with suppress(RPCError):
        await replayer.replay_workflow(await env.client.get_workflow_handle(holds_id(name)).fetch_history())


@asynccontextmanager
async def working(
    client: Client, queue: str, world: StandIn | None = None, access: AccessPort | None = None
) -> AsyncIterator[StandIn]:
    """A worker of `queue` whose providers are played; the holds are the real ones."""
    world = world or StandIn(term_end=datetime.now(UTC) + timedelta(days=30))
    real = InstallationHolds(EngineHolds(client), access or Enforcement(nothing_rules, allow_stated=True))
    played = ("installation-holds", "judge-orders", "spread-hold")
    others = [each for each in world.every() if _name(each) not in played]
    async with Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[*others, real.installation_holds, real.judge_orders, real.spread_hold],
        workflow_runner=serving_runner(),
        max_cached_workflows=0,  # every task replays
    ):
        yield world


def _name(each: Callable[..., Any]) -> str:
    return str(activity._Definition.must_from_callable(each).name)


async def launched(client: Client, queue: str, number: int = 0, *, account: str = "default") -> str:
    """An open run of `queue`."""
    made = plan(service=f"{queue}-{number}")
    ref = made.service.model_copy(update={"account": account})
    planned = made.model_copy(update={"service": ref, "facts": made.facts.model_copy(update={"service": ref})})
    return (await begin(client, RunStart(plan=planned, launched_by=LAUNCHER), queue)).id


async def soon(what: str, holds: Callable[[], Any]) -> None:
    """Waits until something holds."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while not await holds():
        assert asyncio.get_running_loop().time() < give_up, f"still not so: {what}"
        await asyncio.sleep(0.1)


async def visible(client: Client, queue: str, runs: int) -> None:
    """Waits until visibility shows so many open runs."""

    async def shown() -> bool:
        query = f"WorkflowType = '{DECOMMISSION}' AND TaskQueue = '{queue}' AND ExecutionStatus = 'Running'"
        return (await client.count_workflows(query)).count == runs

    await soon(f"{runs} runs are visible", shown)


async def test_a_hold_stands_without_any_worker(env: WorkflowEnvironment, queue: str) -> None:
    """Signal-with-start records it; its id, who, why and the server's time are known at once, and it is one."""
    before = datetime.now(UTC)
    order = place(which=Selector(provider="ovhcloud"), scope=HoldScope.PURGE)

    first, _ = await record(env.client, queue, order)
    again, _ = await record(env.client, queue, order)
    same, _ = await record(env.client, queue, order.model_copy(update={"id": fresh()}))
    second, register = await record(env.client, queue, place())

    assert first.holds == again.holds == same.holds == ("a1",)
    assert second.holds == ("a2",)
    (hold, _) = await standing(env.client, queue)
    assert (hold.id, hold.by.name, hold.reason, hold.scope) == ("a1", "dana", "incident", HoldScope.PURGE)
    assert abs(hold.since - before) < timedelta(seconds=30)
    assert register == await register_of(env.client, queue)
    assert await standing(env.client, f"{queue}-of-others") == ()


async def test_what_anybody_sends_jams_nothing(env: WorkflowEnvironment, queue: str) -> None:
    """No order, too much, a cancel request: recorded as refused, and the next hold is recorded like any other."""
    await record(env.client, queue, place())
    handle = env.client.get_workflow_handle(holds_id(queue))
    for given in ([], [None], ["stop"], [{"id": 1}], [{"reason": "x" * 100_000}], [place(), place()]):
        await handle.signal(HOLD_SIGNAL, args=given)
    await handle.signal(RELEASE_SIGNAL, {"id": fresh(), "by": {"name": "\u200b"}, "reason": "over"})
    await handle.signal("unheard-of", "x")

    async with working(env.client, queue):
        await soon("it has begun", lambda: _begun(env.client, queue))
        await handle.cancel()
        answer, register = await record(env.client, queue, place(reason="another"))

        async def recorded() -> bool:
            return (await register_of(env.client, queue)).answers.keys() == register.answers.keys()

        await soon("it goes on", recorded)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    assert answer.holds == ("a2",)
    assert len(register.refusals) == 7
    assert len(register.standing) == 2


async def _begun(client: Client, queue: str) -> bool:
    return (await client.get_workflow_handle(holds_id(queue)).describe()).history_length > 12


async def test_a_hold_that_arrives_while_a_worker_is_at_it_is_recorded(env: WorkflowEnvironment, queue: str) -> None:
    """The server writes it down when that task is over, though the worker died over it: it is waited for."""
    await record(env.client, queue, place())
    request = PollWorkflowTaskQueueRequest(
        namespace=env.client.namespace, task_queue=TaskQueue(name=queue), identity="dies at once"
    )
    taken = await env.client.workflow_service.poll_workflow_task_queue(request)

    answer, register = await record(env.client, queue, place(reason="another"))

    assert taken.task_token
    assert answer.holds == ("a2",)
    assert [hold.id for hold in register.standing] == ["a1", "a2"]


async def test_a_worker_has_a_register_go_on_that_somebody_ended(env: WorkflowEnvironment, queue: str) -> None:
    """Terminated in Temporal, its holds stand, and the next worker keeps them again."""
    assert not await installation_holds.keep(env.client, queue)
    run = await launched(env.client, queue)
    await visible(env.client, queue, 1)
    await record(env.client, queue, place())
    assert not await installation_holds.keep(env.client, queue)
    await env.client.get_workflow_handle(holds_id(queue)).terminate("by mistake")

    kept = await installation_holds.keep(env.client, queue)

    async def held() -> bool:
        return bool((await report_of(env.client, run)).state.holds)

    async with working(env.client, queue):
        await soon("the run is held", held)
    assert kept
    assert [hold.id for hold in await standing(env.client, queue)] == ["a1"]


async def test_a_terminated_register_lifts_nothing(env: WorkflowEnvironment, queue: str) -> None:
    """Whoever ends its workflow in Temporal frees no run: the holds stand, and the ids count on."""
    await record(env.client, queue, place())
    await env.client.get_workflow_handle(holds_id(queue)).terminate("by mistake")

    left = await standing(env.client, queue)
    second, register = await record(env.client, queue, place(reason="another"))
    lifted, _ = await record(env.client, queue, lift("a1"))

    assert [hold.id for hold in left] == ["a1"]
    assert second.holds == ("a2",)
    assert [hold.id for hold in register.standing] == ["a1", "a2"]
    assert lifted.holds == ("a1",)
    assert [hold.id for hold in await standing(env.client, queue)] == ["a2"]


async def test_a_register_that_a_stranger_began_takes_holds(env: WorkflowEnvironment, queue: str) -> None:
    """Begun with nonsense, it fails by itself once a worker is there; before and after that a hold stands."""
    await env.client.start_workflow(INSTALLATION_HOLDS, {"nonsense": 1}, id=holds_id(queue), task_queue=queue)
    first, _ = await record(env.client, queue, place())
    handle = env.client.get_workflow_handle(holds_id(queue))
    async with working(env.client, queue):

        async def failed() -> bool:
            return (await handle.describe()).status is WorkflowExecutionStatus.FAILED

        await soon("it failed", failed)
        second, _ = await record(env.client, queue, place(reason="another"))

        async def goes_on() -> bool:
            return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING

        await soon("another one goes on", goes_on)

    assert (first.holds, second.holds) == (("a1",), ("a2",))
    assert [hold.id for hold in await standing(env.client, queue)] == ["a1", "a2"]


async def test_every_fresh_history_carries_the_holds(
    env: WorkflowEnvironment, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on in fresh histories for ever; ids count on, an order of before is still known, times stay exact."""
    monkeypatch.setattr(installation, "MOST_EVENTS", 8)
    first = place()
    await record(env.client, queue, first)
    (recorded,) = await standing(env.client, queue)
    handle = env.client.get_workflow_handle(holds_id(queue))
    began = (await handle.describe()).run_id
    async with Worker(
        env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[
            InstallationHolds(EngineHolds(env.client), Enforcement(nothing_rules, allow_stated=True)).spread_hold
        ],
        workflow_runner=sharing_runner(),  # so that the limit that this test set is seen
    ):

        async def fresh_history() -> bool:
            return (await handle.describe()).run_id != began

        await soon("it goes on in a fresh history", fresh_history)
    again, _ = await record(env.client, queue, first)
    second, _ = await record(env.client, queue, place(reason="another"))

    assert again.holds == ("a1",)
    assert second.holds == ("a2",)
    assert (await standing(env.client, queue))[0] == recorded


async def test_every_open_run_that_is_meant_is_told_once(env: WorkflowEnvironment, queue: str) -> None:
    """Those of the account, of this queue, and no others; a repetition finds them reached, and is the same decision."""
    mine = {await launched(env.client, queue, number) for number in range(3)}
    await launched(env.client, queue, 3, account="lab")
    async with working(env.client, f"{queue}-of-others"):
        other = await launched(env.client, f"{queue}-of-others")
        await visible(env.client, queue, 4)
        _, register = await record(env.client, queue, place(which=Selector(provider="test", account="default")))
        (hold,) = register.standing

        first = await Spreading(env.client, queue, hold).through()
        again = await Spreading(env.client, queue, hold).through()
        async with working(env.client, queue):
            confirmed = await _confirmed(env.client, queue, register, mine)
            reports = [await report_of(env.client, run) for run in sorted(mine)]
        untouched = await report_of(env.client, other)
        await env.client.get_workflow_handle(other).terminate("the test is over")

    assert first.reached == again.reached == confirmed == mine
    assert first.not_reached == {}
    assert [[hold.from_all for hold in report.state.holds] for report in reports] == [["a1"]] * 3
    assert [sum(e.what.startswith("hold:") for e in report.state.journal) for report in reports] == [1, 1, 1]
    assert untouched.state.holds == []


async def _confirmed(client: Client, queue: str, register: HoldRegister, runs: set[str]) -> set[str]:
    (hold,) = register.standing
    spreading = Spreading(client, queue, hold)
    await spreading.through()
    done = await spreading.until_confirmed(timedelta(seconds=PATIENCE))
    assert len(done.confirmed) == len(runs)
    return done.confirmed


async def test_the_register_tells_the_runs_once_a_worker_is_there(env: WorkflowEnvironment, queue: str) -> None:
    """A command that died after the first signal leaves no run untold: of a hold, and of its end."""
    runs = [await launched(env.client, queue, number) for number in range(3)]
    await visible(env.client, queue, 3)
    await record(env.client, queue, place())

    async def held() -> bool:
        return all([bool((await report_of(env.client, run)).state.holds) for run in runs])

    async def free() -> bool:
        return not any([bool((await report_of(env.client, run)).state.holds) for run in runs])

    async with working(env.client, queue):
        await soon("all are held", held)
        await record(env.client, queue, lift())
        await soon("all are released", free)
        report = await report_of(env.client, runs[0])

    (past,) = report.state.released
    assert (past.hold.from_all, past.by.name, past.reason) == ("a1", "omar", "it is over")


async def test_a_hold_that_was_lifted_before_any_worker_came_is_told_to_nobody(
    env: WorkflowEnvironment, queue: str
) -> None:
    """Set and lifted in one night without workers: in the morning no run is held."""
    run = await launched(env.client, queue)
    await visible(env.client, queue, 1)
    await record(env.client, queue, place())
    await record(env.client, queue, lift())

    async with working(env.client, queue):

        async def told() -> bool:
            history = await env.client.get_workflow_handle(holds_id(queue)).fetch_history()
            return any(event.HasField("activity_task_completed_event_attributes") for event in history.events)

        await soon("the runs were told", told)
        report = await report_of(env.client, run)

    assert report.state.holds == []
    assert report.state.released == []


class Meanwhile(Spreading):
    """After its first pass, one run is launched and another one ends."""

    def __init__(self, env: WorkflowEnvironment, queue: str, hold: InstallationHold, ends: str) -> None:
        super().__init__(env.client, queue, hold)
        self.env, self.queue, self.ends, self.later = env, queue, ends, ""

    async def once(self) -> int:
        """See the class."""
        new = await super().once()
        if not self.later:
            await self.env.client.get_workflow_handle(self.ends).terminate("gone")
            self.later = await launched(self.env.client, self.queue, 2)
            await visible(self.env.client, self.queue, 2)
        return new


async def test_runs_that_are_launched_meanwhile_are_found(env: WorkflowEnvironment, queue: str) -> None:
    """It goes round until two passes find none missing, and one that ended meanwhile is no miss."""
    first = await launched(env.client, queue, 0)
    ended = await launched(env.client, queue, 1)
    await visible(env.client, queue, 2)
    _, register = await record(env.client, queue, place())
    spreading = Meanwhile(env, queue, register.standing[0], ended)

    done = await spreading.through()

    assert done.reached == {first, spreading.later}
    assert done.not_reached == {}


async def test_a_run_that_the_server_does_not_let_us_reach_is_named(env: WorkflowEnvironment, queue: str) -> None:
    """With the server's reason; the others are reached, and it ends."""
    reachable, deaf = await launched(env.client, queue, 0), await launched(env.client, queue, 1)
    await visible(env.client, queue, 2)
    _, register = await record(env.client, queue, place())
    handle_of = env.client.get_workflow_handle

    def handle(run: str) -> Any:  # noqa: ANN401 - stands for the SDK's
        return _Deaf() if run == deaf else handle_of(run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(env.client, "get_workflow_handle", handle)
        done = await Spreading(env.client, queue, register.standing[0]).through()

    assert done.reached == {reachable}
    assert done.not_reached == {deaf: "too many signals"}


class _Deaf:
    async def signal(self, *_: object, **__: object) -> None:
        raise RPCError("too many signals", RPCStatusCode.RESOURCE_EXHAUSTED, b"")


class Taking:
    """A run that takes holds over on a worker of its own."""

    def __init__(self, env: WorkflowEnvironment, queue: str) -> None:
        self.world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30))
        self.env, self.queue = env, queue
        self.worker = Worker(
            env.client,
            task_queue=queue,
            workflows=[TakesOver],
            activities=self.world.every(),
            workflow_runner=sandbox_runner("workflows", "tests"),
        )

    async def start(self, state: RunState | None = None) -> WorkflowHandle[Any, RunState]:
        """Starts it, perhaps with a state of before."""
        start = RunStart(plan=plan(), launched_by=LAUNCHER, state=state)
        return await self.env.client.start_workflow(
            "TakesOver", start, id=f"taking-{self.queue}", task_queue=self.queue, result_type=RunState
        )


def standing_hold(hold: str = "a1", **changes: object) -> InstallationHold:
    """A hold of the installation, as it was recorded."""
    register = fold(HoldRegister(placed=int(hold[1:]) - 1), place(**changes), datetime.now(UTC))
    return register.standing[0]


def carrying(hold: InstallationHold) -> RunState:
    """The state of a run that carries `hold`, and one of its own."""
    now = datetime.now(UTC)
    copy = HoldOn(id=hold.id, by=DANA, reason="incident", since=now, from_all=hold.id)
    return RunState(
        plan_digest=plan().digest,
        launched_by=LAUNCHER,
        launched_at=now,
        clock=ProviderClock(read_at=now, shown=now),
        holds=[HoldOn(id="h1", by=OMAR, reason="audit", since=now), copy],
    )


async def test_a_run_takes_over_what_stands_and_drops_what_was_lifted(env: WorkflowEnvironment, queue: str) -> None:
    """Once in a history; its own hold is its own, and the journal says who set and who released."""
    old, new = standing_hold("a1"), standing_hold("a2", by=OMAR, scope=HoldScope.PURGE)
    taking = Taking(env, queue)
    gone = LiftedHold(hold=old, by=OMAR, reason="it is over", at=datetime.now(UTC), order="order-0001")
    taking.world.whole = HoldsResult(standing=(new,), lifted=(gone,))
    async with taking.worker:
        state: RunState = await (await taking.start(carrying(old))).result()

    assert [(hold.id, hold.from_all, hold.scope) for hold in state.holds] == [
        ("h1", None, HoldScope.ALL),
        ("a2", "a2", HoldScope.PURGE),
    ]
    assert [(past.hold.id, past.by.name, past.reason) for past in state.released] == [("a1", "omar", "it is over")]
    assert [call.known for call in taking.world.asked_for_holds] == [("a1",)]
    told = [entry.what for entry in state.journal]
    assert told == [
        "hold a2 of the whole installation, by omar: incident",
        "hold a1 of the whole installation is released by omar: it is over",
    ]


async def test_a_hold_that_is_carried_is_not_taken_twice(env: WorkflowEnvironment, queue: str) -> None:
    """The signal was quicker than the reading: one copy."""
    hold = standing_hold()
    taking = Taking(env, queue)
    taking.world.whole = HoldsResult(standing=(hold,))
    async with taking.worker:
        state: RunState = await (await taking.start(carrying(hold))).result()

    assert [each.id for each in state.holds] == ["h1", "a1"]
    assert state.journal == []


@pytest.mark.parametrize("stale", ["hold", "release"])
async def test_an_answer_that_is_older_than_a_signal_is_read_again(
    env: WorkflowEnvironment, queue: str, stale: str
) -> None:
    """A release, or a hold, that arrives while the register is read: the older answer neither revives nor drops it."""
    hold = standing_hold()
    gone = LiftedHold(hold=hold, by=OMAR, reason="it is over", at=datetime.now(UTC), order="order-0001")
    stands, lifted = HoldsResult(standing=(hold,)), HoldsResult(lifted=(gone,))
    taking = Taking(env, queue)
    taking.world.reading_holds = asyncio.Event()
    taking.world.whole = stands if stale == "hold" else lifted
    async with taking.worker:
        handle = await taking.start()

        async def asked() -> bool:
            return bool(taking.world.asked_for_holds)

        await soon("it is read", asked)
        by: dict[str, Any] = {"id": fresh(), "by": OMAR, "reason": "meanwhile", "from_all": "a1"}
        decision = Release(**by) if stale == "hold" else Hold(**by)
        await handle.signal(DECISION_SIGNAL, Envelope(decision=decision))
        taking.world.whole = lifted if stale == "hold" else stands
        await soon("the signal is there", lambda: _signalled(handle))
        taking.world.reading_holds.set()
        state: RunState = await handle.result()

    assert len(taking.world.asked_for_holds) == 2
    assert [each.from_all for each in state.holds] == ([] if stale == "hold" else ["a1"])


async def _signalled(handle: WorkflowHandle[Any, RunState]) -> bool:
    """Whether the signal was handled: the task that it made is done."""
    events = (await handle.fetch_history()).events
    at = [index for index, event in enumerate(events) if event.HasField("workflow_execution_signaled_event_attributes")]
    done = [i for i, event in enumerate(events) if event.HasField("workflow_task_completed_event_attributes")]
    return bool(at) and max(done) > at[0]


async def test_nothing_goes_on_while_the_holds_cannot_be_read(env: WorkflowEnvironment, queue: str) -> None:
    """It is tried again until it is answered; a failure for good stops the step, and takes nothing for granted."""
    taking = Taking(env, queue)
    taking.world.fail("holds.installation", failure(Category.UNAVAILABLE), failure(Category.UNAVAILABLE))
    taking.world.whole = HoldsResult(standing=(standing_hold(),))
    async with taking.worker:
        state: RunState = await (await taking.start()).result()
    assert [hold.id for hold in state.holds] == ["a1"]

    taking = Taking(env, f"{queue}-again")
    taking.world.fail("holds.installation", failure(Category.DENIED, "not for you"))
    async with taking.worker:
        state = await (await taking.start()).result()
    assert [entry.what for entry in state.journal] == ["stopped: not for you"]


async def test_a_release_of_the_run_lifts_no_hold_of_the_installation(env: WorkflowEnvironment, queue: str) -> None:
    """Not by id, not for everyone: refused with the command that does; the run's own holds go."""
    run = await launched(env.client, queue)
    await visible(env.client, queue, 1)
    await record(env.client, queue, place())
    async with working(env.client, queue):

        async def held() -> bool:
            return bool((await report_of(env.client, run)).state.holds)

        await soon("it is held", held)

        async def decided(**how: object) -> DecisionResult:
            decision = Release.model_validate({"id": fresh(), "by": DANA, "reason": "please", **how})
            answer = await decide(env.client, run, decision)
            assert isinstance(answer, DecisionResult)
            return answer

        refused = [await decided(hold="a1"), await decided(everyone=True), await decided(), await decided(owner="dana")]
        await decide(env.client, run, Hold(id=fresh(), by=DANA, reason="incident"))
        own = await decided(everyone=True)
        left = (await report_of(env.client, run)).state.holds
        waiting = (await env.client.get_workflow_handle(run).describe()).typed_search_attributes.get(WAITING)

    assert {answer.verdict for answer in refused} == {Verdict.REFUSED}
    assert all("unrack release --all --hold a1" in answer.message for answer in refused)
    assert own.good
    assert [hold.from_all for hold in left] == ["a1"]
    assert "hold:a1" in (waiting or ())
