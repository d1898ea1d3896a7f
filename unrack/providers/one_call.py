"""State that the requests of one step call share: the provider's time, and the reads that concurrent checks share.

Nothing outlives the call: the next one reads everything anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from unrack.model.service import ProviderClock

Result = TypeVar("Result")


@dataclass(slots=True)
class OneCall:
    """One call of a step."""

    side_by_side: bool = False
    """Whether several checks are read at once, so that a shared read is made once."""
    clocks: dict[Hashable, ProviderClock] = field(default_factory=dict[Hashable, ProviderClock])
    """The newest time that each provider's answers showed."""
    reads: dict[Hashable, asyncio.Future[Any]] = field(default_factory=dict[Hashable, asyncio.Future[Any]])


_CALL: ContextVar[OneCall | None] = ContextVar("one_call", default=None)


@contextmanager
def one_call(*, side_by_side: bool = False) -> Generator[None]:
    """Meanwhile, everything that is asked belongs to one call; within another one it belongs to that."""
    if _CALL.get() is not None:
        yield
        return
    token = _CALL.set(OneCall(side_by_side))
    try:
        yield
    finally:
        _CALL.reset(token)


def note_clock(api: Hashable, clock: ProviderClock) -> None:
    """An answer of `api` showed this time."""
    if (call := _CALL.get()) is not None:
        call.clocks[api] = clock


def noted_clock(api: Hashable) -> ProviderClock | None:
    """The newest time that answers of `api` to this call showed; None where none did."""
    call = _CALL.get()
    return call.clocks.get(api) if call is not None else None


async def read_once(key: Hashable, read: Callable[[], Awaitable[Result]]) -> Result:
    """Return the result of `read`. Checks that run side by side share one call of it, whether it succeeds or fails."""
    call = _CALL.get()
    if call is None or not call.side_by_side:
        return await read()
    if key not in call.reads:
        call.reads[key] = asyncio.ensure_future(read())
    return await call.reads[key]
