"""The upkeep that a worker does beside its work. It never stands in the way: a failure is logged."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from unrack.model.errors import UnrackError
from unrack.temporal import installation_holds, schedule

log = structlog.stdlib.get_logger("unrack.worker")

HOUR = timedelta(hours=1)


async def reconcile_hourly(client: Client, queue: str) -> None:
    """See that there is a schedule of reconciliations; a worker without the right to make one works all the same."""
    try:
        if await schedule.ensure(client, queue):
            log.info("reconciliation scheduled", every=str(schedule.EVERY))
    except RPCError as error:
        log.warning("reconciliation not scheduled", reason=error.message, todo="unrack reconcile --install")


async def keep_holds(client: Client, queue: str) -> None:
    """See that the register of the installation's holds goes on, if somebody ended it while holds stand."""
    try:
        if await installation_holds.keep(client, queue):
            log.warning("the holds of the whole installation had been ended in Temporal; they are kept again")
    except (RPCError, UnrackError) as error:
        log.warning("the holds of the whole installation were not looked at", reason=str(error))


@asynccontextmanager
async def forgetting(forget_old: Callable[[], Awaitable[int]], every: timedelta = HOUR) -> AsyncGenerator[None]:
    """Meanwhile, secrets that were handed over and never used are forgotten once they are old.

    Args:
        forget_old: Forgets them, and says how many there were.
        every: How often it is looked; the first time at once.
    """
    task = asyncio.create_task(_again_and_again(forget_old, every), name="forget old secrets")
    try:
        yield
    finally:
        task.cancel()


async def _again_and_again(forget_old: Callable[[], Awaitable[int]], every: timedelta) -> None:
    while True:
        try:
            if count := await forget_old():
                log.warning("secrets were handed over and never used; they are forgotten", count=count)
        except UnrackError as error:
            log.warning("old secrets were not looked for", reason=str(error))
        await asyncio.sleep(every.total_seconds())
