"""Wakes runs of which somebody paused a call in Temporal.

The time-outs of a paused activity do not run, so its step would wait for ever. A run that is woken while a call is
under way sets a timer of its own for that call. Workers look for paused calls, so that no other run has to set one.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECOMMISSION, WAKE_SIGNAL
from unrack.temporal.executions import OPEN, PAUSE_INFO
from unrack.temporal.paused import pauses_of
from unrack.temporal.visibility import plain

log = structlog.stdlib.get_logger("unrack.worker")

EVERY = timedelta(minutes=1)

Pausing = tuple[str, str, str]
"""Temporal's id of the execution, the call, and since when it is paused."""


class PausedCalls:
    """The paused calls of one task queue of whose runs each was woken once for each pause."""

    def __init__(self, client: Client, queue: str) -> None:
        """Look for runs of `queue`."""
        self._client = client
        runs = f"WorkflowType = '{DECOMMISSION}' AND TaskQueue = '{plain(queue)}'"
        self._query = f"{runs} AND {PAUSE_INFO} IS NOT NULL AND {OPEN}"
        self._known: set[Pausing] = set()

    async def wake(self) -> int:
        """Wake each run that has a call paused since the last time; returns how many.

        Raises:
            RPCError: the server does not answer.
        """
        found: set[Pausing] = set()
        woken = 0
        async for row in self._client.list_workflows(self._query):
            pausings = await self._pausings(row)
            found |= pausings
            if pausings - self._known and await self._woken(row):
                woken += 1
        self._known = found
        return woken

    async def _pausings(self, row: WorkflowExecution) -> set[Pausing]:
        described = await self._client.get_workflow_handle(row.id, run_id=row.run_id).describe()
        return {(row.run_id, each.call, str(each.since)) for each in pauses_of(described) if each.call}

    async def _woken(self, row: WorkflowExecution) -> bool:
        try:
            await self._client.get_workflow_handle(row.id, run_id=row.run_id).signal(WAKE_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False  # it ended meanwhile
        return True


@asynccontextmanager
async def waking_paused(client: Client, queue: str, every: timedelta = EVERY) -> AsyncGenerator[None]:
    """Meanwhile, runs with paused calls are woken. What fails is logged, and tried again."""
    task = asyncio.create_task(_again_and_again(PausedCalls(client, queue), every), name="wake paused runs")
    try:
        yield
    finally:
        task.cancel()


async def _again_and_again(paused: PausedCalls, every: timedelta) -> None:
    reason = ""
    while True:
        try:
            if woken := await paused.wake():
                log.warning("calls are paused in Temporal; their runs watch the time now", runs=woken)
            reason = ""
        except RPCError as error:
            if error.message != reason:  # told once, not each minute
                log.warning("paused calls were not looked for", reason=error.message)
            reason = error.message
        await asyncio.sleep(every.total_seconds())
