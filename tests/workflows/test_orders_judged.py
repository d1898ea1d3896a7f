"""Orders to the whole installation where a policy rules, on a real server: a worker judges them before they count."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.installation_holds import InstallationHolds
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import fresh
from tests.workflows.office import EVE, INSTALLATION, LEA, OMAR, Office, signed
from tests.workflows.test_installation_holds import queue, soon, working
from unrack.contracts.installation_holds import HOLD_SIGNAL, RELEASE_SIGNAL, holds_id
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
