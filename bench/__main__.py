"""``make bench``: CPU of worker and server, events and bytes per run, as ratios to the bare workflow.

Both kinds of run alternate in rounds, each kind in its own worker process, so that a slow moment of the machine hits
both. Providers are played in memory: what is measured is Unrack on Temporal, not a provider.
"""

import argparse
import asyncio
import statistics
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from bench.bare import BareWorkflow, bare
from tests.workflows.plans import plan
from tests.workflows.stand_in import StandIn
from tests.workflows.trial import LAUNCHER, ON_CALL, binary, cable_done, fresh
from unrack.contracts.workflows import DECIDE_UPDATE, DECOMMISSION, REPORT_QUERY, SEARCH_ATTRIBUTES, RunStart
from unrack.model.decision import Answer, Complete, Decision, Envelope
from unrack.model.lifecycle import Timing
from unrack.model.service import ProviderClock
from unrack.model.state import RunReport
from unrack.runtime.converter import DATA_CONVERTER
from unrack.runtime.sandbox import sandbox_runner
from workflows import WORKFLOWS

SCALE = 10_000.0
GRACE = timedelta(minutes=30)
GRACE_MS = round(GRACE / timedelta(milliseconds=1) / SCALE)
PATIENT = timedelta(days=90)
KINDS = ("unrack", "bare")
TUNED = ('history.timerProcessorMaxTimeShift="10ms"', "history.timerProcessorMaxPollRPS=1000")


@dataclass
class Cost:
    """What one round of runs cost, per run."""

    server_ms: float
    worker_ms: float
    events: float
    proto_kb: float
    json_kb: float


async def work(kind: str, address: str, epoch: datetime) -> None:
    """A worker process for one kind of run, until it is ended; the provider's clock runs from `epoch` on."""
    client = await Client.connect(address, data_converter=DATA_CONVERTER)
    world = StandIn(term_end=datetime.now(UTC), scale=SCALE, epoch=epoch)
    unrack = kind == "unrack"
    worker = Worker(
        client,
        task_queue=kind,
        workflows=WORKFLOWS if unrack else [BareWorkflow],
        activities=world.every() if unrack else [bare],
        workflow_runner=sandbox_runner("workflows", "bench"),
    )
    await worker.run()


EPOCH = datetime.now(UTC)


async def one_unrack(client: Client) -> WorkflowHandle[object, object]:
    """One immediate cancellation, its two tasks answered as soon as they open."""
    now = datetime.now(UTC)
    clock = ProviderClock(read_at=now, shown=EPOCH + (now - EPOCH) * SCALE, scale=SCALE)
    base = plan(timing=Timing.IMMEDIATE, service=uuid.uuid4().hex)
    frozen = base.model_copy(
        update={
            "facts": base.facts.model_copy(update={"clock": clock}),
            "grace": base.grace.model_copy(update={"offset": GRACE}),
            "steps": tuple(step.model_copy(update={"patience": PATIENT}) for step in base.steps),
        }
    )
    start = RunStart(plan=frozen, launched_by=LAUNCHER)
    handle = await client.start_workflow(
        DECOMMISSION, start, id=str(frozen.run_id), task_queue="unrack", result_type=RunReport
    )
    await _decide(handle, cable_done())
    await _decide(handle, Complete(id=fresh(), by=ON_CALL, step="purge.token", fields={"token": "handover:1"}))
    await handle.result()
    return handle  # pyright: ignore[reportReturnType] - only its history is read


async def _decide(handle: WorkflowHandle[object, RunReport], decision: Decision) -> None:
    step = getattr(decision, "step", "")
    while step not in (await handle.query(REPORT_QUERY, result_type=RunReport)).state.tasks:  # noqa: ASYNC110 - remote
        await asyncio.sleep(0.02)
    await handle.execute_update(DECIDE_UPDATE, Envelope(decision=decision), result_type=Answer)


async def one_bare(client: Client) -> WorkflowHandle[object, object]:
    """One bare workflow, answered twice; queried like the other, since looking costs too."""
    handle = await client.start_workflow(BareWorkflow.run, GRACE_MS, id=uuid.uuid4().hex, task_queue="bare")
    for text in ("done", "token"):
        await asyncio.sleep(0.1)
        await handle.execute_update(BareWorkflow.answer, text)
    await handle.result()
    return handle  # pyright: ignore[reportReturnType] - only its history is read


async def measure(kind: str, client: Client, server: psutil.Process, worker: psutil.Process, runs: int) -> Cost:
    """The cost of `runs` runs of one kind, one after the other."""
    one = one_unrack if kind == "unrack" else one_bare
    before = _cpu(server), _cpu(worker)
    handles = [await one(client) for _ in range(runs)]
    spent = _cpu(server) - before[0], _cpu(worker) - before[1]
    history = await handles[0].fetch_history()
    proto = sum(event.ByteSize() for event in history.events)
    return Cost(
        server_ms=spent[0] / runs * 1000,
        worker_ms=spent[1] / runs * 1000,
        events=len(history.events),
        proto_kb=proto / 1000,
        json_kb=len(history.to_json()) / 1000,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _as_worker(kind: str, address: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "bench", "--work", kind, "--address", address, "--epoch", EPOCH.isoformat())


@asynccontextmanager
async def workers(address: str) -> AsyncGenerator[dict[str, psutil.Process]]:
    """One worker process for each kind."""
    started = {kind: await asyncio.create_subprocess_exec(*_as_worker(kind, address)) for kind in KINDS}
    try:
        yield {kind: psutil.Process(process.pid) for kind, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
            await process.wait()


async def compare(rounds: int, runs: int) -> dict[str, list[Cost]]:
    """`rounds` rounds of `runs` runs of each kind, after one round that does not count."""
    extra = [part for value in TUNED for part in ("--dynamic-config-value", value)]
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=extra,
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=60),
        data_converter=DATA_CONVERTER,
        search_attributes=list(SEARCH_ATTRIBUTES),
    )
    async with environment:
        client = environment.client
        server = _server()
        async with workers(client.service_client.config.target_host) as processes:
            costs: dict[str, list[Cost]] = {kind: [] for kind in KINDS}
            for number in range(rounds + 1):
                for kind in KINDS:
                    cost = await measure(kind, client, server, processes[kind], runs)
                    if number:
                        costs[kind].append(cost)
            return costs


def _server() -> psutil.Process:
    children = psutil.Process().children(recursive=True)
    return next(child for child in children if Path(child.exe()).name == "temporal")


def show(costs: dict[str, list[Cost]]) -> None:
    """Medians of both kinds, and the median of the ratios round by round."""
    table = Table(title="One run: Unrack next to a bare Temporal workflow of the same shape (medians)")
    for heading in ("", "Unrack", "bare", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, unit in (
        ("server_ms", "server CPU, ms"),
        ("worker_ms", "worker CPU, ms"),
        ("events", "events"),
        ("proto_kb", "history, kB of protobuf"),
        ("json_kb", "history, kB of JSON"),
    ):
        ours, floor = ([float(getattr(cost, name)) for cost in costs[kind]] for kind in KINDS)
        ratio = statistics.median(one / other for one, other in zip(ours, floor, strict=True) if other)
        table.add_row(unit, f"{statistics.median(ours):.1f}", f"{statistics.median(floor):.1f}", f"{ratio:.2f}")
    Console().print(table)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=10, help="runs of each kind in a round")
    parser.add_argument("--work", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--epoch", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.work:
        asyncio.run(work(wanted.work, wanted.address, wanted.epoch))
    else:
        show(asyncio.run(compare(wanted.rounds, wanted.runs)))


if __name__ == "__main__":
    main()
