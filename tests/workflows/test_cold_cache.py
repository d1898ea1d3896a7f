"""A worker that remembers nothing replays the history at every task: what it then does must be what it did before."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from tests.workflows.rehearsal import Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.contracts.workflows import WAKE_SIGNAL
from unrack.model.lifecycle import Outcome

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]  # every task is a whole replay

_REQUEST = "ovhcloud-connect-direct.yaml"
_WAKES = 20
_ORDINARY = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
)
"""A signal came while the run was about to end, or a worker went: the server has the task done again."""


async def test_people_look_and_wake_while_every_task_is_replayed(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Queries and wake-ups at random moments, no cache: every task replays, each mutating call arrives once.

    With local activities this failed: a query that came with a replayed task tore their result from what followed.
    """
    seed = sim.Seed(expires_in=timedelta(days=30))
    async with rehearsal(env, tmp_path, _REQUEST, seed, cached=0) as run, _restless(run):
        await run.to_grace()
        await run.forward(timedelta(days=29))
        await run.forward(timedelta(days=2))
        await run.complete("verify.check-routing")
        report = await run.ended()
        history = await run.handle.fetch_history()

        failed = [
            event.workflow_task_failed_event_attributes
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]
        assert [failure for failure in failed if failure.cause not in _ORDINARY] == []
        assert report.outcome is Outcome.CLOSED
        assert len({entry.path for entry in run.ledger}) == len(run.ledger)
        assert run.calls[-2:] == ["PUT /services/*", "POST /services/*/terminate/skipRetentionPeriod"]


@asynccontextmanager
async def _restless(run: Rehearsed) -> AsyncGenerator[None]:
    """Somebody who looks again and again, and wakes the run now and then.

    However slow the machine, half of the time is left to the run, and the wake-ups come to an end: each makes the
    history longer that every later task replays.
    """

    async def look_and_wake() -> None:
        wakes = 0
        while True:
            begun = time.monotonic()
            with suppress(RPCError):
                await run.report()
                if wakes < _WAKES and random.random() < 0.3:  # noqa: S311 - any moment will do
                    wakes += 1
                    await run.handle.signal(WAKE_SIGNAL)
            await asyncio.sleep(max(0.25, time.monotonic() - begun))

    restless = asyncio.create_task(look_and_wake())
    try:
        yield
    finally:
        restless.cancel()
        await asyncio.gather(restless, return_exceptions=True)
