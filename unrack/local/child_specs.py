"""The child processes of an installation: command, environment, and how each shows that it is ready."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from unrack.local.child import ChildSpec
from unrack.process import python
from unrack.temporal.pollers import is_process, pollers


def simulator(home: Path, credentials: Path, options: Sequence[str]) -> ChildSpec:
    """The providers' simulator: makes a world at the first start and writes `credentials` that open it.

    Args:
        home: The data folder.
        credentials: The file that it writes once it listens; an older one is removed.
        options: ``--port``, ``--scale``, ``--seed`` and ``--services``.
    """
    credentials.unlink(missing_ok=True)
    data = ("--data", str(home / "simulator"), "--credentials", str(credentials))
    return ChildSpec(
        name="simulator",
        command=python.module("unrack.simulator", *data, *options),
        log=home / "logs" / "simulator.log",
        environment=python.environment(),
        ready=lambda: _exists(credentials),
    )


def worker(
    home: Path, environment: Mapping[str, str], client: Client, task_queue: str, pid: Callable[[], int | None]
) -> ChildSpec:
    """The worker; it is ready when the server has seen it poll.

    Args:
        home: The data folder.
        environment: Where it finds server, data folder and credentials.
        client: Asks the server.
        task_queue: What it polls.
        pid: Its process id, once it runs.
    """
    return ChildSpec(
        name="worker",
        command=python.module("unrack.worker"),
        log=home / "logs" / "worker.log",
        environment={**python.environment(), **environment},
        ready=lambda: polls(client, task_queue, pid()),
    )


async def _exists(file: Path) -> bool:
    return await asyncio.to_thread(file.exists)


async def polls(client: Client, task_queue: str, pid: int | None) -> bool:
    """Whether the worker with this process id asked for work."""
    try:
        found = await pollers(client, task_queue, retry=False)
    except (RPCError, RuntimeError):  # RuntimeError: no connection
        return False
    return any(is_process(poller.identity, pid) for poller in found)
