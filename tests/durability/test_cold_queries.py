"""Somebody looks at a run while its worker is killed, and decides at once: the run still replays."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer, Worker

from tests.durability.conftest import Eventually
from tests.durability.interrupted import Torn, Unpacking
from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin

pytestmark = [pytest.mark.durability, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
_TRIES = 8
"""The decision must come before the task that the dead worker missed; a slow machine may need several tries."""


async def test_a_look_at_a_run_without_a_worker_does_not_tear_it(tmp_path: Path, eventually: Eventually) -> None:
    """The answer shows what has happened since; a decision that comes before the task is recorded as it is replayed."""
    async with EmbeddedServer(tmp_path) as server:
        client = await Client.connect(server.address, plugins=[plugin("tests")])
        histories = [await _looked_at_and_decided(client, server.address, eventually) for _ in range(1)]
        while not _in_one_task(histories[-1]) and len(histories) < _TRIES:
            histories.append(await _looked_at_and_decided(client, server.address, eventually))

    assert _in_one_task(histories[-1]), "the decision never came in time"
    replayer = Replayer(workflows=[Torn], plugins=[plugin("tests")])
    for history in histories:
        await replayer.replay_workflow(history)


async def _looked_at_and_decided(client: Client, address: str, eventually: Eventually) -> WorkflowHistory:
    queue, unpacking = f"torn-{uuid.uuid4()}", Unpacking()

    async def unpacks(event: str) -> bool:
        return event in await _events(handle)

    async with Worker(client, task_queue=queue, activities=[unpacking.unpack]):
        async with _killed_at_the_end(address, queue):
            handle = await client.start_workflow("Torn", id=queue, task_queue=queue)
            await eventually("it unpacks", lambda: unpacks("activity_task_scheduled"))
        look = asyncio.create_task(handle.query("is_unpacked", result_type=bool))
        await asyncio.sleep(1)  # the look is on its way to the dead worker before the run goes on
        unpacking.may_end.set()
        await eventually("it is unpacked", lambda: unpacks("activity_task_completed"))
        async with Worker(client, task_queue=queue, workflows=[Torn]):
            await look
            await handle.execute_update("end")
            await handle.result()
    return await handle.fetch_history()


@asynccontextmanager
async def _killed_at_the_end(address: str, queue: str) -> AsyncGenerator[None]:
    command = [sys.executable, "-m", "tests.durability.serving", address, queue]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220 - it starts at once
    try:
        yield
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def _events(handle: WorkflowHandle[object, object]) -> list[str]:
    names = [event.WhichOneof("attributes") or "" for event in (await handle.fetch_history()).events]
    return [name.removesuffix("_event_attributes") for name in names]


def _in_one_task(history: WorkflowHistory) -> bool:
    """Whether the same task took up the activity's end and the decision."""
    names = [(event.WhichOneof("attributes") or "").removesuffix("_event_attributes") for event in history.events]
    unpacked, decided = names.index("activity_task_completed"), names.index("workflow_execution_update_accepted")
    return names[unpacked:decided].count("workflow_task_completed") == 1
