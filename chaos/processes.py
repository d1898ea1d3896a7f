"""Starting the processes of a run, and starting them again when they were killed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from chaos.victims import FORK

_POLL = 0.02
_STARTS_WITHIN = 60.0


class Kept:
    """A process that is started again, by `start`, whenever it dies."""

    def __init__(self, start: Callable[[int], ForkServerProcess]) -> None:
        """`start` gets how often the process died so far."""
        self._start = start
        self._process = start(0)
        self.deaths = 0

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid

    async def keep(self) -> None:
        """Watches until it is cancelled."""
        while True:
            await asyncio.sleep(_POLL)
            if not self._process.is_alive():
                self.deaths += 1
                self._process = self._start(self.deaths)

    def end(self) -> None:
        """Kills it for good."""
        self._process.kill()
        self._process.join(10)


@asynccontextmanager
async def kept(target: Callable[..., None], job: Callable[[int], object]) -> AsyncGenerator[Kept]:
    """Keeps a process running that works on what `job` says; `job` gets how often it died so far."""

    def start(deaths: int) -> ForkServerProcess:
        process = FORK.Process(target=target, args=(job(deaths),), daemon=True)
        process.start()
        return process

    one = Kept(start)
    keeping = asyncio.create_task(one.keep())
    try:
        yield one
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        one.end()


async def written(file: Path) -> str:
    """The content of a file that another process writes."""
    async with asyncio.timeout(_STARTS_WITHIN):
        while not await asyncio.to_thread(file.exists):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(_POLL)
    return await asyncio.to_thread(file.read_text, encoding="utf-8")
