"""People hear of keys that decided in a run and count no more, without a decision having to come."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.installation_holds import InstallationHolds
from tests.workflows.conftest import Launch, end, replay
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, Trial, approval, strict_runner
from tests.workflows.office import ANN, LEA, OMAR, Office, policy, public
from tests.workflows.plans import of_its_own, plan
from unrack.contracts.calls import Notice
from unrack.contracts.workflows import KEYS_SIGNAL, RunStart
from unrack.model.lifecycle import Phase
from unrack.model.policy import Policy
from unrack.model.policy_register import order_for
from unrack.operations.launching import begin
from unrack.policy.proving import ref_of
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.installation_holds import register_of, register_policy
from workflows import WORKFLOWS

LOST = {"at": "2026-01-01T00:00:00Z", "why": "lost"}


def _told(trial: Trial) -> list[Notice]:
    return [notice for notice in trial.world.told if "counts no more" in notice.title]


async def _waiting(trial: Trial) -> None:
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)


def _without(*lost: str, version: int = 2, **fields: Any) -> Policy:  # noqa: ANN401 - fields of a key
    keys = {each: [{"key": public(each), **fields}] if fields else [] for each in lost}
    return policy(version, keys=keys)


async def test_a_run_looks_at_its_keys_when_it_is_asked(launch: Launch) -> None:
    """Lea's key, which launched it, was revoked: she is told, by her name, and once however often the run is asked."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _waiting(trial)
    state = (await trial.report()).state
    assert (await trial.decide(office.sign(trial.plan, state, approval(trial.plan, ANN), ANN))).good
    office.policy = _without(LEA, revoked=LOST)

    await trial.handle.signal(KEYS_SIGNAL)
    await trial.until("it is told", lambda _: bool(_told(trial)))
    for _ in range(3):
        await trial.handle.signal(KEYS_SIGNAL, "whatever")
    await trial.until("it has looked", lambda report: len(office.batches) > 1 and not report.state.unjudged)
    report = await trial.report()

    (notice,) = _told(trial)
    assert notice.people == (LEA,)
    assert "is revoked: lost" in notice.text
    assert "the launch" in notice.text
    assert report.state.access.policy == ref_of(office.policy)
    assert len(report.state.approvals) == 1


async def test_a_key_that_the_policy_does_not_have_any_more_is_told(launch: Launch) -> None:
    """Whoever was taken out cannot be found by what they signed: the run knows, and says so."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _waiting(trial)
    office.policy = _without(LEA)

    await trial.handle.signal(KEYS_SIGNAL)
    await trial.until("it is told", lambda _: bool(_told(trial)))

    assert "is not in the policy any more" in _told(trial)[0].text


async def test_a_key_that_had_expired_and_is_revoked_is_told_again(launch: Launch) -> None:
    """That it was stolen is news, though it counted no more."""
    office = Office()
    trial = await launch(plan(quorum=2), office=office)
    await _waiting(trial)
    over = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for version, fields in ((2, {"valid-before": over}), (3, {"valid-before": over, "revoked": LOST})):
        office.policy = _without(LEA, version=version, **fields)
        await trial.handle.signal(KEYS_SIGNAL)
        await trial.until("it is told", lambda _, count=version - 1: len(_told(trial)) == count)

    assert ["has expired" in notice.text for notice in _told(trial)] == [True, False]


async def test_a_run_without_a_policy_asks_nobody(launch: Launch) -> None:
    """Nobody signed anything there."""
    trial = await launch(plan(quorum=1))
    await _waiting(trial)

    await trial.handle.signal(KEYS_SIGNAL)
    history = await trial.until("it is through", lambda _: True) and await trial.handle.fetch_history()

    assert not any(
        event.activity_task_scheduled_event_attributes.activity_id.startswith("keys") for event in history.events
    )


@asynccontextmanager
async def _registering(env: WorkflowEnvironment, office: Office) -> AsyncGenerator[tuple[Trial, str]]:
    """A run that waits for its approval, and a register whose worker has the office's policy."""
    queue = f"keys-{uuid.uuid4().hex}"
    world = StandIn(term_end=datetime.now(UTC) + timedelta(days=30), authority=office)
    made = of_its_own(plan(quorum=2), queue)
    start = RunStart(plan=made, launched_by=LAUNCHER, proof=office.launch(made))
    trial = Trial(env, await begin(env.client, start, queue), made, world)
    real = InstallationHolds(EngineHolds(env.client), office)
    played = [each for each in world.every() if each.__name__ != "spread_keys"]
    async with Worker(
        env.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=[*played, real.spread_keys],
        workflow_runner=strict_runner(),
    ):
        await _waiting(trial)
        yield trial, queue
        await end(env.client, trial)
        await end(env.client, Trial(env, env.client.get_workflow_handle(f"unrack-holds/{queue}"), made, world))
    await replay(env.client, trial)
    await replay(env.client, Trial(env, env.client.get_workflow_handle(f"unrack-holds/{queue}"), made, world))


async def _registered(env: WorkflowEnvironment, queue: str, rules: Policy) -> None:
    await register_policy(env.client, queue, order_for(ref_of(rules), 10, f"worker {rules.version}"))


async def test_a_newer_policy_has_every_open_run_look(env: WorkflowEnvironment) -> None:
    """A worker registers it; nobody decides anything, and whose key is revoked hears of it."""
    office = Office()
    async with _registering(env, office) as (trial, queue):
        await _registered(env, queue, office.policy)
        office.policy = _without(LEA, revoked=LOST)
        await _registered(env, queue, office.policy)
        await trial.until("it is told", lambda _: bool(_told(trial)))

    assert [notice.people for notice in _told(trial)] == [(LEA,)]


async def test_a_policy_that_does_not_rule_troubles_no_run(env: WorkflowEnvironment) -> None:
    """Anybody can send a registration: only what workers judge by makes runs look."""
    office = Office()
    async with _registering(env, office) as (trial, queue):
        await _registered(env, queue, policy(99))
        await _registered(env, queue, _without(OMAR, version=98))
        await trial.until("somebody asked which rules", lambda _: sum(map(len, office.news)) > 1)
        assert len((await register_of(env.client, queue)).policies) == 2
        signals = [
            event.workflow_execution_signaled_event_attributes.signal_name
            for event in (await trial.handle.fetch_history()).events
        ]

    assert KEYS_SIGNAL not in signals


async def test_a_key_that_ends_by_itself_has_the_runs_look_then(env: WorkflowEnvironment) -> None:
    """Nobody registers anything when a key expires."""
    ends = datetime.now(UTC) + timedelta(days=1)
    keys = [{"key": public(LEA), "valid-before": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    office, over = Office(policy=policy(keys={LEA: keys})), timedelta(days=1, hours=1)
    async with _registering(env, office) as (trial, queue):
        await _registered(env, queue, office.policy)
        await trial.until("it has looked", lambda _: bool(office.batches))
        await trial.forward(over)
        before = _told(trial)
        await env.fast_forward(env.client.get_workflow_handle(f"unrack-holds/{queue}"), over)
        await trial.until("it is told", lambda _: bool(_told(trial)))

    assert not before
    assert "has expired" in _told(trial)[0].text
