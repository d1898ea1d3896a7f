"""What surely was not sent is told as that: calls that get no thread, no time, no leave. No attempt acts again."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.activity import ActivityCancellationDetails
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import _permission
from activities._permission import to_its_end
from activities.notify import Notify
from tests.activities.conftest import Set
from unrack.contracts.calls import Notice, NoticeKind
from unrack.model.errors import NOT_SENT, Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.providers.ovhcloud import client as ovh_client
from unrack.providers.permission import may_send
from unrack.providers.threads import Threads
from unrack.simulator import Fault, FaultKind

ASK = "connect.ask-termination"
HANGS = 60
"""Seconds for which a notice waits for an answer that does not come; nothing here lasts that long."""


@pytest.mark.parametrize(
    "further",
    [
        {"attempt": 2},
        {"remembered": ("begun",)},
        {"scheduled_later": timedelta(seconds=3)},
        {"attempt": 2, "remembered": ("begun",)},
    ],
    ids=["unpaused", "reset", "reset with what was kept", "unpaused after it had begun"],
)
async def test_a_further_attempt_at_an_irreversible_call_answers_unknown(bench: Set, further: dict[str, Any]) -> None:
    """F1: neither after a pause nor after a reset, which counts from 1 again, and may forget what was kept."""
    on = await bench()
    failed = await on.fails("commit", on.call(ASK, timing=Timing.IMMEDIATE), **further)

    assert (failed.type, failed.non_retryable) == ("unknown-outcome", True)
    assert on.run.simulator.ledger() == []


async def test_an_attempt_leaves_that_it_began(bench: Set) -> None:
    """The server keeps it, and gives it to whatever attempt comes next."""
    on = await bench()
    await on.do("commit", on.call(ASK, timing=Timing.IMMEDIATE))

    assert ("begun",) in [tuple(details) for (details,) in on.heartbeats]


@pytest.fixture
def says_nothing() -> Iterator[socket.socket]:
    """A mail server that accepts connections and says nothing, until it is closed."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield listening


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
async def test_notices_that_hang_keep_no_call_from_being_sent(
    bench: Set, says_nothing: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3: the loop's own threads are few; a call that waited for one ended as unknown, and had not been sent."""
    on = await bench()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    told = Notify((f"json://127.0.0.1:{says_nothing.getsockname()[1]}/?rto={HANGS}",))
    notice = Notice(run="r", kind=NoticeKind.TASK, title="it waits", text="do it")
    hanging = [asyncio.create_task(ActivityEnvironment().run(told.notify, notice)) for _ in range(4)]
    await asyncio.sleep(0.2)
    result = await on.do("commit", on.call(ASK, timing=Timing.IMMEDIATE))
    still = [each for each in hanging if not each.done()]
    says_nothing.close()
    await asyncio.gather(*hanging)

    assert len(still) == 4
    assert not result.already


async def test_more_calls_than_threads_are_all_answered(bench: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: thirty calls of 0.2 s each by two threads, with 2.5 s for each: none of them spends its time in the queue."""
    on = await bench()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    monkeypatch.setattr(ovh_client, "Threads", lambda name: Threads(name, most=2))
    monkeypatch.setattr(ovh_client, "_OVERALL", 2.5)
    on.run.simulator.inject(Fault(kind=FaultKind.DELAY_BEFORE, method="GET", seconds=0.2, times=60))
    checks = [on.do("check", on.call("service.check-debt")) for _ in range(30)]

    assert len(await asyncio.gather(*checks)) == 30


async def test_a_call_that_gets_no_thread_surely_was_not_sent(bench: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: it may be sent again, and the ledger agrees; it is not sent later behind the run's back either."""
    on = await bench()
    ends = threading.Event()
    threads = Threads("ovhcloud", most=1, turn=0.1)
    monkeypatch.setattr(ovh_client, "Threads", lambda _: threads)
    hanging = asyncio.create_task(threads.call(lambda: ends.wait(60), within=60))
    await asyncio.sleep(0)
    failed = await on.fails("commit", on.call(ASK, timing=Timing.IMMEDIATE))
    ends.set()
    await hanging
    await asyncio.sleep(0.1)

    assert failed.details[0].category in NOT_SENT
    assert on.run.simulator.ledger() == []


class _Attempt:
    """One attempt of an activity, as a worker runs it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 60) -> None:
        self.environment = ActivityEnvironment()
        self.environment.info = replace(self.environment.info, start_to_close_timeout=timedelta(seconds=seconds))
        self.sent: list[str] = []
        self.reached, self.goes_on = asyncio.Event(), asyncio.Event()
        """It has come to where it is stopped; it goes on from there."""
        monkeypatch.setattr(_permission, "_LONGEST", timedelta(seconds=0.2))

    async def reads_for_ever(self) -> str:
        """Comes to no end, and sends nothing."""
        self.reached.set()
        await asyncio.sleep(60)
        await may_send()
        self.sent.append("it")
        return "done"

    async def sends_and_hangs(self) -> str:
        """Sends, and no answer comes."""
        await may_send()
        self.sent.append("it")
        self.reached.set()
        await asyncio.sleep(60)
        return "done"

    async def sends_twice(self) -> str:
        """Is told to stop between two requests."""
        await may_send()
        self.sent.append("first")
        self.reached.set()
        await self.goes_on.wait()
        await may_send()
        self.sent.append("second")
        return "done"

    async def ends(self, work: Any, *, stopped: bool = True, **details: bool) -> BaseException:  # noqa: ANN401
        """How it ends when its worker, or somebody, stops it."""
        running = asyncio.create_task(self.environment.run(to_its_end, work()))
        if stopped:
            await self.reached.wait()
            self.environment.cancel(ActivityCancellationDetails(**details))
        (ended,) = await asyncio.gather(running, return_exceptions=True)
        assert isinstance(ended, BaseException)
        return ended


@pytest.mark.parametrize("why", ["worker_shutdown", "paused", "reset"])
async def test_an_attempt_that_is_stopped_before_it_sent_anything_says_so(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """F3: also where what it reads does not end by itself; a worker that stops made such calls unknown."""
    attempt = _Attempt(monkeypatch)
    ended = await attempt.ends(attempt.reads_for_ever, **{why: True})

    assert isinstance(ended, UnrackError)
    assert ended.problem.category is Category.UNAVAILABLE
    assert attempt.sent == []


async def test_an_attempt_that_is_stopped_after_it_sent_something_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows then: the engine tells it as what it is, and the run reads."""
    attempt = _Attempt(monkeypatch)
    ended = await attempt.ends(attempt.sends_and_hangs, worker_shutdown=True)

    assert isinstance(ended, asyncio.CancelledError)
    assert attempt.sent == ["it"]


async def test_an_attempt_whose_time_is_over_before_it_sent_anything_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: it ends itself before the engine ends it, which could tell only that no answer came."""
    attempt = _Attempt(monkeypatch, seconds=0.4)
    ended = await attempt.ends(attempt.reads_for_ever, stopped=False)

    assert isinstance(ended, UnrackError)
    assert ended.problem.category is Category.UNAVAILABLE
    assert "before anything was sent" in ended.problem.message


async def test_an_irreversible_call_that_is_stopped_between_two_requests_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the first one did, nobody can say; for what may be repeated, the next attempt reads it."""
    attempt = _Attempt(monkeypatch)
    running = asyncio.create_task(attempt.environment.run(_once, attempt.sends_twice()))
    await attempt.reached.wait()
    attempt.environment.cancel(ActivityCancellationDetails(worker_shutdown=True))
    attempt.goes_on.set()
    (ended,) = await asyncio.gather(running, return_exceptions=True)

    assert isinstance(ended, UnrackError)
    assert ended.problem.category is Category.UNKNOWN_OUTCOME
    assert attempt.sent == ["first"]


async def _once(work: Any) -> Any:  # noqa: ANN401  whatever it gives
    return await to_its_end(work, act_once=True)


async def test_a_notice_that_gets_no_thread_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not lost behind others that hang: the engine gets an error that is worth another attempt."""
    tell = Notify(("json://127.0.0.1:1/",))
    ends = threading.Event()
    threads = Threads("notices", most=1, turn=0.1)
    monkeypatch.setattr(tell, "_threads", threads)
    hanging = asyncio.create_task(threads.call(lambda: ends.wait(60), within=60))
    await asyncio.sleep(0)
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(tell.notify, Notice(run="r", kind=NoticeKind.TASK, title="t", text="x"))
    ends.set()
    await hanging

    assert failed.value.type == "unavailable"
    assert not failed.value.non_retryable
