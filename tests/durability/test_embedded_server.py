"""The embedded server is killed with SIGKILL and started again on its file: nothing that was acknowledged is lost."""

import asyncio
import os
import signal
import uuid
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.durability.conftest import Eventually
from tests.unit.temporal.samples import Parcel, Sample, weigh
from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin

pytestmark = pytest.mark.durability

RUNS = 20


async def test_acknowledged_runs_and_signals_survive_sigkill(tmp_path: Path, eventually: Eventually) -> None:
    """Runs started and signals acknowledged before the kill are there after it, each exactly once."""
    queue = f"kill-{uuid.uuid4()}"
    first = EmbeddedServer(tmp_path)
    await first.start()
    try:
        client = await Client.connect(first.address, plugins=[plugin("tests")])
        handles = [
            await client.start_workflow("Sample", Parcel(weight=0), id=f"run-{number}", task_queue=queue)
            for number in range(RUNS)
        ]
        await asyncio.gather(*(handle.signal("add", Parcel(weight=3)) for handle in handles))
        pid = first.child.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await eventually("the server is gone", lambda: _gone(first))
    finally:
        await first.stop()

    async with EmbeddedServer(tmp_path) as second:
        client = await Client.connect(second.address, plugins=[plugin("tests")])
        async with Worker(client, task_queue=queue, workflows=[Sample], activities=[weigh]):
            again = [client.get_workflow_handle(f"run-{number}", result_type=int) for number in range(RUNS)]
            await asyncio.gather(*(handle.signal("end") for handle in again))
            assert await asyncio.wait_for(asyncio.gather(*(handle.result() for handle in again)), 60) == [3] * RUNS


async def _gone(server: EmbeddedServer) -> bool:
    return server.child.pid is None
