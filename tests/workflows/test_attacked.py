"""Somebody sends refusals without end: the run goes on in fresh histories, answers, is held, and keeps its dates.

The server of these tests suggests a fresh history far sooner than a real one, so that hundreds of refusals do what
thousands do there; the whole attack is played once at full size, on an ordinary server.
"""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.conftest import Launch, end
from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.harness import LAUNCHER, ON_CALL, Trial, binary, fresh, strict_runner
from tests.workflows.plans import CABLE, of_its_own, plan
from tests.workflows.test_paused import pause, unpause
from unrack.audit.histories import fetch
from unrack.audit.timeline import timeline
from unrack.contracts.workflows import DECISION_SIGNAL, SEARCH_ATTRIBUTES, RunStart
from unrack.model import remembering
from unrack.model.decision import (
    Approve,
    Complete,
    Decision,
    DecisionResult,
    Hold,
    Reactivate,
    Reject,
    Release,
    Verdict,
)
from unrack.model.errors import Category
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.operations.launching import begin
from unrack.operations.sending import HandedOver, decide
from unrack.temporal.converter import DATA_CONVERTER
from workflows import WORKFLOWS

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

MOST_UPDATES = 60
"""Updates that the server takes for one history; it suggests a fresh one at nine tenths of them."""

LONG = {f"field-{number}": "x" * 4000 for number in range(5)}
"""Twenty kilobytes that a decision may carry."""

SMALL = 700_000
"""Bytes that no attack makes the state exceed."""


async def server(settings: list[str], *more: str) -> WorkflowEnvironment:
    """A server with these limits."""
    values = [part for value in more for part in ("--dynamic-config-value", value)]
    return await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=[*settings, *values],
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=60),
        data_converter=DATA_CONVERTER,
        search_attributes=list(SEARCH_ATTRIBUTES),
    )


@pytest.fixture(scope="module")
async def env(server_settings: list[str]) -> AsyncIterator[WorkflowEnvironment]:
    """A server that takes few updates for one history, and suggests a fresh one soon."""
    async with await server(
        server_settings,
        f"history.maxTotalUpdates={MOST_UPDATES}",
        "limit.historyCount.suggestContinueAsNew=500",
        "limit.historySize.suggestContinueAsNew=3000000",
    ) as environment:
        yield environment


@asynccontextmanager
async def running(environment: WorkflowEnvironment) -> AsyncGenerator[Trial]:
    """A run on a server of its own."""
    world, queue = StandIn(term_end=datetime.now(UTC) + timedelta(days=30)), f"test-{uuid.uuid4().hex}"
    frozen = of_its_own(plan(), queue)
    async with Worker(
        environment.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=world.every(),
        workflow_runner=strict_runner(),
    ):
        handle = await begin(environment.client, RunStart(plan=frozen, launched_by=LAUNCHER), queue)
        trial = Trial(environment, handle, frozen, world)
        yield trial
        await end(environment.client, trial)


def refusals(*, long: bool = False) -> Iterator[Decision]:
    """Decisions that change nothing, short ones or long ones."""
    for number in count():
        if long:
            yield Complete(id=fresh(), by=ON_CALL, step=f"no.such-{number}", fields=LONG)
        else:
            yield Reject(id=fresh(), by=ON_CALL, step=f"no.such-{number}", reason="x" * 100)


async def flooded(trial: Trial, most: int, *, long: bool = False, signals: bool = False) -> None:
    """Sends so many refusals, each as an update that must be answered, or as a signal."""
    for number, decision in zip(range(most), refusals(long=long), strict=False):
        if signals and number % 2:
            await trial.signal(decision)
        else:
            assert not (await trial.decide(decision)).good


async def _approval(launch: Launch) -> Trial:
    trial = await launch(plan(quorum=2))
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL and bool(trial.world.told))
    return trial


async def _task(launch: Launch) -> Trial:
    trial = await launch(plan())
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    return trial


async def _parked(launch: Launch) -> Trial:
    trial = await launch(plan(), faulty={"preflight.status": [failure(Category.DENIED)]})
    await trial.until("parked", lambda report: bool(report.state.parked))
    return trial


async def _held(launch: Launch) -> Trial:
    trial = await launch(plan(quorum=1))
    await trial.until("approval", lambda report: report.state.phase is Phase.APPROVAL)
    await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await trial.decide(Approve(id=fresh(), by=ON_CALL, plan=trial.plan.digest))
    await trial.until("stopped", lambda report: "not yet" in report.state.journal[-1].what)
    return trial


async def _grace(launch: Launch) -> Trial:
    trial = await launch(plan(), term_end=timedelta(days=60))
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    return trial


async def _way_back(launch: Launch) -> Trial:
    trial = await _task(launch)
    trial.world.fail("detach.vrack", failure(Category.FAILED))
    await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))
    await trial.until("parked", lambda report: "undo.detach.vrack" in report.state.parked)
    return trial


@pytest.mark.parametrize("waits", [_approval, _task, _parked, _held, _grace, _way_back])
async def test_a_run_goes_on_in_a_fresh_history_whatever_it_waits_for(
    launch: Launch, waits: Callable[[Launch], Awaitable[Trial]]
) -> None:
    """Refusals alone fill the history: each one more is answered all the same, and nothing is done for them."""
    trial = await waits(launch)
    before, told = (await trial.report()).state, len(trial.world.told)

    await flooded(trial, MOST_UPDATES + 10)

    after = await trial.report()
    assert (await trial.handle.describe()).run_id != trial.handle.first_execution_run_id
    assert after.state.refused == MOST_UPDATES + 10
    assert (after.state.phase, after.state.tasks, after.state.parked) == (before.phase, before.tasks, before.parked)
    assert len(trial.world.told) == told
    assert after.state.rollback == before.rollback


@pytest.mark.parametrize("step", ["preflight.status", "detach.vrack"])
async def test_a_call_that_goes_on_for_hours_is_begun_again_in_a_fresh_history(launch: Launch, step: str) -> None:
    """The provider is out, and somebody fills the history meanwhile: the run takes decisions all the same."""
    out = [failure(Category.UNAVAILABLE, "HTTP 503") for _ in range(60)]
    trial = await launch(plan(), faulty={step: out})
    await trial.until("under way", lambda report: report.state.step(step).status is StepStatus.RUNNING)

    await flooded(trial, MOST_UPDATES + 10)
    moved = (await trial.handle.describe()).run_id
    trial.world.faults[step].clear()
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)

    assert moved != trial.handle.first_execution_run_id
    assert trial.world.ledger == ["change detach.pops", "change detach.vrack", "change request.schedule"]


async def _last_call_is_made(trial: Trial, most: int) -> None:
    """The attack while a scheduled end comes near: what must work, works."""
    await trial.until("the cable's task", lambda report: CABLE in report.state.tasks)
    await trial.forward(timedelta(days=27))  # at once: fresh histories would carry the clock past it
    await flooded(trial, most // 4)
    held = await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))
    await flooded(trial, most // 4, long=True, signals=True)
    released = await trial.decide(Release(id=fresh(), by=ON_CALL))
    await flooded(trial, most // 2, long=True, signals=True)
    seen = await trial.until("all are judged", lambda report: report.state.refused >= most)
    before = trial.world.ledger.count("undo request.schedule")
    await trial.forward(timedelta(days=2))
    await trial.until("taken back", lambda report: not report.state.scheduled)
    told = timeline(await fetch(trial.env.client, trial.handle.id))

    assert held.verdict is Verdict.ACCEPTED
    assert released.verdict is Verdict.ACCEPTED
    assert before == 0
    assert trial.world.ledger.count("undo request.schedule") == 1
    assert len(seen.state.model_dump_json()) < SMALL
    assert len(seen.state.answers) <= 2 * remembering.LAST
    assert sum(entry.verdict is Verdict.NOT_OPEN for entry in told) >= most // 2
    assert (await trial.decide(Reject(id=fresh(), by=ON_CALL, step=CABLE, reason="no access"))).good


@pytest.mark.long
async def test_the_last_call_is_made_while_a_run_is_attacked(launch: Launch) -> None:
    """Hundreds of refusals, short and long, by update and by signal: it is held, told, and taken back in time."""
    await _last_call_is_made(await launch(plan(), term_end=timedelta(days=30)), 320)


async def test_a_decision_that_changes_the_course_is_taken_after_an_attack(launch: Launch) -> None:
    """The run rolls back, and undoes what it did once."""
    trial = await _task(launch)
    await flooded(trial, MOST_UPDATES * 2, long=True, signals=True)
    assert (await trial.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))).good
    report = await trial.handle.result()

    assert report.outcome is Outcome.REACTIVATED
    assert trial.world.ledger.count("undo detach.pops") == 1


async def test_garbage_is_counted_and_not_kept(launch: Launch) -> None:
    """Signals that are no decision, with names and values of any length."""
    trial = await _task(launch)
    for number in range(120):
        await trial.handle.signal(DECISION_SIGNAL, {"y" * 20_000: {"z" * 20_000: number}})
    await trial.handle.signal("nobody-knows-this", "w" * 20_000)
    with pytest.raises(WorkflowUpdateFailedError):
        await trial.handle.execute_update("decide", {"y" * 20_000: 1})
    report = await trial.until("all are counted", lambda seen: seen.state.refused == 120)

    assert len(report.state.model_dump_json()) < SMALL
    assert (await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))).good


async def test_a_decision_goes_as_a_signal_where_the_server_takes_no_more_updates(
    server_settings: list[str],
) -> None:
    """The server suggests no fresh history here: the answer is the same, and comes by another way."""
    settings = ("history.maxTotalUpdates=4", "history.maxTotalUpdates.suggestContinueAsNewThreshold=0")
    async with await server(server_settings, *settings) as environment, running(environment) as trial:
        client = environment.client
        for decision, _ in zip(refusals(), range(4), strict=False):
            await decide(client, trial.handle.id, decision)
        with pytest.raises(RPCError, match="total number of distinct updates"):
            await trial.decide(Hold(id=fresh(), by=ON_CALL, reason="audit"))

        hold = Hold(id=fresh(), by=ON_CALL, reason="audit")
        placed = await decide(client, trial.handle.id, hold)
        again = await decide(client, trial.handle.id, hold)
        other = await decide(client, trial.handle.id, Release(id=hold.id, by=ON_CALL))
        standing = (await trial.report()).state.holds

    assert isinstance(placed, DecisionResult)
    assert placed.verdict is Verdict.ACCEPTED
    assert again == placed
    assert isinstance(other, DecisionResult)
    assert other.verdict is Verdict.CONFLICT
    assert [each.reason for each in standing] == ["audit"]


async def test_an_id_used_for_something_else_is_a_conflict_by_the_command_too(launch: Launch) -> None:
    """The server itself answers an update id that it knows: no decision is sent under one that was used."""
    trial = await _task(launch)
    hold = Hold(id=fresh(), by=ON_CALL, reason="audit")
    client: Client = trial.env.client

    placed = await decide(client, trial.handle.id, hold)
    again = await decide(client, trial.handle.id, hold)
    other = await decide(client, trial.handle.id, Release(id=hold.id, by=ON_CALL))

    assert isinstance(placed, DecisionResult)
    assert isinstance(other, DecisionResult)
    assert placed == again
    assert other.verdict is Verdict.CONFLICT
    assert len((await trial.report()).state.holds) == 1


async def test_a_paused_run_judges_what_was_handed_over_when_it_goes_on(launch: Launch) -> None:
    """Nobody waits for an answer that cannot come; the decision is not lost, and counts once."""
    trial = await _task(launch)
    client = trial.env.client
    await pause(client, trial.handle.id)
    hold = Hold(id=fresh(), by=ON_CALL, reason="audit")

    handed = await decide(client, trial.handle.id, hold)
    await decide(client, trial.handle.id, hold)
    await unpause(client, trial.handle.id)
    report = await trial.until("judged", lambda seen: hold.id in seen.state.answers)

    assert isinstance(handed, HandedOver)
    assert "paused in Temporal" in handed.why
    assert report.state.answers[hold.id].verdict is Verdict.ACCEPTED
    assert len(report.state.holds) == 1


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_ten_thousand_refusals_do_not_keep_the_last_call_from_being_made(
    server_settings: list[str],
) -> None:
    """The attack at full size, on a server with its ordinary limits."""
    async with await server(server_settings) as environment, running(environment) as trial:
        await _last_call_is_made(trial, 10_000)


async def test_refusals_do_not_keep_a_fresh_history_from_its_course(launch: Launch) -> None:
    """It reads the holds of the installation first, and reads them again for decisions about those alone."""
    trial = await _held(launch)
    await flooded(trial, MOST_UPDATES + 10)
    fresh_one = (await trial.handle.describe()).run_id
    asked = len(trial.world.asked_for_holds)
    await flooded(trial, MOST_UPDATES - 20, long=True)

    assert fresh_one != trial.handle.first_execution_run_id
    assert len(trial.world.asked_for_holds) <= asked + 2
