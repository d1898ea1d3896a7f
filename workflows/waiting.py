"""How a run waits: in its course, where a wait ends when the run leaves what it is about, or beside its course.

Nothing else of a run calls the engine's waits and timers. All times but those that are named real are the provider's.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from temporalio import workflow

from unrack.model.message import msg
from unrack.model.service import ProviderClock
from workflows.errors import StepStopped

Result = TypeVar("Result")

LONGEST_TICK = timedelta(days=30)
"""Real time after which a waiting run looks up even if nothing happened: it may have to move to a fresh history."""

SECOND_LOOK = timedelta(minutes=1)
"""Real time after which a run that was woken looks once more: the server tells of newer workers some seconds late."""

SHORTEST_ALARM = timedelta(seconds=1)


class ContinueAsNewDue(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """The history has grown long, or newer workers are there; the run goes on in a new one."""


class Wait(Protocol):
    """A way to wait: `Waiting.wait` in the course of a run, `Waiting.wait_beside` beside it."""

    async def __call__(
        self, until: Callable[[], bool], *, at: datetime | None = None, woken_since: int | None = None
    ) -> bool:
        """Waits until something holds, or the provider's clock shows `at`; tells whether it holds."""
        ...


class Waiting(ABC):
    """The waits of one run, on the engine's clock."""

    def __init__(self) -> None:
        """Begins with a history that nobody has woken yet."""
        self.wakes = 0
        """How often somebody asked the run to poll again, in this history."""
        self._passed: datetime | None = None
        self._task_before: datetime | None = None
        self._task: datetime | None = None

    @property
    @abstractmethod
    def clock(self) -> ProviderClock:
        """The provider's clock, as it was read last."""

    @property
    @abstractmethod
    def is_long(self) -> bool:
        """Whether the run should go on in a fresh history, and may do so now."""

    @abstractmethod
    def moves_now(self) -> bool:
        """Whether the run should move to newer workers now."""

    @abstractmethod
    def leaves_now(self) -> bool:
        """Whether `checkpoint` would raise."""

    @abstractmethod
    def checkpoint(self) -> None:
        """Raises what ends the way forward, if anything does."""

    @abstractmethod
    def publish(self) -> None:
        """Shows the state to everybody who looks."""

    def wake(self) -> None:
        """Somebody asks the run to poll again now."""
        self.wakes += 1

    def time(self) -> datetime:
        """The workflow's own time, never before a timer that has run out.

        In the first task after a worker's death the engine's clock may still show the task before (seen on a real
        server): what is decided by time alone would then be decided otherwise when the history is replayed.
        """
        now = workflow.now()
        return now if self._passed is None else max(now, self._passed)

    def task_before(self) -> datetime | None:
        """The engine's time of an earlier workflow task: whatever is new in this one reached the server after it.

        None where the run knows of no earlier one in this history.
        """
        self._see_task()
        return self._task_before

    def _see_task(self) -> None:
        """Remembers when this workflow task was started. Never in a query: a replay does not see it."""
        now = workflow.now()
        if self._task is None or now > self._task:
            self._task_before, self._task = self._task, now

    async def wait(
        self, until: Callable[[], bool], *, at: datetime | None = None, woken_since: int | None = None
    ) -> bool:
        """Waits in the course of the run until something holds or the provider's clock shows a time.

        Args:
            until: What is waited for.
            at: The provider's time at which the wait ends anyway; None waits for ever.
            woken_since: A wake-up that came after this many ends the wait; None lets none end it. Counted from before
                what the caller did last, so that a wake-up that came meanwhile is not lost.

        Returns:
            Whether `until` held.

        Raises:
            PhaseLeft: a transition of the lifecycle is due.
            ContinueAsNewDue: the run goes on in a fresh history, because this one is long or newer workers are there.
        """
        self.publish()
        tick = LONGEST_TICK
        while not until():
            if self.moves_now() or self.is_long:
                raise ContinueAsNewDue
            left = LONGEST_TICK if at is None else self.clock.until(at, self.time())
            if left <= timedelta(0) or (woken_since is not None and self.wakes > woken_since):
                return False
            wakes = self.wakes
            await self._tick(until, min(left, tick))
            tick = LONGEST_TICK if self.wakes == wakes else SECOND_LOOK
            self.checkpoint()
        self.checkpoint()
        return True

    async def wait_beside(
        self,
        until: Callable[[], bool],
        *,
        at: datetime | None = None,
        woken_since: int | None = None,
        summary: str = msg("waiting beside the steps"),
    ) -> bool:
        """Waits as `wait` does, beside the run's course: nothing here stops when that leaves its phase."""

        def over() -> bool:
            return until() or (woken_since is not None and self.wakes > woken_since)

        if at is None:
            await workflow.wait_condition(over)
        while not over() and at is not None and (left := self.clock.until(at, self.time())) > timedelta(0):
            await self.pause(over, left, summary)
        return until()

    async def pause(self, until: Callable[[], bool], span: timedelta, summary: str) -> bool:
        """Waits until something holds, at most `span` of real time.

        Returns:
            Whether it holds: a decision that came when the timer had fired, and no worker ran, counts all the same. The
            engine gives both at once then, and which of them the wait sees first says nothing.
        """
        self._see_task()
        ends = self.time() + span
        try:
            await workflow.wait_condition(until, timeout=span, timeout_summary=summary)
        except TimeoutError:
            self._passed = ends if self._passed is None else max(ends, self._passed)
            return until()
        return True

    async def rest(self, span: timedelta, summary: str) -> None:
        """Lets `span` of real time pass; it ends early when the history has grown long.

        Raises:
            ContinueAsNewDue: the run goes on in a fresh history, and there with what it was about.
        """
        if await self.pause(lambda: self.is_long, span, summary):
            raise ContinueAsNewDue

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for what the run itself brings about, without a timer."""
        await workflow.wait_condition(holds)

    async def unless_long(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Makes a call that may be begun again, and leaves it to a fresh history when this one has grown long.

        A provider that is out for days keeps a call going for days, and whoever sends enough meanwhile must not fill
        the history. What had completed before the call could be left counts as done.

        Raises:
            ContinueAsNewDue: the call was left, or not begun.
        """
        if self.is_long:
            raise ContinueAsNewDue
        under_way = asyncio.ensure_future(call())
        try:
            await workflow.wait_condition(lambda: under_way.done() or self.is_long)
        except asyncio.CancelledError:  # what this is part of is stopped: so is the call
            under_way.cancel()
            return await under_way
        if under_way.done():
            return await under_way
        under_way.cancel()
        try:
            return await under_way
        except (asyncio.CancelledError, StepStopped):
            raise ContinueAsNewDue from None

    def alarm(self, at: datetime, summary: str) -> asyncio.Task[None]:
        """A timer of its own, which is done at `at`.

        A deadline that must be met alike in each replay is one of these and never a comparison of times: in the first
        task after a worker's death the engine's clock may be behind.
        """
        left = self.clock.until(at, self.time())
        return asyncio.create_task(workflow.sleep(max(left, SHORTEST_ALARM), summary=summary))

    async def _tick(self, until: Callable[[], bool], span: timedelta) -> None:
        wakes = self.wakes

        def over() -> bool:
            return until() or self.leaves_now() or self.wakes != wakes or self.is_long

        await self.pause(over, span, "waiting")
