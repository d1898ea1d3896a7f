"""Making runs look again now. It decides nothing."""

import asyncio

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECOMMISSION, TASK_QUEUE, WAKE_SIGNAL
from unrack.operations.reporting import query_problem
from unrack.temporal import installation_holds
from unrack.temporal.executions import OPEN
from unrack.temporal.visibility import plain

_WOKEN_AT_ONCE = 20


async def wake(client: Client, run_id: str) -> None:
    """Make the run look again now; it decides nothing.

    Raises:
        UnrackError: no such open run.
    """
    try:
        await client.get_workflow_handle(run_id).signal(WAKE_SIGNAL)
    except RPCError as error:
        raise query_problem(run_id, error) from error


async def wake_all(client: Client, queue: str = TASK_QUEUE) -> int:
    """Make every open run of `queue` look again now, as after a deploy; returns how many were woken.

    Runs that end meanwhile are left out.
    """
    query = f"WorkflowType = '{DECOMMISSION}' AND {OPEN} AND TaskQueue = '{plain(queue)}'"
    several = asyncio.Semaphore(_WOKEN_AT_ONCE)

    async def woken(run_id: str) -> bool:
        async with several:
            try:
                await client.get_workflow_handle(run_id).signal(WAKE_SIGNAL)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
            return True

    await installation_holds.wake(client, queue)
    runs = [found.id async for found in client.list_workflows(query)]
    return sum(await asyncio.gather(*map(woken, runs)))
