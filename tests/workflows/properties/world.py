"""The stand-in provider with a ledger that knows when: what was asked for when, and when it took effect."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from temporalio import activity

from tests.workflows.fake_provider import StandIn, failure
from tests.workflows.properties.acts import Break
from unrack.contracts.calls import (
    CaptureResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    EffectStatus,
    ProbeResult,
    StepCall,
)
from unrack.model.errors import Category
from unrack.model.service import Finding

ASK, CONFIRM, RELEASE, SCHEDULE = "purge.ask", "purge.confirm", "purge.release", "request.schedule"
LOCK, UNLOCK = "detach.lock", "detach.unlock"
LAST_CALL = timedelta(hours=24)
_ROOM = timedelta(hours=49)
"""What is left of a term when scheduling its end would leave no grace."""
_LATE = timedelta(minutes=5)
_COMPLETES = 1.0
"""Seconds for which a request goes on that was being sent when its call was stopped: a run that does not wait shows."""

_A_PART = 0.02
"""Real seconds between two looks of a call that takes a while."""


@dataclass(frozen=True)
class Effect:
    """One thing that took effect at the provider."""

    what: str
    step: str
    asked: datetime
    """When the workflow asked for it."""
    at: datetime
    order: int = 0
    """When it was sent, among all that is sent and answered."""


@dataclass
class World(StandIn):
    """A provider that reads before it acts, as the adapters do, and whose answers get lost in every way."""

    effects: list[Effect] = field(default_factory=list[Effect])
    kept_the_end: bool = False
    """Whether the provider refused for good to take an end back: then a person waits, and nobody can help the run."""
    schedules: list[tuple[datetime, datetime | None, datetime]] = field(
        default_factory=list[tuple[datetime, datetime | None, datetime]]
    )
    """Scheduled ends: since when, until when (None: still), for when."""
    broken: dict[str, list[Break]] = field(default_factory=lambda: defaultdict(list))
    troubles: list[tuple[datetime, datetime | None, str]] = field(
        default_factory=list[tuple[datetime, datetime | None, str]]
    )
    captured: list[datetime] = field(default_factory=list[datetime])
    """When the configuration was kept."""
    unscheduling: list[datetime] = field(default_factory=list[datetime])
    """When it was tried to take a scheduled end back."""
    schedules_late: bool = False
    """Whether an end is scheduled that is so near that it cannot be taken back; else a person is asked to wait."""
    slow: dict[str, bool] = field(default_factory=dict[str, bool])
    """Steps whose next call takes a while, and whether it is stopped in the middle of a request."""
    under_way: set[str] = field(default_factory=set[str])
    """Steps whose call takes a while now."""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no call takes a while, as when time passes: those that do come to their end."""
    requests: list[Effect] = field(default_factory=list[Effect])
    """The first part of each call that takes a while: it changes something already."""
    sent: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Irreversible calls that may have been sent."""
    _late: list[tuple[datetime, StepCall, int]] = field(default_factory=list[tuple[datetime, StepCall, int]])
    _order: "count[int]" = field(default_factory=count)

    def tick(self) -> int:
        """The next number of all that is sent and answered, in this order."""
        return next(self._order)

    @activity.defn(name="check")
    async def check(self, call: StepCall) -> CheckResult:
        """Shows the trouble of the moment."""
        self._begin("check", call)
        texts = [text for since, until, text in self.troubles if until is None] if "unchanged" in call.step else []
        found = tuple(Finding(subject="use", text=text, blocking=True) for text in texts)
        return CheckResult(findings=found, clock=self.clock())

    @activity.defn(name="capture")
    async def capture(self, call: StepCall) -> CaptureResult:
        """Keeps a record, unless it fails to."""
        how = self._begin("capture", call)
        self._refuse_before(how)
        result = await super().capture(call)
        if how is Break.UNPROVED:
            return result.model_copy(update={"evidence": ()})
        if call.step == "capture.configuration":
            self.captured.append(self.now())
        return result

    @activity.defn(name="change")
    async def change(self, call: StepCall) -> ChangeResult:
        """Takes effect once; a second call finds it done."""
        how = self._begin("change", call)
        self._refuse_before(how)
        done = self._in_force(call.step)
        if call.step == SCHEDULE and not done and not self.schedules_late:
            self._refuse_a_near_end()
        if not done:
            await self._takes_a_while("change", call)
            self._take_effect("change", call)
        if call.step == SCHEDULE and not done:
            self.clock()
            self.ends_at = self.term_end
            self.schedules.append((self.now(), None, self.term_end))
        self._lose_answer(how, Category.UNAVAILABLE)
        return ChangeResult(already=done, note="done")

    @activity.defn(name="undo")
    async def undo(self, call: StepCall) -> ChangeResult:
        """Takes the change back; a scheduled end only until the last call."""
        how = self._begin("undo", call)
        if call.step == SCHEDULE:
            self.unscheduling.append(self.now())
        self._refuse_before(how)
        if not self._in_force(call.step):
            return ChangeResult(already=True, note="nothing to undo")
        if call.step == SCHEDULE:
            self._unschedule()
        self._take_effect("undo", call)
        self._lose_answer(how, Category.UNAVAILABLE)
        return ChangeResult(already=False, note="undone")

    @activity.defn(name="commit")
    async def commit(self, call: StepCall) -> CommitResult:
        """Reads first, acts once; what is asked for a mail is nowhere to be read."""
        how = self._begin("commit", call)
        self._refuse_before(how, lost=Category.UNKNOWN_OUTCOME)
        if call.step != ASK and self._done(call.step):
            return CommitResult(already=True, note="it was so")
        await self._takes_a_while("commit", call)
        self.sent.append((call.step, self.tick()))
        if how is Break.LOST_LATE:
            self._late.append((self.now() + _LATE, call, self.tick()))
            raise failure(Category.UNKNOWN_OUTCOME, "the answer was lost")
        self._take_effect("commit", call)
        self._lose_answer(how, Category.UNKNOWN_OUTCOME)
        return CommitResult(already=False, note="done")

    @activity.defn(name="probe")
    async def probe(self, call: StepCall) -> ProbeResult:
        """Tells what is in effect now; of a mail it cannot tell."""
        self._asked_at = call.asked_at
        self.calls.append(f"probe {call.step}")
        self.settle(self.now())
        known = EffectStatus.DONE if self._done(call.step) else EffectStatus.NOT_DONE
        standing = EffectStatus.UNKNOWN if call.step == ASK else known
        return ProbeResult(standing=standing, note="as it is", clock=self.clock())

    def settle(self, now: datetime) -> None:
        """Lets calls whose effect comes late take effect."""
        due = [each for each in self._late if each[0] <= now]
        self._late = [each for each in self._late if each[0] > now]
        for at, call, order in due:
            self.effects.append(Effect("commit", call.step, call.asked_at or at, at, order))

    def _begin(self, what: str, call: StepCall) -> Break | None:
        self._asked_at = call.asked_at
        self.calls.append(f"{what} {call.step}")
        self.settle(self.now())
        queue = self.broken["undo" if what == "undo" else call.step]
        return queue.pop(0) if queue else None

    async def _takes_a_while(self, what: str, call: StepCall) -> None:
        """Waits, if it is to, until it goes on or is stopped; stopped between two requests, it sends no other.

        Irreversible calls are one request: stopped before it, nothing was sent.
        """
        if call.step not in self.slow or self.go_on.is_set():
            return
        sending = self.slow.pop(call.step)
        if what == "change":
            self.requests.append(Effect("request", call.step, call.asked_at or self.now(), self.now(), self.tick()))
        self.under_way.add(call.step)
        try:
            while not self.go_on.is_set():
                activity.heartbeat()
                await asyncio.sleep(_A_PART)
        except asyncio.CancelledError:
            if not sending:
                raise
            await asyncio.sleep(_COMPLETES)
        finally:
            self.under_way.discard(call.step)

    def _refuse_before(self, how: Break | None, lost: Category = Category.UNAVAILABLE) -> None:
        if how is Break.REFUSED:
            raise failure(Category.DENIED, "refused")
        if how is Break.DOWN:
            raise failure(Category.UNAVAILABLE, "down")
        if how is Break.LOST_BEFORE:
            raise failure(lost, "the answer was lost")

    def _lose_answer(self, how: Break | None, category: Category) -> None:
        if how is Break.LOST_AFTER:
            raise failure(category, "the answer was lost")

    def _refuse_a_near_end(self) -> None:
        now = self.clock().shown
        if self.term_end - now < _ROOM:
            raise failure(Category.CONFLICT, "the term ends too soon to take it back: wait for the next one")

    def _unschedule(self) -> None:
        since, _, ends = self.schedules[-1]
        if self.now() > ends - LAST_CALL:
            self.kept_the_end = True
            raise failure(Category.CONFLICT, "too late to take it back")
        self.schedules[-1] = (since, self.now(), ends)
        self.ends_at = None

    def _take_effect(self, what: str, call: StepCall) -> None:
        self.effects.append(Effect(what, call.step, call.asked_at or self.now(), self.now(), self.tick()))

    def _in_force(self, step: str) -> bool:
        of_step = [effect.what for effect in self.effects if effect.step == step]
        return bool(of_step) and of_step[-1] == "change"

    def _done(self, step: str) -> bool:
        return any(effect.step == step and effect.what == "commit" for effect in self.effects)
