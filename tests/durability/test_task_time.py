"""A workflow task may take longer than the SDK grants: as much as a flood can put into it."""

import time
import uuid
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin

pytestmark = [pytest.mark.durability, pytest.mark.timeout(120)]

MORE_THAN_THE_SDK_GRANTS = 2.5


@workflow.defn
class Slow:
    """Takes its time in its first task."""

    @workflow.run
    async def run(self) -> None:
        """Blocks once, as the handling of thousands of signals does."""
        with workflow.unsafe.sandbox_unrestricted():
            time.sleep(MORE_THAN_THE_SDK_GRANTS)  # noqa: ASYNC251 - it is meant to block


async def test_a_task_that_takes_three_seconds_is_done_once(tmp_path: Path) -> None:
    """Failed and tried again it would take as long each time, and whoever asks would wait for ever."""
    async with EmbeddedServer(tmp_path) as server:
        client = await Client.connect(server.address, plugins=[plugin("tests")])
        queue = f"slow-{uuid.uuid4()}"
        async with Worker(client, task_queue=queue, workflows=[Slow]):
            handle = await client.start_workflow(Slow.run, id=queue, task_queue=queue)
            await handle.result()
        history = await handle.fetch_history()

    events = [event.WhichOneof("attributes") for event in history.events]
    assert "workflow_task_failed_event_attributes" not in events
    assert "workflow_task_timed_out_event_attributes" not in events
