"""Orders to the whole installation where a policy rules, on a real server: a worker judges them before they count."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Never, TypeVar

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.installation_holds import InstallationHolds
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import fresh
from tests.workflows.office import EVE, INSTALLATION, LEA, OMAR, Office, signed
from tests.workflows.test_installation_holds import queue, soon, working
from unrack.contracts.installation_holds import (
    HOLD_SIGNAL,
    RELEASE_SIGNAL,
    KeysCall,
    KeysResult,
    SpreadCall,
    SpreadResult,
    holds_id,
)
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor
from unrack.model.installation_hold import MOST_STANDING, LiftHolds, PlaceHold
from unrack.model.policy_register import order_for
from unrack.model.statement import HoldAllStatement, Refusal, act_of
from unrack.policy.proving import ref_of
from unrack.temporal import installation_holds
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.installation_holds import record, register_of, register_policy
from unrack.temporal.sandbox import sharing_runner
from workflows import WORKFLOWS, installation

__all__ = ["queue"]

Order = TypeVar("Order", PlaceHold, LiftHolds)


def place(by: str = OMAR, reason: str = "fire") -> PlaceHold:
    """Stop everything."""
    return PlaceHold(id=fresh(), by=Actor(name=by), reason=reason)


def lift(*holds: str, by: str = OMAR) -> LiftHolds:
    """Go on."""
    return LiftHolds(id=fresh(), by=Actor(name=by), reason="over", holds=holds)


def sign(order: Order, with_key: str | None = None) -> Order:
    """As its sender signs it, or with the key of somebody else."""
    at = datetime.now(UTC).replace(microsecond=0)
    name = order.by.name
    statement = HoldAllStatement(
        installation=INSTALLATION, order=act_of(order), signer=name, at=at, expires=at + timedelta(hours=1)
    )
    return order.model_copy(update={"proof": signed(statement, with_key or name)})


async def ruled(client: Client, queue: str, office: Office) -> None:
    """A worker has registered the policy."""
    await register_policy(client, queue, order_for(ref_of(office.policy), 1, "a worker"))


async def standing(client: Client, queue: str) -> list[str]:
    """Ids of the holds that stand, by whoever reads the register."""
    return [each.id for each in (await register_of(client, queue)).standing]


async def test_only_the_right_people_hold_and_release(env: WorkflowEnvironment, queue: str) -> None:
    """Unsigned, by a stranger's key, without the right: refused in a word. Omar's hold stands until Lea lifts it."""
    office, client = Office(), env.client
    await ruled(client, queue, office)
    async with working(client, queue, access=office):
        forged = [place(), sign(place(), "a stranger"), sign(place(EVE))]
        holds = [(await record(client, queue, each))[0].why for each in forged]
        before = await standing(client, queue)
        held, register = await record(client, queue, sign(place()))
        (hold,) = held.holds
        lifts = [lift(hold), sign(lift(hold), "a stranger"), sign(lift(hold, by=EVE))]
        releases = [(await record(client, queue, each))[0].why for each in lifts]
        between = await standing(client, queue)
        freed, _ = await record(client, queue, sign(lift(hold, by=LEA)))
        left = await standing(client, queue)

    assert holds == releases == [Refusal.UNSIGNED, Refusal.KEY_UNKNOWN, Refusal.RIGHT_MISSING]
    assert before == left == []
    assert between == [hold]
    assert freed.holds == (hold,)
    assert (register.standing[0].known.name, register.standing[0].known.assurance) == (OMAR, Assurance.SIGNED)


async def test_a_replayed_lift_frees_nothing(env: WorkflowEnvironment, queue: str) -> None:
    """Copied from the history and sent again within minutes: what was held since stands, and it is told as replayed."""
    office, client = Office(), env.client
    await ruled(client, queue, office)
    async with working(client, queue, access=office):
        (first,) = (await record(client, queue, sign(place())))[0].holds
        lifting = sign(lift(first))
        await record(client, queue, lifting)
        (second,) = (await record(client, queue, sign(place(reason="again"))))[0].holds
        await client.get_workflow_handle(holds_id(queue)).signal(RELEASE_SIGNAL, lifting)

        async def told() -> bool:
            return any(each.why is Refusal.REPLAYED for each in (await register_of(client, queue)).denied)

        await soon("it is refused as replayed", told)
        assert await standing(client, queue) == [second]


async def test_strangers_neither_fill_the_places_nor_make_it_forget(
    env: WorkflowEnvironment, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of forged orders over several histories: what stands stands, and who has the right is served after it."""
    monkeypatch.setattr(installation, "MOST_EVENTS", 60)
    office, client = Office(), env.client
    await ruled(client, queue, office)
    handle = client.get_workflow_handle(holds_id(queue))
    real = InstallationHolds(EngineHolds(client), office)
    async with Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[real.judge_orders, real.spread_hold, StandIn(term_end=datetime.now(UTC)).spread_keys],
        workflow_runner=sharing_runner(),  # so that the limit that this test set is seen
    ):
        (hold,) = (await record(client, queue, sign(place())))[0].holds
        began = (await handle.describe()).run_id
        for number in range(4 * MOST_STANDING):
            stranger = lift(hold) if number % 2 else sign(place(reason=str(number)), "a stranger")
            await handle.signal(RELEASE_SIGNAL if number % 2 else HOLD_SIGNAL, stranger)
        served, register = await record(client, queue, sign(place(reason="after the flood")))
        again, _ = await record(client, queue, sign(lift(hold, by=LEA)))

    assert (await handle.describe()).run_id != began
    assert [each.reason for each in register.standing] == ["fire", "after the flood"]
    assert again.holds == (hold,)
    assert await standing(client, queue) == list(served.holds)


async def test_without_a_worker_an_order_waits_and_counts_once_one_is_there(
    env: WorkflowEnvironment, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It blocks nothing, is not lost, and is as old as its arrival; what a stranger sent meanwhile is refused then."""
    monkeypatch.setattr(installation_holds, "_JUDGED_WITHIN", timedelta(0))
    office, client = Office(), env.client
    await ruled(client, queue, office)

    waits, register = await record(client, queue, sign(place()))
    await record(client, queue, place(reason="not signed"))
    arrived = register.waiting[0].at
    async with working(client, queue, access=office):

        async def stands() -> bool:
            return bool(await standing(client, queue))

        await soon("it stands", stands)
        (hold,) = (await register_of(client, queue)).standing

    assert waits.waits
    assert register.standing == ()
    assert (hold.id, hold.since) == (waits.holds[0], arrived)
    assert [each.why for each in (await register_of(client, queue)).denied] == [Refusal.UNSIGNED]


class Slow(StandIn):
    """Telling the runs takes long: nobody comes to the end of it in this test."""

    def __init__(self) -> None:
        """Nobody was told yet."""
        super().__init__(term_end=datetime.now(UTC) + timedelta(days=30))
        self.telling = asyncio.Event()

    @activity.defn(name="spread-hold")
    async def spread_hold(self, call: SpreadCall) -> SpreadResult:
        """Never ends."""
        return await self._never(call)

    @activity.defn(name="spread-keys")
    async def spread_keys(self, call: KeysCall) -> KeysResult:
        """Never ends."""
        return await self._never(call)

    async def _never(self, call: object) -> Never:
        self.telling.set()
        while True:
            activity.heartbeat(str(call)[:10])
            await asyncio.sleep(0.1)


async def test_orders_are_judged_while_runs_are_told_of_keys_and_of_holds(env: WorkflowEnvironment, queue: str) -> None:
    """A hold waits for no telling of keys, and its end for no telling of the hold: either may take many minutes."""
    office, client, slow = Office(), env.client, Slow()
    await ruled(client, queue, office)
    real = InstallationHolds(EngineHolds(client), office)
    async with Worker(
        client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[real.judge_orders, slow.spread_hold, slow.spread_keys],
        workflow_runner=sharing_runner(),
        graceful_shutdown_timeout=timedelta(0),
    ):
        await asyncio.wait_for(slow.telling.wait(), 30)
        held, _ = await record(client, queue, sign(place()))
        freed, register = await record(client, queue, sign(lift(*held.holds, by=LEA)))

    assert not held.waits
    assert (freed.waits, freed.holds, register.standing) == (False, held.holds, ())


async def test_no_stream_of_signals_keeps_runs_from_hearing_that_a_key_ended(
    env: WorkflowEnvironment, queue: str
) -> None:
    """Whoever sends something more often than once a second delays nothing."""
    office, client = Office(), env.client
    await ruled(client, queue, office)
    handle, ends = client.get_workflow_handle(holds_id(queue)), Ends()
    async with Worker(
        client, task_queue=queue, workflows=WORKFLOWS, activities=[ends.spread_keys], workflow_runner=sharing_runner()
    ):
        for _ in range(100):
            await handle.signal(HOLD_SIGNAL, "no order")
            await asyncio.sleep(0.2)  # the attack's own pace
            if len(ends.keys_spread) > 1:
                break

    assert len(ends.keys_spread) > 1
    assert ends.keys_spread[1] == KeysCall()


class Ends(StandIn):
    """A key ends in two seconds."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        super().__init__(term_end=datetime.now(UTC) + timedelta(days=30))

    @activity.defn(name="spread-keys")
    async def spread_keys(self, call: KeysCall) -> KeysResult:
        """Says so, once."""
        self.keys_spread.append(call)
        again_at = datetime.now(UTC) + timedelta(seconds=2) if len(self.keys_spread) == 1 else None
        return KeysResult(again_at=again_at)
