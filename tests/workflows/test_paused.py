"""What somebody paused in Temporal itself: it is listed, told and reconciled, and nothing that looks fails on it."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    PauseActivityRequest,
    PauseWorkflowExecutionRequest,
    UnpauseWorkflowExecutionRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from tests.workflows.conftest import Launch
from tests.workflows.fake_provider import failure
from tests.workflows.harness import ON_CALL, PATIENCE, fresh
from tests.workflows.plans import END_OF_TERM as END_OF_TERM_STEPS
from tests.workflows.plans import plan
from tests.workflows.rehearsal import Rehearsed, rehearsal
from tests.workflows.test_with_simulator import END_OF_TERM
from unrack import simulator as sim
from unrack.contracts.reconciliation import RECONCILE, Discrepancy, Mismatch, ReconcileCall
from unrack.model.decision import Remedy, Resolve
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import ParkReason, Phase
from unrack.operations.find_run import find_run
from unrack.operations.health import Health, check_reconciliation
from unrack.operations.listing import Filter, list_runs
from unrack.operations.reconciling import install, reconcile
from unrack.operations.reporting import pauses, report_of
from unrack.operations.waking import wake_all
from unrack.temporal import schedule
from unrack.temporal.paused_calls import PausedCalls
from workflows import activity_options

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

WHO, WHY = "maria@laptop", "to look at it"
POPS = "detach.remove-pops"


async def pause(client: Client, run: str) -> None:
    """Pauses the whole workflow, as Temporal's own web page does."""
    await client.workflow_service.pause_workflow_execution(
        PauseWorkflowExecutionRequest(
            namespace=client.namespace, workflow_id=run, identity=WHO, reason=WHY, request_id=uuid.uuid4().hex
        )
    )


async def unpause(client: Client, run: str) -> None:
    """Lets it go on."""
    await client.workflow_service.unpause_workflow_execution(
        UnpauseWorkflowExecutionRequest(
            namespace=client.namespace, workflow_id=run, identity=WHO, reason="done", request_id=uuid.uuid4().hex
        )
    )


async def pause_call(client: Client, run: str, call: str) -> None:
    """Pauses one activity, as ``temporal activity pause`` does."""
    handle = client.get_workflow_handle(run)
    while call not in {each.activity_id for each in (await handle.describe()).raw_description.pending_activities}:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    execution = WorkflowExecution(workflow_id=run)
    await client.workflow_service.pause_activity(
        PauseActivityRequest(namespace=client.namespace, execution=execution, identity=WHO, id=call, reason=WHY)
    )


async def queue_of(handle: WorkflowHandle[Any, Any]) -> str:
    """The task queue on which a run was started."""
    return (await handle.describe()).task_queue


async def first_woken(watch: PausedCalls) -> int:
    """How many runs a worker wakes, once lists show that something is paused; they lag behind a little."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < give_up:
        if woken := await watch.wake():
            return woken
        await asyncio.sleep(0.1)
    return 0


async def listed(run: Rehearsed, paused: Sequence[str]) -> bool:
    """Whether lists come to show the run as open, with this paused; they lag behind a little."""
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < give_up:
        found = [each async for each in list_runs(run.env.client, Filter())]
        if [list(each.paused) for each in found if each.run == run.handle.id and each.open] == [list(paused)]:
            return True
        await asyncio.sleep(0.1)
    return False


async def begun_reconciliation(run: Rehearsed) -> str:
    """A reconciliation as the schedule begins it, while it waits for a provider that answers late."""
    client = run.env.client
    slow = sim.Fault(kind=sim.FaultKind.DELAY_BEFORE, path="/services/*", seconds=10)
    fault = run.simulator.inject(slow)
    call = ReconcileCall(queue=run.queue)
    begun = await client.start_workflow(RECONCILE, call, id=schedule.schedule_id(run.queue), task_queue=run.queue)
    while not (await begun.describe()).raw_description.pending_activities:  # noqa: ASYNC110 - a remote condition
        await asyncio.sleep(0.05)
    assert fault.id
    return begun.id


async def found_at(run: Rehearsed) -> tuple[Discrepancy, ...]:
    """What a reconciliation of the run's queue finds."""
    return (await reconcile(run.env.client, run.queue)).found


async def test_a_paused_run_is_listed_told_and_reconciled(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """With a scheduled end it is urgent: nobody watches its last call. It goes on where it stood."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_grace()
        await pause(env.client, run.handle.id)

        shown = await listed(run, ["run"])
        known = await find_run(env.client, run.handle.id)
        with pytest.raises(UnrackError) as refused:
            await report_of(env.client, run.handle.id)
        (found,) = await found_at(run)
        (told,) = await pauses(env.client, run.handle.id)
        woken = await wake_all(env.client, run.queue)
        await unpause(env.client, run.handle.id)
        report = await run.until_phase(Phase.GRACE)
        after = await found_at(run)

        assert shown
        assert known == run.handle.id
        assert refused.value.problem.category is Category.UNAVAILABLE
        assert f'by {WHO} ("{WHY}")' in refused.value.problem.message
        assert "phase grace" in refused.value.problem.message
        assert "Urgent" in refused.value.problem.message
        assert found.kind is Mismatch.PAUSED
        assert found.urgent
        assert found.todo == f"temporal workflow unpause --workflow-id '{run.handle.id}'"
        assert (told.by, told.reason, told.call) == (WHO, WHY, "")
        assert woken == 1
        assert report.state.parked == {}
        assert after == ()


async def test_a_paused_call_is_listed_told_and_reconciled(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """A step that only seems to run: who paused its call and why stands beside it."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        await run.to_approval()
        slow = sim.Fault(kind=sim.FaultKind.DELAY_BEFORE, method="DELETE", path="*/config/pop/*", seconds=18)
        run.simulator.inject(slow)
        await run.approve()
        await pause_call(env.client, run.handle.id, POPS)

        shown = await listed(run, ["change"])
        (told,) = await pauses(env.client, run.handle.id)
        (found,) = await found_at(run)

        assert shown
        assert (told.by, told.reason, told.call) == (WHO, WHY, POPS)
        assert found.kind is Mismatch.PAUSED
        assert found.text.startswith(f"its call {POPS} is paused in Temporal")


async def test_a_paused_reconciliation_is_told(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Doctor tells it, and so does a reconciliation that a person begins; with no other hint everything is well."""
    async with rehearsal(env, tmp_path, END_OF_TERM, sim.Seed()) as run:
        client, queue = env.client, run.queue
        await install(client, queue)
        before = await check_reconciliation(client, queue)
        waiting = await begun_reconciliation(run)
        await pause(client, waiting)
        hints = (await reconcile(client, queue)).hints
        after = await check_reconciliation(client, queue)
        await client.get_workflow_handle(waiting).terminate()
        await client.get_schedule_handle(schedule.schedule_id(queue)).delete()

        assert before.good
        assert after.health is Health.MISSING
        assert f"the reconciliation {waiting}" in after.text
        assert hints == (after.text,)


async def test_the_timeout_of_a_paused_call_ends(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's time-outs stand still for a paused activity: the step parks by the run's own timer, and says why.

    A worker sees that the call is paused and wakes the run, once for each pause; the run sets the timer then.

    Virtual time stands still, too, while a call is open; so this one's times are short.
    """
    monkeypatch.setattr(activity_options, "ATTEMPT", timedelta(seconds=2))
    steps = tuple(
        each.model_copy(update={"timeout": timedelta(seconds=4)}) if each.id == "detach.pops" else each
        for each in END_OF_TERM_STEPS
    )
    trial = await launch(
        plan(steps=steps),
        faulty={"detach.pops": [failure(Category.UNAVAILABLE)] * 50},
        runner=UnsandboxedWorkflowRunner(),
    )
    await pause_call(trial.env.client, trial.handle.id, "detach.pops")
    watch = PausedCalls(trial.env.client, await queue_of(trial.handle))
    woken = [await first_woken(watch), await watch.wake()]

    report = await trial.until("parked", lambda report: "detach.pops" in report.state.parked)
    retried = await trial.decide(Resolve(id=fresh(), by=ON_CALL, step="detach.pops", remedy=Remedy.RETRY, reason="on"))

    assert report.state.parked["detach.pops"].reason is ParkReason.RETRIES_EXHAUSTED
    assert "somebody paused it in Temporal" in report.state.parked["detach.pops"].problem.message
    assert retried.good
    assert woken == [1, 0]
