"""The server and the workers that are measured, each in a process of its own."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psutil
from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker

from bench.bare import BareWorkflow, bare
from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import binary
from unrack.contracts.workflows import SEARCH_ATTRIBUTES
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.sandbox import sharing_runner
from workflows import WORKFLOWS

SCALE = 10_000.0
"""How fast the provider's clock runs."""
EPOCH = datetime.now(UTC)
"""The provider's time at which this process began."""
CACHED = 2500
"""Runs that a worker keeps; more than are measured at once."""
_TO_END = 20.0
"""Seconds that a worker gets to end."""
TUNED = ('history.timerProcessorMaxTimeShift="10ms"', "history.timerProcessorMaxPollRPS=1000")
SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "history.transferProcessorMaxPollRPS=1000",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
)


@dataclass(frozen=True)
class Served:
    """A server on which runs are measured."""

    environment: WorkflowEnvironment
    process: psutil.Process

    @property
    def client(self) -> Client:
        """How to reach it."""
        return self.environment.client

    @property
    def address(self) -> str:
        """Where it is."""
        return self.client.service_client.config.target_host


@asynccontextmanager
async def server(*, virtual_time: bool = False) -> AsyncGenerator[Served]:
    """A development server in memory, with the timers that Unrack's own server has."""
    values = (*TUNED, *SKIPPING) if virtual_time else TUNED
    same = {
        "dev_server_existing_path": binary("temporal"),
        "dev_server_extra_args": [part for value in values for part in ("--dynamic-config-value", value)],
        "dev_server_log_level": "error",
        "dev_server_startup_timeout": timedelta(seconds=60),
        "data_converter": DATA_CONVERTER,
        "search_attributes": list(SEARCH_ATTRIBUTES),
    }
    before = set(_servers())
    if virtual_time:
        clock = TimeSkippingConfig(enabled=False)
        environment = await WorkflowEnvironment.start_time_skipping_v2(ts_config=clock, **cast("Any", same))
    else:
        environment = await WorkflowEnvironment.start_local(**cast("Any", same))
    async with environment:
        yield Served(environment, (set(_servers()) - before).pop())


@asynccontextmanager
async def worker(kind: str, address: str) -> AsyncGenerator[psutil.Process]:
    """A worker process for one kind of run."""
    command = (sys.executable, "-m", "bench", "--work", kind, "--address", address, "--epoch", EPOCH.isoformat())
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _TO_END)
        except TimeoutError:  # its exit was asked for in a callback that lost it
            process.kill()
            await process.wait()


async def work(kind: str, address: str, epoch: datetime) -> None:
    """What such a process does, until it is ended; the provider's clock runs from `epoch` on."""
    client = await Client.connect(address, data_converter=DATA_CONVERTER)
    world = StandIn(term_end=datetime.now(UTC), scale=SCALE, epoch=epoch)
    unrack = kind == "unrack"
    serving = Worker(
        client,
        task_queue=kind,
        workflows=WORKFLOWS if unrack else [BareWorkflow],
        activities=world.every() if unrack else [bare],
        workflow_runner=sharing_runner("workflows", "bench"),
        max_cached_workflows=CACHED,
    )
    await serving.run()


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU that a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def _servers() -> Sequence[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if Path(child.exe()).name == "temporal"]
