"""Tells whether the worker on this host polls its task queue: the health check of its container.

``python -m unrack.temporal.health`` ends with 0 when it does, and with 1 and a sentence when it does not.
"""

import asyncio
import socket
import sys
from datetime import UTC, datetime, timedelta

from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.client import Client

from unrack.model.errors import UnrackError
from unrack.model.visible import visible
from unrack.process.process_exit import leave
from unrack.process.settings import Settings, load_settings
from unrack.temporal.client import connect
from unrack.temporal.pollers import pollers

FRESH = timedelta(seconds=150)
"""A live worker renews its long poll at least every minute; the server forgets a dead one only after five."""


async def polls(client: Client, task_queue: str, host: str) -> bool:
    """Whether a worker on `host` asked for workflow tasks within `FRESH`."""
    found = await pollers(client, task_queue)
    return any(_is_fresh(poller) for poller in found if poller.identity.endswith(f"@{host}"))


def main() -> int:
    """The exit code for the container engine."""
    host = socket.gethostname()
    try:
        settings = load_settings()
        healthy = asyncio.run(_check(settings, host))
    except UnrackError as error:
        return _unwell(str(error))
    return 0 if healthy else _unwell(f"no worker on {host} polls the task queue '{settings.task_queue}'")


async def _check(settings: Settings, host: str) -> bool:
    return await polls(await connect(settings), settings.task_queue, host)


def _is_fresh(poller: PollerInfo) -> bool:
    return datetime.now(UTC) - poller.last_access_time.ToDatetime(UTC) < FRESH


def _unwell(why: str) -> int:
    print(visible(why), file=sys.stderr)  # noqa: T201  # the container engine keeps what a health check prints
    return 1


if __name__ == "__main__":
    leave(main())
