"""Threads of their own for what waits in a library: bounded, named, and with a clock that starts in the thread.

The event loop's own threads are few (six on two cores) and shared by everybody: one mail server that says nothing would
keep every call to a provider waiting until its time is over, and then nobody knows whether it was sent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Lock
from typing import TypeVar

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

Result = TypeVar("Result")

MOST = 32
"""How many calls of one account wait at the same time; a worker runs 50 activities."""

TURN = 20.0
"""Seconds until a call gives up that gets no thread: an attempt has 60, and a call of its own takes up to 30."""


class Leave:
    """Leave to send something from a thread, which goes on when whoever began it has given up and gone on without."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = self._over = False

    def take(self) -> bool:
        """Whether it may be sent now; asked in the thread, directly before."""
        with self._lock:
            self._taken = self._taken or not self._over
            return not self._over

    def withdraw(self) -> bool:
        """Nothing is sent from here on; returns whether something may have been sent before."""
        with self._lock:
            self._over = True
            return self._taken


class Threads:
    """So many threads for one kind of call. For one event loop at a time."""

    def __init__(self, name: str, most: int = MOST, turn: float = TURN) -> None:
        """Threads that show as `name` in a dump of the process, at most `most`; they are made when needed.

        Args:
            name: Their purpose.
            most: How many calls run at the same time.
            turn: Seconds for which a call waits for a thread.
        """
        self.name = name
        self._most, self._turn = most, turn
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._free = asyncio.Semaphore(most)

    async def call(
        self, work: Callable[[], Result], *, within: float, before: Callable[[], Awaitable[None]] | None = None
    ) -> Result:
        """Runs `work` in a thread, in the caller's context.

        Args:
            work: The function to call.
            within: Seconds, counted from when the thread begins with it. The thread itself goes on after them, and is
                free for the next call when it has come to its end.
            before: Awaited once there is a thread, and directly before it begins: what it raises, keeps it from that.

        Raises:
            TimeoutError: `work` took longer.
            UnrackError: no thread was free in time (``UNAVAILABLE``): `work` was surely not begun.
        """
        await self._wait_for_turn()
        try:
            if before is not None:
                await before()
            begun = self._pool.submit(copy_context().run, work)
        except BaseException:
            self._free.release()
            raise
        loop = asyncio.get_running_loop()
        begun.add_done_callback(lambda _: self._freed(loop))
        async with asyncio.timeout(within):
            return await asyncio.wrap_future(begun)

    def close(self) -> None:
        """Begin no more work. Running calls end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(self._turn):
                await self._free.acquire()
        except TimeoutError:
            raise UnrackError(self._no_thread()) from None

    def _freed(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._free.release)

    def _no_thread(self) -> Problem:
        return Problem(
            category=Category.UNAVAILABLE,
            message=msg(
                "not begun: {most} calls of '{name}' wait for their answers already", most=self._most, name=self.name
            ),
            suggestion=msg("nothing was sent; it is tried again. See whether the other side answers at all"),
        )
