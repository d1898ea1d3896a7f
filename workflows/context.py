"""The context of a run, which every part of it shares: plan, state, the provider's clock, journal and notices."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from temporalio import workflow

from unrack.contracts.activities import NotifyActivities
from unrack.contracts.calls import Notice, NoticeKind
from unrack.contracts.workflows import RunStart
from unrack.model import holds, remembering
from unrack.model.decision import Actor, DecisionResult, Verdict
from unrack.model.lifecycle import ParkReason, Phase
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.model.shortened import kept
from unrack.model.state import JournalEntry, RunState, StepState
from unrack.model.terms import effective_date
from unrack.model.translation import of_these
from workflows import activity_options, versioning, visibility
from workflows.decisions import consent
from workflows.decisions.line import Line
from workflows.errors import StepStopped
from workflows.lifecycle import PhaseLeft, Transition, transition_due
from workflows.waiting import Waiting

DAY = timedelta(days=1)
"""An end that moves by less is the same end."""


class RunContext(Waiting):
    """One run in progress."""

    def __init__(self, start: RunStart) -> None:
        super().__init__()
        self.plan = start.plan
        self.state = start.state or _fresh(start)
        self.line = Line()
        """The decisions that nobody has judged yet."""
        self.watch: asyncio.Task[None] | None = None
        """The watch over a scheduled end. A bug in it must stop the run like a bug anywhere else, never go unseen."""
        self.holds_taken_over = False
        """Whether this history has read which holds of the whole installation stand."""
        self._published = visibility.Published()
        self._told: Counter[str] = Counter()
        """How often people were told what, in this history: two open activities must not have one id."""
        self._notices: list[asyncio.Task[None]] = []
        """Notices that go out beside the run's course."""

    def begin_anew(self, start: RunStart) -> None:
        """Forgets the state that `start` carries."""
        self.state = _fresh(start)

    @cached_property
    def id(self) -> str:
        """The run's id."""
        return str(self.plan.run_id)

    @property
    def clock(self) -> ProviderClock:
        """The provider's clock, as it was read last."""
        return self.state.clock

    def now(self) -> datetime:
        """The provider's time."""
        return self.state.now(self.time())

    def set_clock(self, read: ProviderClock, asked: datetime) -> None:
        """Takes over a clock that was read since `asked`, by the workflow's time.

        It counts from when it was read: no worker may have taken the answer up for hours, and a run that is late by
        them would miss the last call. A reader whose own time lies before the question is not in step, as where time
        is skipped; then it counts from now.
        """
        read_at = read.read_at if read.read_at >= asked else self.time()
        self.state.clock = read.model_copy(update={"read_at": read_at})

    def was_reset(self, step_id: str, state: StepState) -> bool:
        """Whether the step was put back to its beginning since `state` was taken as where it stands."""
        return self.state.step(step_id).resets != state.resets

    def take_date(self, step_id: str, state: StepState, date: datetime | None) -> None:
        """Takes over the provider's date that a step read, if it saw one.

        Not when the step was reset meanwhile: that date is of the end that was revoked, and the next term's end would
        be revoked at once for its sake.
        """
        if date is None or self.was_reset(step_id, state):
            return
        expected = self.state.effective_at or effective_date(self.plan)
        if expected is not None and abs(date - expected) >= DAY:
            zone = self.plan.grace.calendar.zone
            what = msg(
                "the provider ends the service on {words}, not on {words2}",
                words=zone.words(date),
                words2=zone.words(expected),
            )
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

    def moves_now(self) -> bool:
        """Whether newer workers are there and the run may move to them now."""
        return versioning.due(self.plan, self.state)

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
        self.note(msg("released {ids}: {why}", ids=ids, why=holds.BY_ITSELF))
        self.notify_soon(
            NoticeKind.RELEASE,
            msg("the hold on {id} is released", id=self.id),
            msg("{ids}: {by_itself}", ids=ids, by_itself=holds.BY_ITSELF),
        )

    def notify_soon(self, kind: NoticeKind, title: str, text: str, *, people: Sequence[str] = ()) -> None:
        """Notifies people beside the run's course, which does not wait for it; see `notify`."""
        self._notices = [each for each in self._notices if not each.done()]
        self._notices.append(asyncio.create_task(self.notify(kind, title, text, people=people)))

    @property
    def has_notified(self) -> bool:
        """Whether every notice that goes out beside the course is out."""
        return all(each.done() for each in self._notices)

    def publish(self, *, passing: bool = False) -> None:
        """Shows the state to everybody who looks: search attributes, memo, Temporal's own web page.

        Args:
            passing: Whether the run is only about to read something: what it waits for then is not worth a write.
        """
        visibility.publish(self.plan, self.state, self._published, self.now(), passing=passing)

    async def show_soon(self) -> None:
        """Shows the state once everything in this workflow task has gone on as far as it can: one write, not two."""
        for _ in range(2):  # whoever waits for what just changed is woken by the first, and has gone on by the second
            await self.until(lambda: True)
        self.publish()

    def leaves_now(self) -> bool:
        """Whether a transition of the lifecycle is due, or the watch over a scheduled end broke."""
        return transition_due(self.plan, self.state) is not None or self._watch_broke()

    def checkpoint(self) -> None:
        """Stops what the run is about, when it must leave its phase.

        Raises:
            PhaseLeft: a transition of the lifecycle is due.
        """
        self.lift_expired()
        if self.watch is not None and self._watch_broke():
            self.watch.result()
        if (due := transition_due(self.plan, self.state)) is not None:
            raise PhaseLeft(due)

    def take(self, transition: Transition) -> Phase | None:
        """Takes a transition; returns the phase in which the run goes on, None when it does not go forward any more."""
        phase = transition.to(self.state)
        if said := transition.take(self.plan, self.state, self.now()):
            self.note(said)
        return phase

    async def notify(  # noqa: PLR0913 - what a notice has
        self,
        kind: NoticeKind,
        title: str,
        text: str,
        *,
        step: str | None = None,
        reason: ParkReason | None = None,
        about: str | None = None,
        people: Sequence[str] = (),
    ) -> None:
        """Notifies the people who look after the run; never stands in the run's way.

        Args:
            kind: Why they are told.
            title: In one line.
            text: The rest.
            step: Which step it is about.
            reason: Why that is parked.
            about: The provider's account that other runs share, where all of them have the same to tell.
            people: Who must know of it themselves, beside those who look after the run.
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
            people=tuple(people),
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
            self.note(
                msg("nobody could be told '{title}': {message}", title=title, message=stop.problem.message), step=step
            )

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
