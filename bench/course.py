"""Events and bytes of whole courses: Connect Direct on the simulator, and a year of waiting."""

import json
import statistics
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from temporalio.client import WorkflowHistory
from temporalio.worker import Worker

from bench.servers import Served, cpu
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, Trial
from tests.workflows.office import Office
from tests.workflows.plans import plan
from tests.workflows.rehearsal import rehearsal
from unrack import simulator as sim
from unrack.contracts.workflows import RunStart
from unrack.operations.launching import begin
from unrack.temporal.sandbox import sandbox_runner
from workflows import WORKFLOWS

REQUEST = "ovhcloud-connect-direct.yaml"
MONTH, YEAR = timedelta(days=30), timedelta(days=365)


@dataclass
class Recorded:
    """The size of one history. What only a virtual clock adds is left out."""

    events: int
    json_kb: float
    """Of `WorkflowHistory.to_json`, as audits export it."""
    largest: tuple[tuple[str, float], ...]
    """The kinds of events that take most of it, in kB."""


def recorded(history: WorkflowHistory) -> Recorded:
    """The size of `history`."""
    every = cast("list[dict[str, Any]]", json.loads(history.to_json())["events"])
    ours = [event for event in every if "TIME_SKIPPING" not in event["eventType"]]
    sizes = Counter[str]()
    for event in ours:
        sizes[event["eventType"].removeprefix("EVENT_TYPE_").lower().replace("_", " ")] += _size(event)
    largest = tuple((kind, size / 1000) for kind, size in sizes.most_common(4))
    return Recorded(len(ours), len(json.dumps({"events": ours}, indent=2)) / 1000, largest)


def _size(event: dict[str, Any]) -> int:
    return len(json.dumps(event, indent=2))


@dataclass
class Led:
    """CPU of a Connect Direct run led by signatures, beside one whose decisions are stated."""

    signed_ms: float
    stated_ms: float
    ratio: float
    """The median of the rounds."""


async def led_by_signatures(served: Served, rounds: int) -> Led:
    """Both kinds of run in turns, after one of each that does not count: server, worker, simulator and people."""
    costs = list[tuple[float, float]]()
    for number in range(rounds + 1):
        both = await _cpu_of_run(served, Office()), await _cpu_of_run(served, None)
        if number:
            costs.append(both)
    signed, stated = (statistics.median(each[side] for each in costs) for side in (0, 1))
    return Led(signed * 1000, stated * 1000, statistics.median(one / other for one, other in costs))


async def _cpu_of_run(served: Served, office: Office | None) -> float:
    before = cpu(served.process) + time.process_time()
    await connect_direct(served, office)
    return cpu(served.process) + time.process_time() - before


async def connect_direct(served: Served, office: Office | None = None) -> Recorded:
    """Connect Direct, the end of its term a month away, without faults; led by signatures where there is an office."""
    with tempfile.TemporaryDirectory() as folder:
        seed = sim.Seed(expires_in=MONTH)
        async with rehearsal(served.environment, Path(folder), REQUEST, seed, office=office) as run:
            await run.to_grace()
            await run.forward(MONTH - timedelta(days=1))
            await run.forward(timedelta(days=2))
            await run.complete("verify.check-routing")
            await run.ended()
            return recorded(await run.handle.fetch_history())


async def a_year_more(served: Served) -> int:
    """How many more events a run has whose term ends a year later."""
    return (await _waited(served, MONTH + YEAR)).events - (await _waited(served, MONTH)).events


async def _waited(served: Served, term: timedelta) -> Recorded:
    world, queue = StandIn(term_end=datetime.now(UTC) + term), uuid.uuid4().hex
    frozen = plan(service=queue)
    serving = Worker(
        served.client,
        task_queue=queue,
        workflows=WORKFLOWS,
        activities=world.every(),
        workflow_runner=sandbox_runner(),
    )
    async with serving:
        handle = await begin(served.client, RunStart(plan=frozen, launched_by=LAUNCHER), queue)
        trial = Trial(served.environment, handle, frozen, world)
        await trial.complete_cable()
        await trial.ended()
        return recorded(await handle.fetch_history())
