"""What runs that wait cost a worker: memory for each, and CPU to wake one that is not in the cache any more."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from temporalio.client import WorkflowHandle

from bench.rounds import immediate, started
from bench.servers import Served, cpu, worker
from tests.workflows.harness import ON_CALL, fresh
from unrack.contracts.workflows import DECIDE_UPDATE, TASK_QUEUE, WAITING
from unrack.model.decision import DecisionResult, Envelope, Hold
from unrack.model.state import RunReport

AT_ONCE = 20
FEW = 100
WOKEN = 40
MEGABYTE = 1_000_000

Runs = list[WorkflowHandle[object, RunReport]]


@dataclass
class Waiting:
    """What waiting runs cost."""

    runs: int
    few_mb: float
    """Memory of the worker (resident set) with `FEW` waiting runs."""
    many_mb: float
    """With `runs`."""
    cold_ms: float
    """The worker's CPU for a decision on a run that it has to replay."""
    warm_ms: float
    """And on the same runs, cached."""
    cold_latency_ms: float
    warm_latency_ms: float

    @property
    def kb_each(self) -> float:
        """Memory of one more waiting run."""
        return (self.many_mb - self.few_mb) / (self.runs - FEW) * 1000


async def measure(served: Served, runs: int) -> Waiting:
    """Has `runs` runs wait for approval, and wakes some of them at a worker that has just begun."""
    waiting: Runs = []
    async with worker(TASK_QUEUE, served.address) as process:
        few = await _waiting(served, waiting, FEW, process)
        many = await _waiting(served, waiting, runs, process)
    async with worker(TASK_QUEUE, served.address) as process:
        await _woken(waiting[-1:], process)  # what a first task loads is not the cost of a run
        cold, cold_latency = await _woken(waiting[:WOKEN], process)
        warm, warm_latency = await _woken(waiting[:WOKEN], process)
    return Waiting(runs, few, many, cold, warm, cold_latency, warm_latency)


async def _waiting(served: Served, waiting: Runs, wanted: int, process: psutil.Process) -> float:
    while len(waiting) < wanted:
        batch = min(AT_ONCE, wanted - len(waiting))
        begun = await asyncio.gather(*(started(served.client, immediate(quorum=2)) for _ in range(batch)))
        await asyncio.gather(*map(_for_approval, begun))
        waiting += begun
    return process.memory_info().rss / MEGABYTE


async def _for_approval(handle: WorkflowHandle[object, RunReport]) -> None:
    while "approval" not in ((await handle.describe()).typed_search_attributes.get(WAITING) or ()):  # noqa: ASYNC110 - remote
        await asyncio.sleep(0.05)


async def _woken(runs: Sequence[WorkflowHandle[object, RunReport]], process: psutil.Process) -> tuple[float, float]:
    """CPU and time in ms of a decision on each of `runs`, one after the other."""
    before, took = cpu(process), list[float]()
    for handle in runs:
        begun = time.monotonic()
        hold = Envelope(decision=Hold(id=fresh(), by=ON_CALL, reason="measured"))
        await handle.execute_update(DECIDE_UPDATE, hold, result_type=DecisionResult)
        took.append(time.monotonic() - begun)
    return (cpu(process) - before) / len(runs) * 1000, statistics.median(took) * 1000
