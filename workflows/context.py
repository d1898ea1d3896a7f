"""What every part of a run shares: the plan, the state, the provider's clock, and the one way to wait."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow

from unrack.contracts.activities import NotifyActivities
from unrack.contracts.calls import Notice, NoticeKind
from unrack.contracts.workflows import RunStart
from unrack.model import holds, remembering
from unrack.model.brief import kept
from unrack.model.decision import Actor, DecisionResult, Verdict
from unrack.model.lifecycle import OVERTAKEN, ParkReason, Phase
from unrack.model.service import ProviderClock
from unrack.model.state import JournalEntry, RunState, StepState
from unrack.model.terms import effective_date
from unrack.model.translation import of_these
from workflows import activity_options, versioning, visibility
from workflows.decisions import consent
from workflows.errors import StepStopped

Result = TypeVar("Result")

LONGEST_TICK = timedelta(days=30)
"""Real time after which a waiting run looks up even if nothing happened: it may have to move to a fresh history."""

SECOND_LOOK = timedelta(minutes=1)
"""Real time after which a run that was woken looks once more: the server tells of newer workers some seconds late."""


DAY = timedelta(days=1)
"""An end that moves by less is the same end."""


class RollbackRequested(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """A decision turned the run round or stopped it."""


class ScheduledEndRevoked(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """The scheduled end was taken back while the run was about to purge; it belongs into grace again."""


class ServiceEndedByProvider(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """The provider ended the service by itself: what the run is about to do has nothing left to act on."""


class SentBack(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """An amendment made an earlier step due again: the run goes back to its phase."""


class ContinueAsNewDue(Exception):  # noqa: N818 - control flow of the lifecycle, not an error
    """The history has grown long, or newer workers are there; the run goes on in a new one."""


class RunContext:
    """One run in progress."""

    def __init__(self, start: RunStart) -> None:
        self.plan = start.plan
        self.state = start.state or _fresh(start)
        self.turning = False
        """Whether the run is on its way back, where a decision to turn changes nothing any more."""
        self.watch: asyncio.Task[None] | None = None
        """The watch over a scheduled end. A bug in it must stop the run like a bug anywhere else, never go unseen."""
        self.holds_taken_over = False
        """Whether this history has read which holds of the whole installation stand."""
        self.wakes = 0
        """How often somebody asked the run to look again, in this history."""
        self._published = visibility.Published()
        self._told: Counter[str] = Counter()
        """How often people were told what, in this history: two open activities must not have one id."""
        self._passed: datetime | None = None
        self._telling: list[asyncio.Task[None]] = []
        """Notices that go out beside the run's course."""

    def begin_anew(self, start: RunStart) -> None:
        """Forgets the state that `start` carries."""
        self.state = _fresh(start)

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.plan.run_id)

    def now(self) -> datetime:
        """The provider's time."""
        return self.state.now(self.time())

    def time(self) -> datetime:
        """The workflow's own time, never before a timer that has run out.

        In the first task after a worker's death the engine's clock may still show the task before (seen on a real
        server): what is decided by time alone would then be decided otherwise when the history is replayed.
        """
        now = workflow.now()
        return now if self._passed is None else max(now, self._passed)

    async def pause(self, until: Callable[[], bool], span: timedelta, summary: str) -> bool:
        """Waits until something holds, at most `span` of real time.

        Returns:
            Whether it holds: a decision that came when the timer had fired, and no worker ran, counts all the same. The
            engine gives both at once then, and which of them the wait sees first says nothing.
        """
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

    async def unless_long(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Makes a call that may be begun again, and leaves it to a fresh history when this one has grown long.

        A provider that is out for days keeps a call going for days, and whoever sends enough meanwhile must not fill
        the history. What had completed before the call could be left counts as done.

        Raises:
            ContinueAsNewDue: the call was left.
        """
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

    def set_clock(self, read: ProviderClock, asked: datetime) -> None:
        """Takes over a clock that was read since `asked`, by the workflow's time.

        It counts from when it was read: no worker may have taken the answer up for hours, and a run that is late by
        them would miss the last call. A reader whose own time lies before the question is not in step, as where time
        is skipped; then it counts from now.
        """
        read_at = read.read_at if read.read_at >= asked else self.time()
        self.state.clock = read.model_copy(update={"read_at": read_at})

    def take_date(self, step: str, state: StepState, date: datetime | None) -> None:
        """Takes over the provider's date that `step` read, if it saw one.

        Not when the step was put back to its beginning meanwhile: that date is of the end that was taken back, and the
        next term's end would be taken back at once for its sake.
        """
        if date is None or self.state.step(step) is not state:
            return
        expected = self.state.effective_at or effective_date(self.plan)
        if expected is not None and abs(date - expected) >= DAY:
            zone = self.plan.grace.calendar.zone
            what = f"the provider ends the service on {zone.words(date)}, not on {zone.words(expected)}"
            consent.count_up(self.state, self.now(), what)
        self.state.effective_at = date

    def here(self, span: timedelta) -> timedelta:
        """How long a span of the provider's time lasts for the workflow."""
        return self.state.clock.here(span)

    @property
    def is_long(self) -> bool:
        """Whether the server wants the run to go on in a fresh history, whoever filled this one, and it may do so now.

        Whatever waits must look at this itself: what fills a history may change nothing for which the run waits.
        """
        return workflow.info().is_continue_as_new_suggested() and versioning.quiet_beside(self.plan, self.state)

    def wake(self) -> None:
        """Somebody asks the run to look again now."""
        self.wakes += 1

    def note(
        self, what: str, *, step: str | None = None, by: Actor | None = None, answer: DecisionResult | None = None
    ) -> None:
        """Writes one fact into the journal."""
        refused = answer is not None and answer.verdict is not Verdict.ACCEPTED
        self._enter(JournalEntry(at=self.now(), what=kept(what), step=step, by=by, answer=answer, refused=refused))

    def turn_away(self, what: str) -> None:
        """Writes into the journal that something came which could not be read."""
        self._enter(JournalEntry(at=self.now(), what=kept(what), refused=True))

    def _enter(self, entry: JournalEntry) -> None:
        remembering.enter(self.state, entry)
        workflow.logger.info(entry.what, extra={"run": self.id, "step": entry.step})

    def lift_expired(self) -> None:
        """Takes off the holds whose own end has come, and tells people."""
        expired = holds.expired(self.state, self.now())
        if not expired:
            return
        holds.lift(self.state, expired)
        ids = ", ".join(each.hold.id for each in expired)
        self.note(f"released {ids}: {holds.BY_ITSELF}")
        self.tell_soon(NoticeKind.RELEASE, f"the hold on {self.id} is released", f"{ids}: {holds.BY_ITSELF}")

    def tell_soon(self, kind: NoticeKind, title: str, text: str) -> None:
        """Tells people beside the run's course, which does not wait for it."""
        self._telling = [each for each in self._telling if not each.done()]
        self._telling.append(asyncio.create_task(self.tell(kind, title, text)))

    @property
    def has_told(self) -> bool:
        """Whether every notice that goes out beside the course is out."""
        return all(each.done() for each in self._telling)

    def publish(self) -> None:
        """Shows the state to everybody who looks: search attributes, memo, Temporal's own web page."""
        visibility.publish(self.plan, self.state, self._published, self.now())

    async def show_soon(self) -> None:
        """Shows the state once everything in this workflow task has gone on as far as it can: one write, not two."""
        for _ in range(2):  # whoever waits for what just changed is woken by the first, and has gone on by the second
            await workflow.wait_condition(lambda: True)
        self.publish()

    def checkpoint(self) -> None:
        """Stops going forward when the run was turned round, or must not purge any more.

        Raises:
            RollbackRequested: a decision to reactivate or abort was accepted.
            ScheduledEndRevoked: the scheduled end was taken back before the point of no return.
            ServiceEndedByProvider: the provider ended the service by itself.
            SentBack: an earlier step is due again.
        """
        self.lift_expired()
        if self.watch is not None and self._watch_broke():
            self.watch.result()
        if self._turned():
            raise RollbackRequested
        if self._ended_by_provider():
            raise ServiceEndedByProvider
        if self._taken_back():
            raise ScheduledEndRevoked
        if self._sent_back():
            raise SentBack

    async def wait(
        self, until: Callable[[], bool], *, at: datetime | None = None, woken_since: int | None = None
    ) -> bool:
        """Waits until something holds or the provider's clock shows a time.

        Args:
            until: What is waited for.
            at: The provider's time at which the wait ends anyway; None waits for ever.
            woken_since: A wake-up that came after this many ends the wait; None lets none end it. Counted from before
                what the caller did last, so that a wake-up that came meanwhile is not lost.

        Returns:
            Whether `until` held.

        Raises:
            RollbackRequested: a decision turned the run round.
            ContinueAsNewDue: the run goes on in a fresh history, because this one is long or newer workers are there.
        """
        self.publish()
        tick = LONGEST_TICK
        while not until():
            if versioning.due(self.plan, self.state) or self.is_long:
                raise ContinueAsNewDue
            left = LONGEST_TICK if at is None else self.state.clock.until(at, self.time())
            if left <= timedelta(0) or (woken_since is not None and self.wakes > woken_since):
                return False
            wakes = self.wakes
            await self._pause(until, min(left, tick))
            tick = LONGEST_TICK if self.wakes == wakes else SECOND_LOOK
            self.checkpoint()
        self.checkpoint()
        return True

    async def tell(  # noqa: PLR0913 - what a notice has
        self,
        kind: NoticeKind,
        title: str,
        text: str,
        *,
        step: str | None = None,
        reason: ParkReason | None = None,
        about: str | None = None,
    ) -> None:
        """Tells the people who look after the run; never stands in the run's way.

        Args:
            kind: Why they are told.
            title: In one line.
            text: The rest.
            step: Which step it is about.
            reason: Why that is parked.
            about: The provider's account that other runs share, where all of them have the same to tell.
        """
        self.publish()
        task = self.state.tasks.get(step or "")
        said = of_these(self.plan.translations, [title, text, task.title if task else ""])
        notice = Notice(
            run=self.id,
            kind=kind,
            title=title,
            text=text[:4000],
            step=step,
            reason=reason,
            about=about,
            translations=said,
        )
        key = f"tell.{kind.value}.{step or self.state.phase.value}"
        self._told[key] += 1
        try:
            await activity_options.activity(
                NotifyActivities.notify,
                notice,
                key=key if self._told[key] == 1 else f"{key}.{self._told[key]}",
                title=f"tell: {title}",
                how=activity_options.tell(),
            )
        except StepStopped as stop:
            self.note(f"nobody could be told '{title}': {stop.problem.message}", step=step)

    async def _pause(self, until: Callable[[], bool], span: timedelta) -> None:
        wakes = self.wakes

        def over() -> bool:
            left = self._turned() or self._ended_by_provider() or self._taken_back() or self._sent_back()
            return until() or left or self._watch_broke() or self.wakes != wakes or self.is_long

        await self.pause(over, span, "waiting")

    def _turned(self) -> bool:
        return self.state.rollback is not None and not self.turning

    def _ended_by_provider(self) -> bool:
        return self.state.ended_by_provider is not None and self.state.phase in OVERTAKEN and not self.turning

    def _taken_back(self) -> bool:
        about_to_purge = self.state.phase is Phase.PURGE and self.state.passed_no_return_at is None
        lost = self.plan.provider_end is not None and not self.state.scheduled
        return about_to_purge and lost and not self.turning

    def _sent_back(self) -> bool:
        return self.state.go_back_to is not None and not self.turning

    def _watch_broke(self) -> bool:
        watch = self.watch
        return watch is not None and watch.done() and not watch.cancelled() and watch.exception() is not None


def _fresh(start: RunStart) -> RunState:
    clock = start.plan.facts.clock
    return RunState(
        plan_digest=start.plan.digest,
        launched_by=start.launched_by,
        launched_at=clock.at(workflow.now()),
        clock=clock.moved_to(workflow.now()),
    )
