"""A worker as a process of its own, to be killed: ``python -m tests.durability.serving ADDRESS QUEUE``."""

import asyncio
import sys
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from tests.durability.interrupted import Torn
from unrack.temporal.plugin import plugin

STICKY = timedelta(seconds=3)
"""How long a run, and a question about it, wait for a worker that died."""


async def _serve(address: str, queue: str) -> None:
    client = await Client.connect(address, plugins=[plugin("tests")])
    async with Worker(client, task_queue=queue, workflows=[Torn], sticky_queue_schedule_to_start_timeout=STICKY):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2]))
