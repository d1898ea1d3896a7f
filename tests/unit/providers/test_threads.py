"""Threads of their own: bounded and named, and the clock of a call starts when its thread does."""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from unrack.model.errors import NOT_SENT, UnrackError
from unrack.providers.threads import Threads

_said: ContextVar[str] = ContextVar("said")


async def test_a_call_has_its_name_and_its_context() -> None:
    """What a dump of the process shows, and what log lines carry."""
    threads = Threads("provider", most=1)
    _said.set("run 7")

    seen = await threads.call(lambda: (threading.current_thread().name, _said.get()), within=60)

    assert seen[0].startswith("provider")
    assert seen[1] == "run 7"


async def test_the_clock_starts_in_the_thread() -> None:
    """F3: twenty calls of 0.2 s by two threads take two seconds; none of them took longer than 1.5 s by itself."""
    threads = Threads("provider", most=2)

    done = await asyncio.gather(*(threads.call(lambda: time.sleep(0.2), within=1.5) for _ in range(20)))

    assert len(done) == 20


async def test_what_gets_no_thread_is_surely_not_begun() -> None:
    """F3: it says so, in a category after which a call is sent again, and it never begins later."""
    threads, begun, ends = Threads("provider", most=1, turn=0.1), list[str](), threading.Event()
    hanging = asyncio.create_task(threads.call(lambda: ends.wait(60), within=60))
    await asyncio.sleep(0)
    with pytest.raises(UnrackError) as stopped:
        await threads.call(lambda: begun.append("it"), within=60)
    ends.set()
    await hanging
    await threads.call(lambda: None, within=60)

    assert stopped.value.problem.category in NOT_SENT
    assert "not begun" in stopped.value.problem.message
    assert begun == []


async def test_a_thread_that_hangs_keeps_its_place() -> None:
    """A call that is given up goes on in its thread: the next one waits for that, and is not lost behind it."""
    threads, ends = Threads("provider", most=1, turn=60), threading.Event()
    with pytest.raises(TimeoutError):
        await threads.call(lambda: ends.wait(60), within=0.05)
    following = asyncio.create_task(threads.call(lambda: "there", within=1.0))
    await asyncio.sleep(1.1)
    waits = not following.done()
    ends.set()

    assert waits
    assert await following == "there"


async def test_what_is_refused_at_the_last_moment_does_not_begin() -> None:
    """Whether a call may still be sent is asked once it has a thread; a refusal gives the thread back."""
    threads, begun = Threads("provider", most=1, turn=60), list[str]()

    async def refused() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        await threads.call(lambda: begun.append("it"), within=60, before=refused)
    await threads.call(lambda: None, within=60)

    assert begun == []
