"""What cannot be decoded fails clearly and once; it neither hangs nor loses a run."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker

from tests.unit.temporal.samples import Parcel, Sample, weigh, weigh_wrongly
from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin

SECRET = "tok-5ecret"
WRONG = {"weight": "heavy", "token": SECRET}
PATIENCE = 60.0


@pytest_asyncio.fixture
async def queue(server: EmbeddedServer) -> AsyncIterator[tuple[Client, str]]:
    """A client with our plugin, and the task queue of a worker that serves the sample."""
    client = await Client.connect(server.address, plugins=[plugin("tests")])
    name = f"sample-{uuid.uuid4()}"
    async with Worker(client, task_queue=name, workflows=[Sample], activities=[weigh, weigh_wrongly]):
        yield client, name


async def begin(queue: tuple[Client, str], argument: object) -> WorkflowHandle[object, int]:
    client, name = queue
    return await client.start_workflow("Sample", argument, id=str(uuid.uuid4()), task_queue=name, result_type=int)


def details(error: BaseException | None) -> str:
    """What a payload error tells."""
    assert isinstance(error, ApplicationError)
    assert error.type == "PayloadValidationError"
    assert error.non_retryable
    return str(error.details)


async def test_wrong_workflow_input_fails_the_run_with_the_field(queue: tuple[Client, str]) -> None:
    """The run fails at once and names the field, without repeating what was sent."""
    handle = await begin(queue, WRONG)

    with pytest.raises(WorkflowFailureError) as raised:
        await asyncio.wait_for(handle.result(), PATIENCE)

    assert "weight" in details(raised.value.cause)
    assert SECRET not in str((await handle.fetch_history()).to_json())[-2000:]


async def test_a_wrong_update_is_refused_and_the_run_goes_on(queue: tuple[Client, str]) -> None:
    """The caller is told which field is wrong; the next, right one is taken."""
    handle = await begin(queue, Parcel(weight=1))

    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await asyncio.wait_for(handle.execute_update("swap", WRONG), PATIENCE)

    assert "weight" in details(raised.value.cause)
    assert SECRET not in details(raised.value.cause)
    assert await handle.execute_update("swap", Parcel(weight=2), result_type=Parcel) == Parcel(weight=1)
    await handle.terminate()


async def test_a_wrong_signal_is_dropped_and_the_run_goes_on(queue: tuple[Client, str]) -> None:
    """An undecodable signal changes nothing."""
    handle = await begin(queue, Parcel(weight=1))

    await handle.signal("add", WRONG)
    await handle.signal("add", Parcel(weight=5))
    await handle.signal("end")

    assert await asyncio.wait_for(handle.result(), PATIENCE) == 5


async def test_a_wrong_activity_input_names_the_field(queue: tuple[Client, str]) -> None:
    """The attempt fails with the field that does not fit, without repeating what was sent."""
    handle = await begin(queue, Parcel(weight=1, token="wrong-input"))

    with pytest.raises(WorkflowFailureError) as raised:
        await asyncio.wait_for(handle.result(), PATIENCE)

    assert isinstance(raised.value.cause, ActivityError)
    attempt = raised.value.cause.cause
    assert isinstance(attempt, ApplicationError)
    assert "weight" in details(attempt.cause)
    assert "heavy" not in details(attempt.cause)


async def test_a_wrong_activity_result_does_not_lose_the_run(queue: tuple[Client, str]) -> None:
    """The workflow task fails, which corrected code repairs; the run stays open."""
    handle = await begin(queue, Parcel(weight=1, token="wrong-result"))

    async def task_failed() -> None:
        while True:
            events = (await handle.fetch_history()).events
            if any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for event in events):
                return
            await asyncio.sleep(0.1)

    await asyncio.wait_for(task_failed(), PATIENCE)

    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.terminate()
