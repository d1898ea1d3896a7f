"""Has every open run look whether the keys that decided in it still count: another policy rules, or a key has ended."""

import asyncio
from collections.abc import Callable

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECOMMISSION, KEYS_SIGNAL
from unrack.temporal.executions import OPEN
from unrack.temporal.spreading import AT_ONCE, BETWEEN_PASSES, MOST_PASSES, SENT_WITHIN
from unrack.temporal.visibility import plain


class SpreadingKeys:
    """Signals the open runs of one task queue. Twice does no harm: a run that knows already asks and says nothing."""

    def __init__(self, client: Client, queue: str, told: Callable[[int], None]) -> None:
        """Signal the runs of `queue`; `told` hears how many were reached."""
        self._client = client
        self._query = f"WorkflowType = '{DECOMMISSION}' AND {OPEN} AND TaskQueue = '{plain(queue)}'"
        self._told = told
        self._several = asyncio.Semaphore(AT_ONCE)
        self.reached: set[str] = set()
        self.not_reached: set[str] = set()

    async def through(self) -> None:
        """Goes round until a second pass finds no other run: visibility shows a new one a moment after its start.

        Raises:
            RPCError: the server does not answer.
        """
        for _ in range(MOST_PASSES):
            known = len(self.reached) + len(self.not_reached)
            await self._once()
            if known == len(self.reached) + len(self.not_reached):
                return
            await asyncio.sleep(BETWEEN_PASSES.total_seconds())

    async def _once(self) -> None:
        found = [run.id async for run in self._client.list_workflows(self._query)]
        await asyncio.gather(*(self._signal(run) for run in found if run not in self.reached))

    async def _signal(self, run: str) -> None:
        async with self._several:
            try:
                await self._client.get_workflow_handle(run).signal(KEYS_SIGNAL, rpc_timeout=SENT_WITHIN)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # else it ended meanwhile
                    self.not_reached.add(run)
                    return
        self.reached.add(run)
        self.not_reached.discard(run)
        self._told(len(self.reached))
