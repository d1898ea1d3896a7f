"""CPU, events and bytes of a run next to the bare workflow, in rounds, so that a slow moment hits both."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from bench.bare import BareWorkflow
from bench.servers import EPOCH, SCALE, Served, cpu, worker
from bench.shape import Shape, shape_of
from tests.workflows.harness import LAUNCHER, ON_CALL, cable_done, fresh
from tests.workflows.plans import plan
from unrack.contracts.workflows import DECIDE_UPDATE, TASK_QUEUE, WAITING, RunStart
from unrack.model.decision import Complete, Decision, DecisionResult, Envelope
from unrack.model.lifecycle import Timing
from unrack.model.plan import Plan
from unrack.model.service import ProviderClock
from unrack.model.state import RunReport
from unrack.operations.launching import begin

KINDS = (TASK_QUEUE, "bare")
GRACE = timedelta(minutes=30)
PATIENT = timedelta(days=3650)
"""Of the provider's time: nothing becomes late while it is measured."""
POLL = 0.05


@dataclass
class Cost:
    """What one round of runs cost, per run."""

    server_ms: float
    worker_ms: float
    events: float
    proto_kb: float
    json_kb: float


def immediate(quorum: int = 0) -> Plan:
    """An immediate cancellation of a service of its own, on the fast clock."""
    now = datetime.now(UTC)
    clock = ProviderClock(read_at=now, shown=EPOCH + (now - EPOCH) * SCALE, scale=SCALE)
    base = plan(timing=Timing.IMMEDIATE, service=uuid.uuid4().hex, quorum=quorum)
    service = base.service.model_copy(update={"simulated": True})  # a real provider's clock keeps our pace
    return base.model_copy(
        update={
            "service": service,
            "facts": base.facts.model_copy(update={"clock": clock, "service": service}),
            "approval": base.approval.model_copy(update={"timeout": PATIENT}),
            "grace": base.grace.model_copy(update={"offset": GRACE}),
            "steps": tuple(step.model_copy(update={"timeout": PATIENT}) for step in base.steps),
        }
    )


async def started(client: Client, frozen: Plan) -> WorkflowHandle[object, RunReport]:
    """The run of a plan, begun."""
    return await begin(client, RunStart(plan=frozen, launched_by=LAUNCHER), TASK_QUEUE)


async def one_unrack(client: Client) -> WorkflowHandle[object, RunReport]:
    """One immediate cancellation, its two tasks answered as soon as they open."""
    handle = await started(client, immediate())
    token = Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:1"})
    for decision in (cable_done(), token):
        await _decided(handle, decision.step, decision)
    await handle.result()
    return handle


async def _decided(handle: WorkflowHandle[object, RunReport], step: str, decision: Decision) -> None:
    while True:
        seen = await handle.describe()
        if f"task:{step}" in (seen.typed_search_attributes.get(WAITING) or ()) and not _busy(seen.raw_description):
            break
        await asyncio.sleep(POLL)
    await handle.execute_update(DECIDE_UPDATE, Envelope(decision=decision), result_type=DecisionResult)


async def one_bare(client: Client, shape: Shape) -> WorkflowHandle[BareWorkflow, str]:
    """One bare workflow, looked at and answered as often."""
    handle = await client.start_workflow(BareWorkflow.run, shape, id=uuid.uuid4().hex, task_queue="bare")
    for _ in shape.steps[1:]:
        length = 0
        while True:
            seen = await handle.describe()
            if seen.history_length == length and not _busy(seen.raw_description):
                break
            length = seen.history_length
            await asyncio.sleep(POLL)
        await handle.execute_update(BareWorkflow.answer, "done")
    await handle.result()
    return handle


def _busy(description: object) -> bool:
    return bool(getattr(description, "pending_activities", ()))


async def compare(served: Served, rounds: int, runs: int) -> dict[str, list[Cost]]:
    """`rounds` rounds of `runs` runs of each kind, one after the other, after one round that does not count."""
    client = served.client
    costs: dict[str, list[Cost]] = {kind: [] for kind in KINDS}
    async with worker(TASK_QUEUE, served.address) as ours, worker("bare", served.address) as theirs:
        shape = shape_of(await (await one_unrack(client)).fetch_history())
        for number in range(rounds + 1):
            for kind, process in zip(KINDS, (ours, theirs), strict=True):
                cost = await _measured(kind, served, process, shape, runs)
                if number:
                    costs[kind].append(cost)
    return costs


async def _measured(kind: str, served: Served, process: psutil.Process, shape: Shape, runs: int) -> Cost:
    before = cpu(served.process), cpu(process)
    handles = [
        await one_unrack(served.client) if kind == TASK_QUEUE else await one_bare(served.client, shape)
        for _ in range(runs)
    ]
    spent = cpu(served.process) - before[0], cpu(process) - before[1]
    history: WorkflowHistory = await handles[-1].fetch_history()
    return Cost(
        server_ms=spent[0] / runs * 1000,
        worker_ms=spent[1] / runs * 1000,
        events=len(history.events),
        proto_kb=sum(event.ByteSize() for event in history.events) / 1000,
        json_kb=len(history.to_json()) / 1000,
    )
