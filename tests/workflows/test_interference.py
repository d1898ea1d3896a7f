"""What somebody does to a run in Temporal itself: it is noticed, told, and taken up again; the ledger is the judge."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, ResetWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment

from tests.conformance import simulated
from tests.workflows.harness import ON_CALL, PATIENCE
from tests.workflows.rehearsal import Rehearsed, rehearsal
from tests.workflows.test_with_simulator import (
    ASKED,
    CONFIRMED,
    DETACHED,
    END_OF_TERM,
    IMMEDIATE,
    LOCKED_AND_UNLOCKED,
    RELEASED,
    SCHEDULED,
)
from unrack import simulator as sim
from unrack.audit.histories import fetch, recorded
from unrack.audit.replay import replay
from unrack.contracts.reconciliation import RECONCILE, Mismatch
from unrack.contracts.workflows import PHASE
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus
from unrack.model.state import RunReport
from unrack.operations.reconciling import reconcile
from unrack.operations.resuming import Resumed, resume
from unrack.temporal import reports

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # the lives and deaths of several runs, on busy machines, too

HELD_BACK = 8.0
"""Real seconds for which an answer is held back: time to end the run meanwhile."""
CABLE = "handover.remove-cross-connect"
POP_GONE = "DELETE /ovhCloudConnect/*/config/pop/*"


async def test_terminated_in_grace(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The run is gone, the service half removed: that is told with what was done; resumed, nothing is done twice."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_grace()
        quiet = await reconcile(env.client, run.queue)
        await run.handle.terminate(reason="wrong window")

        (found,) = (await reconcile(env.client, run.queue)).found
        again = await reconcile(env.client, run.queue)
        await resumed(run)
        after = await reconcile(env.client, run.queue)
        await run.forward(timedelta(days=32))
        await run.complete("verify.check-routing")
        report = await run.ended()

        assert (quiet.runs, quiet.found) == (1, ())
        assert found.kind is Mismatch.HALF_REMOVED
        assert "terminated in Temporal" in found.text
        assert '("wrong window")) in phase grace' in found.text
        assert found.changed[-3:] == ("detach.dissociate-vrack", "request.schedule-termination", CABLE)
        assert found.todo == f"unrack resume {run.handle.id} --reason …"
        assert [(each.key, each.known) for each in again.found] == [(found.key, True)]
        assert (found.known, found.urgent) == (False, True)
        assert after.found == ()
        assert report.outcome is Outcome.CLOSED
        assert run.calls == [*DETACHED, SCHEDULED, RELEASED]


async def test_a_reconciliation_can_be_replayed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """It is a workflow like the others: its history says again what it did, also when it told people."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        await run.handle.terminate()
        await reconcile(env.client, run.queue)

        (done,) = [
            found
            async for found in env.client.list_workflows(f"WorkflowType = '{RECONCILE}' AND TaskQueue = '{run.queue}'")
        ]
        verdicts = await replay(recorded(await fetch(env.client, done.id)))

        assert [verdict.divergences for verdict in verdicts] == [()]


@pytest.mark.long
async def test_terminated_while_something_is_removed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """A change in flight counts as begun; resumed, it is read first: by the ledger it took effect once."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        pop = run.simulator.configuration(sim.DEMO_SERVICE)["pops"][0]["id"]
        hold_answer(run, "DELETE", f"/ovhCloudConnect/{sim.DEMO_SERVICE}/config/pop/{pop}")
        await run.approve()
        await received(run, POP_GONE)
        await run.handle.terminate()

        (found,) = (await reconcile(env.client, run.queue)).found
        await resumed(run)
        await run.forward(timedelta(minutes=3))
        await run.until_task(CABLE)

        assert found.changed == ("detach.remove-extras", "detach.remove-datacenters", "detach.remove-pops")
        assert "begun detach.remove-pops" in found.text
        assert run.calls == [*DETACHED, SCHEDULED]


@pytest.mark.long
async def test_terminated_while_the_end_is_confirmed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """An irreversible call in flight is outcome unknown: the resumed run probes, sees that it happened, and goes on."""
    async with rehearsal(env, tmp_path, IMMEDIATE, sim.Seed(expires_in=timedelta(days=300))) as run:
        await to_token(run)
        hold_answer(run, "POST", "*/confirmTermination")
        await run.complete("purge.enter-token", token=await run.evidence.hand_over(await run.token()))
        await received(run, CONFIRMED)
        await run.handle.terminate()

        (found,) = (await reconcile(env.client, run.queue)).found
        await resumed(run)
        await run.env.fast_forward(run.handle, timedelta(days=9))
        await run.complete("verify.check-routing")
        report = await run.ended()

        assert "begun purge.confirm-termination" in found.text
        assert report.outcome is Outcome.CLOSED
        assert "in doubt, no answer came: the run that had begun the call is gone" in [
            entry.what for entry in report.state.journal
        ]
        assert run.calls == [*LOCKED_AND_UNLOCKED, *DETACHED, ASKED, CONFIRMED, RELEASED]


@pytest.mark.long
async def test_terminated_while_the_token_is_asked_for(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Where the provider cannot tell whether an irreversible call happened, the resumed run parks and calls nothing."""
    async with rehearsal(env, tmp_path, IMMEDIATE, sim.Seed(expires_in=timedelta(days=300))) as run:
        await to_grace(run)
        hold_answer(run, "POST", "*/terminate")
        passing = asyncio.create_task(run.forward(timedelta(days=7, hours=1)))
        await received(run, ASKED)
        await run.handle.terminate()
        await passing

        await resumed(run)
        await run.env.fast_forward(run.handle, timedelta(days=9))
        report = await run.until("parked", lambda report: bool(report.state.parked))

        assert report.state.parked["purge.ask-termination"].reason is ParkReason.OUTCOME_UNKNOWN
        assert run.calls.count(ASKED) == 1


@pytest.mark.long
async def test_reset_to_before_the_approval(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """It is told what the run forgot; what it does again has no second effect, and then all fits again."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_handover()
        await reset(run, "one more look", to=await first_task_in(run, Phase.APPROVAL))
        run.handle = env.client.get_workflow_handle(run.handle.id, result_type=RunReport)
        await run.until_phase(Phase.APPROVAL)

        (found,) = (await reconcile(env.client, run.queue)).found
        await run.approve()
        await run.until_task(CABLE)
        after = await reconcile(env.client, run.queue)

        assert found.kind is Mismatch.RESET
        assert "one more look" in found.text
        assert found.changed[-1] == "request.schedule-termination"
        assert after.found == ()
        assert run.calls == [*DETACHED, SCHEDULED]


@pytest.mark.long
async def test_reset_and_terminated(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Resumed after a reset, a run goes on from where it had come furthest."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_grace()
        await reset(run, "one more look", to=await first_task_in(run, Phase.APPROVAL))
        run.handle = env.client.get_workflow_handle(run.handle.id, result_type=RunReport)
        await run.until_phase(Phase.APPROVAL)
        await run.handle.terminate()

        (found,) = (await reconcile(env.client, run.queue)).found
        taken = await resumed(run)

        assert found.kind is Mismatch.HALF_REMOVED
        assert CABLE in found.changed
        assert taken.phase == Phase.GRACE
        assert (await run.report()).state.step(CABLE).status is StepStatus.DONE


async def test_reset_after_the_end(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Sent back from behind its point of no return, a run finds the service ended: it calls nothing, and parks."""
    async with rehearsal(env, tmp_path, IMMEDIATE, sim.Seed(expires_in=timedelta(days=300))) as run:
        await to_token(run)
        await run.complete("purge.enter-token", token=await run.evidence.hand_over(await run.token()))
        await run.until_task("verify.check-routing")
        before = run.simulator.ledger()
        await reset(run, "one more look", to=await first_task_in(run, Phase.GRACE))
        run.handle = env.client.get_workflow_handle(run.handle.id, result_type=RunReport)
        report = await run.until("parked", lambda report: bool(report.state.parked))
        found = (await reconcile(env.client, run.queue)).found

        assert before[-1].path.endswith("skipRetentionPeriod")
        assert {each.kind for each in found} == {Mismatch.RESET, Mismatch.SERVICE_LOST}
        assert list(report.state.parked) == ["purge.check-unchanged"]
        assert run.simulator.ledger() == before


async def test_without_a_worker_nothing_is_resumed(
    env: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that nobody can read is not guessed: the refusal says which worker is needed, or which plan to make."""
    monkeypatch.setattr(reports, "ANSWER_WITHIN", timedelta(seconds=1))
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        await run.handle.terminate()
    with pytest.raises(UnrackError, match="cannot be read: no worker") as refused:
        await resumed(run)

    assert refused.value.problem.category is Category.UNAVAILABLE
    assert f"runbook {run.plan.runbook}" in refused.value.problem.suggestion


@pytest.mark.long
async def test_terminated_on_the_way_back(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """A reactivation that was cut off is resumed as a reactivation: in the end the configuration is what it was."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        before = run.configuration()
        await run.to_handover()
        hold_answer(run, "POST", f"/ovhCloudConnect/{sim.DEMO_SERVICE}/config/pop")
        assert (await run.reactivate()).good
        await received(run, "POST /ovhCloudConnect/*/config/pop")
        await run.handle.terminate()

        (found,) = (await reconcile(env.client, run.queue)).found
        await resumed(run)
        await run.forward(timedelta(minutes=3))
        report = await run.until("the end", lambda report: report.outcome is not None)

        assert "undo.detach.remove-pops" in found.text
        assert report.outcome is Outcome.REACTIVATED
        assert run.configuration() == before


async def test_history_gone(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """When retention takes the run, what was known of it stays reported, with the plan to make anew."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_handover()
        await run.handle.terminate()
        (known,) = (await reconcile(env.client, run.queue)).found
        await forget(run)

        (found,) = (await reconcile(env.client, run.queue)).found
        (later,) = (await reconcile(env.client, run.queue)).found
        with pytest.raises(UnrackError) as refused:
            await resumed(run)

        assert found.kind is Mismatch.HISTORY_GONE
        assert found.changed == known.changed
        assert f"runbook {run.plan.runbook} and service {sim.DEMO_SERVICE}" in found.todo
        assert later == found.model_copy(update={"known": True})
        assert refused.value.problem.category is Category.NOT_FOUND
        assert sim.DEMO_SERVICE in refused.value.problem.suggestion


async def test_what_does_not_fit_is_not_resumed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """An open run, a run that ended by itself, another plan than the one meant: refused, and nothing is started."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        with pytest.raises(UnrackError, match="is open") as running:
            await resumed(run)
        await run.handle.terminate()
        with pytest.raises(UnrackError, match="not sha256:meant") as other:
            await resumed(run, plan="sha256:meant")
        with pytest.raises(UnrackError, match="no execution 'x'"):
            await resumed(run, source="x")
        (untouched,) = (await reconcile(env.client, run.queue)).found
        await resumed(run, plan=run.plan.digest)
        await run.handle.cancel()
        report = await run.handle.result()
        with pytest.raises(UnrackError, match="ended by itself"):
            await resumed(run)

        assert running.value.problem.category is other.value.problem.category is Category.CONFLICT
        assert untouched.kind is Mismatch.GONE_UNTOUCHED
        assert report.outcome is Outcome.ABORTED
        assert run.calls == []


async def test_an_end_that_somebody_took_back(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The run counts on a scheduled end; in the provider's panel somebody took it back: that is told, once."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_handover()
        async with run.simulator.serve() as url:
            other = simulated.client(url)
            (number,) = await asyncio.to_thread(other.get, "/services", resourceName=sim.DEMO_SERVICE)
            await asyncio.to_thread(other.put, f"/services/{number}", terminationPolicy="empty")

        (found,) = (await reconcile(env.client, run.queue)).found

        assert found.kind is Mismatch.END_LOST
        assert "none planned" in found.text


async def to_grace(run: Rehearsed) -> None:
    """An immediate cancellation up to grace."""
    await run.to_approval()
    await run.approve()
    watch = "detach.watch-locked"
    await run.until(watch, lambda report: report.state.step(watch).status is StepStatus.WAITING)
    await run.forward(timedelta(days=1, minutes=1))
    await run.complete(CABLE)
    await run.until_phase(Phase.GRACE)


async def to_token(run: Rehearsed) -> None:
    """An immediate cancellation up to the token's task."""
    await to_grace(run)
    await run.forward(timedelta(days=7, hours=1))
    await run.until_task("purge.enter-token")


async def resumed(run: Rehearsed, source: str | None = None, plan: str | None = None) -> Resumed:
    """Resumes the run; from then on `run` steers the new one."""
    run_id = run.handle.id
    taken = await resume(run.env.client, run_id, ON_CALL, "it was a mistake", source=source, plan=plan, queue=run.queue)
    run.handle = run.env.client.get_workflow_handle(run_id, result_type=RunReport)
    return taken


def hold_answer(run: Rehearsed, method: str, path: str) -> None:
    """Has the provider act at once and answer late."""
    kind = sim.FaultKind.DELAY_AFTER
    run.simulator.inject(sim.Fault(kind=kind, method=method, path=path, seconds=HELD_BACK))  # pyright: ignore[reportArgumentType]


async def received(run: Rehearsed, call: str) -> None:
    """Waits until `call` took effect at the provider."""
    await soon(call, lambda: call in run.calls)


async def soon(what: str, holds: Callable[[], bool]) -> None:
    """Waits, in real time, until something holds."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while not holds():
        if asyncio.get_running_loop().time() > give_up:
            pytest.fail(f"{what}: not in {PATIENCE:g} s")
        await asyncio.sleep(0.05)


async def first_task_in(run: Rehearsed, phase: Phase) -> int:
    """The event that ended the first workflow task after which the run showed `phase`."""
    shown, history = False, await run.handle.fetch_history()
    for event in history.events:
        changed = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        shown = shown or (PHASE.name in changed and changed[PHASE.name].data == f'"{phase.value}"'.encode())
        if shown and event.HasField("workflow_task_completed_event_attributes"):
            return event.event_id
    pytest.fail(f"never in {phase.value}")


async def reset(run: Rehearsed, reason: str, *, to: int) -> None:
    """Sends the run back, as ``temporal workflow reset`` does, without what people decided since."""
    left_out = ResetReapplyExcludeType
    current = await run.env.client.get_workflow_handle(run.handle.id).describe()
    await run.env.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=run.env.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run.handle.id, run_id=current.run_id),
            reason=reason,
            workflow_task_finish_event_id=to,
            request_id=uuid.uuid4().hex,
            reset_reapply_exclude_types=[
                left_out.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
                left_out.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
            ],
        )
    )


async def forget(run: Rehearsed) -> None:
    """Takes the run from the server, as its retention does."""
    client = run.env.client
    query = f"WorkflowId = '{run.handle.id}'"
    async for found in client.list_workflows(query):
        execution = WorkflowExecution(workflow_id=found.id, run_id=found.run_id)
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
        )
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while [found async for found in client.list_workflows(query)]:
        assert asyncio.get_running_loop().time() < give_up
        await asyncio.sleep(0.1)
