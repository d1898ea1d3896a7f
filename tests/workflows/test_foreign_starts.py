"""A run believes starts of Unrack's own, and ends before it touches anything when it was started otherwise."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, ON_CALL, PATIENCE, Trial, eventually, fresh, strict_runner
from tests.workflows.plans import of_its_own, plan
from unrack.contracts.calls import NoticeKind
from unrack.contracts.starts import PredecessorCall
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW, OUTCOME, REPORT_QUERY, SERVICE, Resumption, RunStart
from unrack.model.base import digest_of
from unrack.model.decision import Approve, Hold, Verdict
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.model.plan import Plan
from unrack.model.service import Finding
from unrack.model.state import RunReport, RunState, StepState
from unrack.operations.launching import attributes_of, begin, first_view
from unrack.temporal import interrupted
from unrack.temporal.visibility import EngineSurvey
from workflows import WORKFLOWS

NOW = datetime.now(UTC)


class Stranger:
    """Somebody who may start workflows, beside a worker that serves."""

    def __init__(self, env: WorkflowEnvironment, world: StandIn, queue: str) -> None:
        """Start on `queue`."""
        self.env, self.world, self.queue = env, world, queue

    async def starts(self, start: RunStart, **differently: Any) -> RunReport:  # noqa: ANN401 - the arguments of the SDK
        """Starts a run as Unrack does, but for what is given; the report with which it ends."""
        plan_, phase = start.plan, start.state.phase if start.state else Phase.PREFLIGHT
        ours = {
            "id": str(plan_.run_id),
            "memo": {MEMO_VIEW: first_view(plan_, phase)},
            "search_attributes": attributes_of(plan_, phase),
        }
        handle = await self.env.client.start_workflow(
            DECOMMISSION, start, task_queue=self.queue, result_type=RunReport, **{**ours, **differently}
        )
        return await handle.result(rpc_timeout=timedelta(seconds=PATIENCE))

    def told(self) -> list[str]:
        """What people heard of it."""
        return [each.text for each in self.world.told if each.kind is NoticeKind.INTERFERENCE]


@pytest.fixture
async def stranger(env: WorkflowEnvironment) -> AsyncIterator[Stranger]:
    """A stranger, and an installation of its own."""
    world, queue = StandIn(term_end=NOW + timedelta(days=30)), f"test-{uuid.uuid4().hex}"
    async with Worker(
        env.client,
        task_queue=queue,
        workflows=[*WORKFLOWS, Wraps],
        activities=world.every(),
        workflow_runner=strict_runner(),
    ):
        yield Stranger(env, world, queue)


def ours() -> Plan:
    """A plan that needs nobody's approval."""
    return of_its_own(plan(), uuid.uuid4().hex)


def state_of(of: Plan, **changes: object) -> RunState:
    """A state in which everything up to the purge is done and approved."""
    done = {step.id: StepState(status=StepStatus.DONE) for step in of.steps if step.phase is not Phase.PURGE}
    clock = of.facts.clock
    values = {"plan_digest": of.digest, "launched_by": LAUNCHER, "launched_at": clock.shown, "clock": clock}
    return RunState.model_validate({**values, "phase": Phase.PURGE, "steps": done, "scheduled": True, **changes})


def gone(**changes: object) -> Resumption:
    """What a resumption says of the run that it goes on from."""
    values = {"run_id": "gone", "how": "terminated", "died_at": NOW, "by": ON_CALL, "reason": "by mistake"}
    return Resumption.model_validate({**values, **changes})


def refused(stranger: Stranger, report: RunReport, why: str) -> None:
    """The run ended as refused, said why, told people, and nothing was called at the provider."""
    assert report.outcome is Outcome.REFUSED
    assert any(why in entry.what for entry in report.state.journal), report.state.journal
    assert any(why in text and "unrack launch" in text for text in stranger.told())
    assert [call for call in stranger.world.calls if not call.startswith("predecessor")] == []
    assert stranger.world.ledger == []
    assert report.state.steps == {}


def _memo_of_another(of: Plan) -> dict[str, Any]:
    return {"memo": {MEMO_VIEW: first_view(of_its_own(plan(), "other"))}}


def _attributes_of_another(of: Plan) -> dict[str, Any]:
    return {"search_attributes": attributes_of(of_its_own(plan(), "other"), Phase.PREFLIGHT)}


def _ended_already(of: Plan) -> dict[str, Any]:
    shown = [*attributes_of(of, Phase.PREFLIGHT), SearchAttributePair(OUTCOME, "closed")]
    return {"search_attributes": TypedSearchAttributes(shown)}


_OTHERWISE = {
    "an id of its own": (lambda of: {"id": f"{of.run_id}-again"}, "its id is not that of its plan's run"),
    "no memo": (lambda _: {"memo": None}, "its memo does not show"),
    "a memo that is none": (lambda _: {"memo": {MEMO_VIEW: "all is well"}}, "its memo does not show"),
    "the memo of another": (_memo_of_another, "its memo shows another service, plan"),
    "no attributes": (lambda _: {"search_attributes": None}, "UnrackProvider"),
    "attributes of another": (_attributes_of_another, SERVICE.name),
    "shown as ended": (_ended_already, OUTCOME.name),
    "a time-out": (lambda _: {"run_timeout": timedelta(days=3)}, "would end it after a time"),
    "an execution time-out": (lambda _: {"execution_timeout": timedelta(days=3)}, "would end it after a time"),
    "retries": (lambda _: {"retry_policy": RetryPolicy(maximum_attempts=2)}, "would begin it again"),
}


@pytest.mark.parametrize("how", _OTHERWISE)
async def test_a_start_that_shows_something_else_than_its_plan_is_refused(stranger: Stranger, how: str) -> None:
    """Its plan would run without any approval; it ends before it looks at the service."""
    made, (differently, why) = ours(), _OTHERWISE[how]
    refused(stranger, await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER), **differently(made)), why)


async def test_a_state_from_nowhere_is_refused(stranger: Stranger) -> None:
    """Everything done and approved, says the state: with no run before it, it counts for nothing."""
    made = ours()
    report = await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER, state=state_of(made)))
    refused(stranger, report, "no history of this run came before it")
    assert report.state.phase is Phase.PREFLIGHT


async def test_a_resumption_that_the_engine_does_not_bear_out_is_refused(stranger: Stranger) -> None:
    """A decision that comes before the engine was asked starts nothing either, though the last call is long past."""
    made = ours()
    stranger.world.misfit = "this run has no execution gone"
    state = state_of(made, effective_at=NOW - timedelta(hours=1))
    handle = await stranger.env.client.start_workflow(
        DECOMMISSION,
        RunStart(plan=made, launched_by=LAUNCHER, state=state, resumed=gone()),
        id=str(made.run_id),
        task_queue=stranger.queue,
        result_type=RunReport,
        memo={MEMO_VIEW: first_view(made, Phase.PURGE)},
        search_attributes=attributes_of(made, Phase.PURGE),
        start_signal="decision",
        start_signal_args=[{"decision": Hold(id=fresh(), by=ON_CALL, reason="audit").model_dump(mode="json")}],
    )
    refused(stranger, await handle.result(), "this run has no execution gone")


async def test_a_state_of_another_plan_is_refused(stranger: Stranger) -> None:
    """Its approvals were given for something else."""
    made = ours()
    state = state_of(made, plan_digest="sha256:other")
    report = await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER, state=state, resumed=gone()))
    refused(stranger, report, "its state is of another plan")


async def test_a_resumption_without_a_state_is_refused(stranger: Stranger) -> None:
    """There is nothing that it could go on from."""
    made = ours()
    refused(
        stranger,
        await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER, resumed=gone())),
        "it carries a state, and no history",
    )


async def test_a_blocked_plan_is_refused(stranger: Stranger) -> None:
    """Unrack's own launch refuses it, too."""
    made = ours().model_copy(update={"blockers": (Finding(subject="debt", text="40 EUR", blocking=True),)})
    refused(stranger, await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER)), "its plan is blocked: debt")


async def test_a_real_providers_clock_that_runs_fast_is_refused(stranger: Stranger) -> None:
    """Every wait of the run would be too short, the grace period first of all."""
    made = ours()
    clock = made.facts.clock.model_copy(update={"scale": 3600.0})
    forged = made.model_copy(update={"facts": made.facts.model_copy(update={"clock": clock})})
    report = await stranger.starts(RunStart(plan=forged, launched_by=LAUNCHER))
    refused(stranger, report, "does not keep our pace")


@workflow.defn(sandboxed=False)
class Wraps:
    """A workflow of a stranger that starts a run."""

    @workflow.run
    async def run(self, start: RunStart) -> RunReport:
        """Starts it as its child."""
        return await workflow.execute_child_workflow(
            DECOMMISSION,
            start,
            id=str(start.plan.run_id),
            result_type=RunReport,
            memo={MEMO_VIEW: first_view(start.plan)},
            search_attributes=attributes_of(start.plan, Phase.PREFLIGHT),
        )


async def test_a_run_that_another_workflow_starts_is_refused(stranger: Stranger) -> None:
    """Its end would take the run with it."""
    made = ours()
    report = await stranger.env.client.execute_workflow(
        Wraps.run,
        RunStart(plan=made, launched_by=LAUNCHER),
        id=f"wraps-{uuid.uuid4().hex}",
        task_queue=stranger.queue,
    )
    refused(stranger, report, "another workflow started it")


async def test_what_temporal_begins_again_is_refused_each_time(stranger: Stranger) -> None:
    """A second execution by schedule looks like a fresh history of the first, and is believed as little."""
    made = ours()
    client = stranger.env.client
    handle = await client.start_workflow(
        DECOMMISSION,
        RunStart(plan=made, launched_by=LAUNCHER, state=state_of(made)),
        id=str(made.run_id),
        task_queue=stranger.queue,
        cron_schedule="@every 1s",
        memo={MEMO_VIEW: first_view(made, Phase.PURGE)},
        search_attributes=attributes_of(made, Phase.PURGE),
    )
    second = handle.first_execution_run_id
    async with asyncio.timeout(PATIENCE):
        while second == handle.first_execution_run_id:
            second = (await client.get_workflow_handle(handle.id).describe()).run_id
    report = await eventually(
        "refused",
        lambda: client.get_workflow_handle(handle.id, run_id=second).query(REPORT_QUERY, result_type=RunReport),
        lambda seen: seen.outcome is not None and bool(seen.state.journal),
    )
    await client.get_workflow_handle(handle.id).terminate("the test is over")

    refused(stranger, report, "would begin it again")


async def test_nothing_is_decided_on_a_refused_run(stranger: Stranger) -> None:
    """What comes with the start is answered that the run has ended."""
    made = ours()
    handle = await stranger.env.client.start_workflow(
        DECOMMISSION,
        RunStart(plan=made, launched_by=LAUNCHER, state=state_of(made)),
        id=str(made.run_id),
        task_queue=stranger.queue,
        result_type=RunReport,
        start_signal="decision",
        start_signal_args=[
            {"decision": Approve(id="the-decision", by=ON_CALL, plan=made.digest).model_dump(mode="json")}
        ],
    )
    report = await handle.result()
    assert report.state.answers["the-decision"].verdict is Verdict.NOT_OPEN


async def _terminated(stranger: Stranger, made: Plan) -> tuple[Trial, RunState]:
    """A run that was terminated while it waited for the cable, and its last state."""
    start = RunStart(plan=made, launched_by=LAUNCHER)
    trial = Trial(stranger.env, await begin(stranger.env.client, start, stranger.queue), made, stranger.world)
    report = await trial.until("the cable's task", lambda seen: bool(seen.state.tasks))
    await trial.handle.terminate()
    return trial, report.state


async def test_the_engine_bears_out_only_what_is_so(stranger: Stranger) -> None:
    """The execution is there, was ended by hand, and knew this very state of this very plan."""
    made = ours()
    trial, state = await _terminated(stranger, made)
    client: Client = stranger.env.client
    run_id = (await trial.handle.describe()).run_id
    claim = PredecessorCall(
        run=trial.handle.id, run_id=run_id, plan=made.digest, state=digest_of(state.model_dump(mode="json"))
    )
    more = state.model_copy(update={"scheduled": not state.scheduled}).model_dump(mode="json")

    answers = [
        await interrupted.misfit(client, claim.model_copy(update=changes))
        for changes in (
            {},
            {"state": digest_of(more)},
            {"plan": "sha256:other"},
            {"run_id": str(uuid.uuid4())},
            {"run_id": "no id at all"},
        )
    ]

    assert answers[0] == ""
    assert all("another plan or another state" in each for each in answers[1:3])
    assert all("has no execution" in each for each in answers[3:])


async def test_a_refused_start_hides_nothing_of_the_run_before(stranger: Stranger) -> None:
    """Reconciliation still sees what was terminated, and it can be resumed."""
    made = ours()
    trial, _ = await _terminated(stranger, made)
    assert (await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER), memo=None)).outcome is Outcome.REFUSED

    (latest, *_) = await interrupted.executions_of(stranger.env.client, trial.handle.id)
    (seen,) = (await EngineSurvey(stranger.env.client).these(stranger.queue, [trial.handle.id])).runs

    assert latest.run_id == trial.handle.first_execution_run_id
    assert seen.interference is not None
    assert "detach.pops" in seen.interference.changed


async def test_a_refused_start_is_marked_in_lists(stranger: Stranger) -> None:
    """Its memo is the stranger's no more, and its outcome says what it is."""
    made = ours()
    await stranger.starts(RunStart(plan=made, launched_by=LAUNCHER), memo={MEMO_VIEW: "all is well"})
    shown = await stranger.env.client.get_workflow_handle(str(made.run_id)).describe()

    assert shown.typed_search_attributes.get(OUTCOME) == Outcome.REFUSED
    assert (await shown.memo())[MEMO_VIEW]["plan_digest"] == made.digest
