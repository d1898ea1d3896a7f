"""A workflow task may take longer than the SDK grants: as much as a flood can put into it."""

import uuid
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.durability.taking_long import TakingLong
from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin

pytestmark = [pytest.mark.durability, pytest.mark.timeout(120)]


async def test_a_task_that_takes_more_than_two_seconds_is_done_once(tmp_path: Path) -> None:
    """Failed and tried again it would take as long each time, and whoever asks would wait for ever."""
    async with EmbeddedServer(tmp_path) as server:
        client = await Client.connect(server.address, plugins=[plugin("tests")])
        queue = f"slow-{uuid.uuid4()}"
        async with Worker(client, task_queue=queue, workflows=[TakingLong]):
            handle = await client.start_workflow(TakingLong.run, id=queue, task_queue=queue)
            await handle.result()
        history = await handle.fetch_history()

    events = [event.WhichOneof("attributes") for event in history.events]
    assert "workflow_task_failed_event_attributes" not in events
    assert "workflow_task_timed_out_event_attributes" not in events
