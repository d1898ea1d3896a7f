"""Waiting for processes to live and to die."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import psutil
import pytest

PATIENCE = 120.0
"""Seconds until a test gives up on something that must happen soon."""

Eventually = Callable[[str, Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Waits until something holds, or fails naming it."""

    async def wait(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await holds():
            assert time.monotonic() < deadline, f"still not so: {what}"
            await asyncio.sleep(0.05)

    return wait


@pytest.fixture
def is_alive() -> Callable[[psutil.Process], bool]:
    """Whether a process runs: one that ended but was not collected does not."""

    def alive(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return alive
