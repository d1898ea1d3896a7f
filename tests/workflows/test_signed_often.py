"""Signed decisions at once, without right, in floods, and around a worker's death."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.conftest import Launch, end, replay
from tests.workflows.fake_provider import StandIn
from tests.workflows.forging import forged_hold, like
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, approval, cable_done, fresh, strict_runner
from tests.workflows.office import ANN, EVE, OMAR, Office, forged
from tests.workflows.plans import CABLE, of_its_own, plan
from unrack.contracts.verifying import MOST_TOGETHER
from unrack.contracts.workflows import RunStart
from unrack.model.decision import (
    Abort,
    Decision,
    Extend,
    Hold,
    Note,
    Reactivate,
    Reject,
    Release,
    Remedy,
    Resolve,
    Verdict,
    Withdraw,
)
from unrack.model.lifecycle import Phase
from unrack.model.state import RunState
from unrack.operations.launching import begin
from workflows import WORKFLOWS


async def _waiting(launch: Launch, office: Office) -> Trial:
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    return trial


@pytest.mark.parametrize("times", [10, pytest.param(200, marks=pytest.mark.long)])
async def test_two_decide_at_once_and_one_wins_each_time(launch: Launch, times: int) -> None:
    """Two people reject the same task at once, for reasons of their own: one of them does, every time."""
    office = Office()
    trial = await launch(plan(), office=office)
    for number in range(times):
        state = (await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)).state
        both = [
            office.sign(trial.plan, state, Reject(id=fresh(), by=ON_CALL, step=CABLE, reason=f"{who} {number}"), who)
            for who in (ANN, OMAR)
        ]
        answers = await asyncio.gather(*map(trial.decide, both))
        assert [answer.verdict for answer in answers].count(Verdict.ACCEPTED) == 1
        again = Resolve(id=fresh(), by=ON_CALL, step=CABLE, remedy=Remedy.RETRY, reason="settled")
        assert (await trial.decide(office.sign(trial.plan, (await trial.report()).state, again, ANN))).good


@pytest.mark.parametrize("count", [400, pytest.param(1_500, marks=pytest.mark.long)])
async def test_forged_holds_do_not_hurt_a_run(launch: Launch, count: int) -> None:
    """So many, each worth waiting for by its looks: batches are full, the record stays small, and the run goes on."""
    office = Office()
    trial = await _waiting(launch, office)
    state = (await trial.report()).state
    fake = forged_hold(office, trial.plan, state)
    several = asyncio.Semaphore(50)

    async def send() -> None:
        async with several:
            await trial.signal(like(fake))

    await asyncio.gather(*(send() for _ in range(count)))
    await trial.report()  # whoever asks right after it is answered
    await trial.until("all are answered", lambda report: report.state.denials >= count)
    yes = office.sign(trial.plan, (await trial.report()).state, approval(trial.plan, ANN), ANN)
    assert (await trial.decide(yes)).verdict is Verdict.ACCEPTED
    report = await trial.until("it goes on", lambda report: CABLE in report.state.tasks)

    assert not report.state.holds
    assert len(report.state.model_dump_json()) < 400_000
    assert max(len(call.decisions) for call in office.batches) <= MOST_TOGETHER


def _made(kind: int) -> Decision:
    who, key = ON_CALL, fresh()
    return (
        Hold(id=key, by=who, reason="stop"),
        Release(id=key, by=who, reason="go", everyone=True),
        Reactivate(id=key, by=who, reason="keep"),
        Abort(id=key, by=who, reason="stop"),
        Extend(id=key, by=who, by_span=timedelta(days=1), reason="later"),
        Withdraw(id=key, by=who, reason="changed my mind"),
        Note(id=key, by=who, text="hello"),
        Reject(id=key, by=who, step=CABLE, reason="no"),
        Resolve(id=key, by=who, step=CABLE, remedy=Remedy.SKIP, reason="why not"),
        cable_done(),
    )[kind]


_WAYS = ("unsigned", "eve", "eve as omar", "omar by eve's key", "forged", "older", "another run")


async def test_who_has_no_right_changes_nothing_in_any_order(launch: Launch) -> None:
    """Property: whatever is sent by people without right, in whatever order, only the record of it changes."""
    office = Office()
    trial = await launch(plan(), office=office)
    state = (await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)).state
    before = _but_the_record(state)
    loop = asyncio.get_running_loop()

    async def all_refused(sent: list[Decision]) -> None:
        answers = await asyncio.gather(*map(trial.decide, sent))
        assert all(answer.why is not None for answer in answers)
        assert _but_the_record((await trial.report()).state) == before

    @settings(max_examples=25, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
    @given(st.lists(st.tuples(st.integers(0, 9).map(_made), st.sampled_from(_WAYS)), min_size=1, max_size=6))
    def in_any_order(acts: list[tuple[Decision, str]]) -> None:
        sent = [_without_right(office, trial, state, decision, way) for decision, way in acts]
        asyncio.run_coroutine_threadsafe(all_refused(sent), loop).result(120)

    await asyncio.to_thread(in_any_order)


def _without_right(office: Office, trial: Trial, state: RunState, decision: Decision, way: str) -> Decision:
    if way in ("unsigned", "eve"):
        return decision if way == "unsigned" else office.sign(trial.plan, state, decision, EVE)
    match way:
        case "eve as omar":
            return office.sign(trial.plan, state, decision, OMAR, signer=EVE, with_key=EVE)
        case "omar by eve's key":
            return office.sign(trial.plan, state, decision, OMAR, with_key=EVE)
        case "older":
            then = datetime.now(UTC) - timedelta(days=3)
            return office.sign(trial.plan, state, decision, OMAR, at=then, expires=then + timedelta(days=1))
        case "another run":
            return office.sign(trial.plan, state, decision, OMAR, execution="another")
        case _:
            sent = office.sign(trial.plan, state, decision, OMAR)
            assert sent.proof is not None
            return sent.model_copy(update={"proof": sent.proof.model_copy(update={"signature": forged(OMAR)})})


def _but_the_record(state: RunState) -> str:
    shown = {"journal", "refused", "denied", "denials", "left_out", "unjudged"}
    return state.model_dump_json(exclude=shown)


async def test_a_worker_that_dies_between_arrival_and_judgement_loses_nothing(env: WorkflowEnvironment) -> None:
    """The decision has arrived and nobody has verified it: another worker takes it up, and it is answered once."""
    office, queue = Office(), f"test-{uuid.uuid4().hex}"
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    made = of_its_own(plan(quorum=1), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    async with _worker(env, queue, world):
        state = (await trial.until("it waits", lambda report: report.state.phase is Phase.APPROVAL)).state
        office.shut = asyncio.Event()
        await trial.signal(office.sign(made, state, Hold(id=fresh(), by=ON_CALL, reason="stop"), OMAR))
        await trial.until("it is being verified", lambda _: bool(office.batches))
    office.shut = None
    async with _worker(env, queue, world):
        report = await trial.until("it is judged", lambda report: bool(report.state.holds))
        await end(env.client, trial)
    await replay(env.client, trial)

    assert [hold.reason for hold in report.state.holds] == ["stop"]
    assert report.state.judged == 1
    assert not report.state.unjudged


def _worker(env: WorkflowEnvironment, queue: str, world: StandIn) -> Worker:
    return Worker(
        env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=world.every(),
        workflow_runner=strict_runner(),
        graceful_shutdown_timeout=timedelta(0),
    )
