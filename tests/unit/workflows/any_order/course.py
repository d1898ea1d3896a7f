"""Takes the state of a run through its plan as the workflow does, without a server: what the provider does is chosen.

Freer than the workflow where that asks more of the guard: steps do not wait for approval or for grace.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from tests.unit.workflows.any_order.book import BEGIN, DAY, MOST, Book, Task, at, hours
from tests.workflows.plans import CABLE, END_OF_TERM, IMMEDIATE, plan, step
from unrack.model import holds
from unrack.model.calendar import Freeze, FreezeCalendar
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef, EvidenceWanted
from unrack.model.grace import Anchor, Bound, Grace, HoldEffect
from unrack.model.ids import undo_id, undone_step
from unrack.model.lifecycle import (
    FINISHED,
    PASSED_OVER,
    SCHEDULING,
    Outcome,
    ParkReason,
    Phase,
    StepKind,
    StepStatus,
    Timing,
)
from unrack.model.plan import Plan, PlannedStep, TaskForm
from unrack.model.state import OpenTask, Parked, RunState
from workflows.gates import guard

_REFUND = TaskForm(
    instructions="Ask the support to end it and to give the money back.",
    evidence=(EvidenceWanted(type="refund", title="The support's answer"),),
)
BY_HAND = (
    step("preflight.status", StepKind.CHECK),
    step("capture.configuration", StepKind.CAPTURE, evidence=(EvidenceWanted(type="configuration", title="before"),)),
    step("purge.ask-refund", StepKind.TASK, task=_REFUND, point_of_no_return=True, skippable=False),
    step("verify.gone", StepKind.AWAIT),
)
"""A service that people end: nothing is called, and the point of no return is a task."""

UNLOCK = step("detach.unlock", StepKind.CHANGE, restores=True)
"""Brings back what was taken away: no hold stops it."""
_GOES_BY_THE_CABLE = ("purge.unchanged", "purge.ask", "purge.token", "purge.release")
_RENEWED = {"purge.confirm": ("purge.token",), "purge.token": ("purge.ask",)}
"""What brings a new secret is done again before what takes it."""
_ACTING = (Phase.DETACH, Phase.REQUEST, Phase.HANDOVER, Phase.PURGE)


def _with_more(steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """The steps, with one that restores, and with those that go by what was stated about the cable."""
    relying = [
        each.model_copy(update={"relies_on": (CABLE,)}) if each.id in _GOES_BY_THE_CABLE else each for each in steps
    ]
    detached = [index for index, each in enumerate(relying) if each.phase is Phase.DETACH]
    return (*relying[: detached[-1] + 1], UNLOCK, *relying[detached[-1] + 1 :])


STEPS = {"end-of-term": _with_more(END_OF_TERM), "immediate": _with_more(IMMEDIATE), "by-hand": BY_HAND}
PROOFS = {CABLE: "confirmation", "purge.ask-refund": "refund"}
"""By task: the evidence that it wants."""
FIELDS = {
    CABLE: {"order-number": "O-1", "removed-on": "2026-11-20", "charged-until": "2026-11-30"},
    "purge.token": {"token": "handover:1"},
}
AMENDED = {CABLE: "order-number", "purge.token": "token"}
"""By task: the field that people get wrong."""
BOARD = Freeze(id="cboard", name="board", source="board.ics", begins=at(20 * DAY), ends=at(22 * DAY))
_CALENDAR = FreezeCalendar(source="board.ics", sha256="b" * 64, until=at(400 * DAY), freezes=(BOARD,))
_TERM = 40 * DAY
_PATIENCE = 10 * DAY


class Luck(StrEnum):
    """What becomes of a step that begins."""

    DONE = "done"
    UNPROVED = "unproved"
    """A capture that keeps nothing."""
    PARKED = "parked"
    ASKED = "asked"
    """An irreversible call without an answer."""
    UNTOUCHED = "untouched"
    """It parks as refused, and the provider's own state shows that nothing happened."""


def evidence(*types: str) -> tuple[EvidenceRef, ...]:
    """One kept piece of each type."""
    return tuple(
        EvidenceRef(
            type=each, sha256="a" * 64, size=1, media_type="text/plain", name=each, taken_at=BEGIN, source="person:ann"
        )
        for each in types
    )


def book_of(course: str, quorum: int, minimum: int | None, latest: int | None, *, stops_clock: bool) -> Book:
    """An empty book for a run of one of the courses."""
    by_date, steps = course == "end-of-term", STEPS[course]
    tasks = [each for each in steps if each.kind is StepKind.TASK]
    calls = [each.id for each in steps if each.kind in (StepKind.CHANGE, StepKind.COMMIT) and each != UNLOCK]
    return Book(
        quorum=quorum,
        offset=-2 * DAY if by_date else 7 * DAY,
        by_date=by_date,
        minimum=minimum,
        latest=latest,
        stops_clock=stops_clock,
        steps={
            each.id: tuple(item.type for item in (each.task.evidence if each.task else each.evidence)) for each in steps
        },
        by_hand=frozenset(each.id for each in tasks if each.phase in _ACTING or each.undo),
        changing=frozenset((*calls, *(each.id for each in tasks if each.phase in _ACTING))),
        relies={CABLE: tuple(each.id for each in steps if each.relies_on)},
        renews=_RENEWED,
    )


def plan_of(course: str, book: Book) -> Plan:
    """The plan that says what the book says."""
    timing = Timing.END_OF_TERM if book.by_date else Timing.IMMEDIATE
    grace = Grace(
        anchor=Anchor.EFFECTIVE_DATE if book.by_date else Anchor.GRACE_BEGIN,
        offset=timedelta(hours=book.offset),
        max_extension=timedelta(hours=MOST),
        minimum=None if book.minimum is None else timedelta(hours=book.minimum),
        latest=None if book.latest is None else Bound(anchor=Anchor.GRACE_BEGIN, offset=timedelta(hours=book.latest)),
        holds=HoldEffect.STOP_THE_CLOCK if book.stops_clock else HoldEffect.STOP_THE_PURGE,
    )
    calendars = (_CALENDAR,) if BOARD.id in book.freezes else ()
    made = plan(timing=timing, quorum=book.quorum, shown=BEGIN, steps=STEPS[course])
    return made.model_copy(update={"grace": grace, "freezes": calendars})


class Course:
    """The way of one run, forward and back."""

    def __init__(self, plan: Plan, state: RunState, book: Book) -> None:
        self.plan, self.state, self.book = plan, state, book

    def due(self) -> PlannedStep | None:
        """The first step that is not finished."""
        for planned in self.plan.steps:
            if self.state.step(planned.id).status not in FINISHED:
                return planned
        return None

    def go_on(self, luck: Luck, now: datetime) -> None:
        """The next step begins, if nobody is asked about it and, for an irreversible one, the guard lets it."""
        if self.state.ended_by_provider is not None:
            self._pass_over()
        self.state.go_back_to = None  # whatever is due first comes first here
        planned = self.due()
        if planned is None:
            self.state.outcome = Outcome.CLOSED
            return
        standing = self.state.step(planned.id)
        if standing.status in (StepStatus.IN_DOUBT, StepStatus.PARKED, StepStatus.WAITING):
            return
        if undo_id("request.schedule") in self.state.parked:
            return
        self._enter(planned.phase, now)
        if holds.stops(self.plan, planned) and guard.stops(self.plan, self.state, now):
            return
        if planned.kind in (StepKind.CHANGE, StepKind.COMMIT):
            self.state.recheck_preflight = self.book.recheck_preflight = False  # nothing had changed
        if planned.guarded and not self._let_through(planned, now):
            return
        standing.status, standing.tries = StepStatus.RUNNING, standing.tries + 1
        standing.begun_at = standing.begun_at or now
        if planned.kind in (StepKind.CHANGE, StepKind.COMMIT):
            self.book.touched.add(planned.id)
        self._comes_out(planned, luck, now)

    def asked(self, step: str) -> bool:
        """Whether a call for `step` has no answer."""
        return step in self.state.steps and self.state.steps[step].status is StepStatus.IN_DOUBT

    def answer_comes(self, known: bool, now: datetime) -> None:
        """The provider's state shows that what was asked for took effect; or it cannot tell, and the step parks."""
        for planned in self.plan.steps:
            if self.asked(planned.id):
                self.book.asked.discard(planned.id)
                if known:
                    self._done(planned, (), now)
                else:
                    self.park(planned.id, ParkReason.OUTCOME_UNKNOWN, planned.skippable, now)

    def take_end_back(self, luck: Luck, now: datetime) -> None:
        """The last call comes and the run may not go on: what schedules the end, and the purge, is done anew.

        Unless the provider will not take it back: then that parks, and nothing is scheduled until somebody decided.
        """
        self.state.schedule_again_after = self.state.effective_at
        self.state.scheduled, self.state.effective_at = False, None
        self.book.scheduled, self.book.date = False, None
        self._anew(*SCHEDULING, Phase.PURGE)
        if luck is Luck.PARKED:
            self.park(undo_id("request.schedule"), ParkReason.REFUSED, may_skip=True, now=now)

    def read_again(self) -> None:
        """The purge's checks are read again, as before every irreversible call."""
        checks = [each for each in self.plan.in_phase(Phase.PURGE) if each.kind is StepKind.CHECK]
        for planned in checks:
            if self.state.step(planned.id).status is StepStatus.DONE:
                self.state.step(planned.id).status = StepStatus.PENDING
                self.book.take_back((planned.id,))

    def go_back(self, luck: Luck, now: datetime) -> None:
        """One undo of a run that is rolled back, or the end of it."""
        if self.state.rollback is None or self.state.rollback.to is Outcome.ABORTED:
            self.state.outcome = Outcome.ABORTED
            return
        if not self.state.rolling_back:
            self.state.rolling_back = True
            self.state.tasks = {key: task for key, task in self.state.tasks.items() if undone_step(key) is not None}
            self.state.parked.clear()
            self.book.no.clear()
            self.book.tasks = {key: task for key, task in self.book.tasks.items() if undone_step(key) is not None}
        for planned in reversed(self.plan.steps):
            if self._to_undo(planned):
                self._undo(planned, luck, now)
                return
        self.state.outcome = Outcome.REACTIVATED

    def park(self, key: str, reason: ParkReason, may_skip: bool, now: datetime) -> None:
        """A step or an undo cannot go on by itself."""
        problem = Problem(category=Category.CONFLICT, message="the provider said no")
        self.state.parked[key] = Parked(step=key, reason=reason, since=now, problem=problem, may_skip=may_skip)
        self.state.step(key).status = StepStatus.PARKED

    def _enter(self, phase: Phase, now: datetime) -> None:
        self.state.phase, self.book.phase = phase, phase.value
        if phase in (Phase.PURGE, Phase.VERIFY) and self.book.begun is None:
            self.state.grace.begun_at, self.book.begun = now, hours(now)

    def _let_through(self, planned: PlannedStep, now: datetime) -> bool:
        found = guard.blockers(self.plan, self.state, planned, now)
        if any(each.subject == "evidence" for each in found):
            self.park(planned.id, ParkReason.NOT_ALLOWED, planned.skippable, now)
        if found:
            return False
        if planned.point_of_no_return and self.state.passed_no_return_at is None:
            self.state.passed_no_return_at, self.book.passed = now, hours(now)
        return True

    def _comes_out(self, planned: PlannedStep, luck: Luck, now: datetime) -> None:
        standing = self.state.step(planned.id)
        if planned.kind is StepKind.TASK:
            self._open(planned.id, planned.title, planned.task, now)
        elif luck in (Luck.PARKED, Luck.UNTOUCHED):
            self.park(planned.id, ParkReason.REFUSED, planned.skippable, now)
            if luck is Luck.UNTOUCHED and planned.kind is StepKind.COMMIT and standing.asked_at is None:
                self._not_passed(planned)
        elif luck is Luck.ASKED and planned.kind is StepKind.COMMIT:
            standing.status, standing.asked_at = StepStatus.IN_DOUBT, now
            self.book.asked.add(planned.id)
        else:
            kept = () if luck is Luck.UNPROVED else tuple(wanted.type for wanted in planned.evidence)
            self._done(planned, kept, now)

    def _not_passed(self, planned: PlannedStep) -> None:
        if planned == self.plan.no_return and self.plan.provider_end is None:
            self.state.passed_no_return_at = self.book.passed = None

    def _done(self, planned: PlannedStep, kept: tuple[str, ...], now: datetime) -> None:
        standing = self.state.step(planned.id)
        standing.status, standing.ended_at, standing.evidence = StepStatus.DONE, now, evidence(*kept)
        self.book.finished[planned.id], self.book.proofs[planned.id] = "done", set(kept)
        if planned.id == "request.schedule":
            self.state.scheduled = self.book.scheduled = True
        if planned.id == "confirm.read-date":
            self.state.effective_at = now + timedelta(hours=_TERM)
            self.book.date = hours(now) + _TERM

    def _open(self, key: str, title: str, form: TaskForm | None, now: datetime) -> None:
        assert form is not None
        timeout = timedelta(hours=_PATIENCE)
        self.state.tasks[key] = OpenTask(step=key, title=title, since=now, deadline=now + timeout, form=form)
        held = key.partition(".")[0] in [phase.value for phase in _ACTING]
        self.book.tasks[key] = Task(hours(now), _PATIENCE, held)
        self.state.step(key).status = StepStatus.WAITING

    def _anew(self, *phases: Phase) -> None:
        for planned in self.plan.steps:
            if planned.phase in phases:
                self.state.steps[planned.id] = self.state.step(planned.id).anew()
                self.state.parked.pop(planned.id, None)
                self.state.tasks.pop(planned.id, None)
                self.book.no.discard(planned.id)
                self.book.asked.discard(planned.id)
                self.book.take_back((planned.id,))

    def _pass_over(self) -> None:
        """The provider ended the service by itself: nothing is scheduled or purged any more."""
        for planned in self.plan.steps:
            if planned.phase in PASSED_OVER and self.state.step(planned.id).status not in FINISHED:
                self.state.step(planned.id).status = StepStatus.SKIPPED
                self.state.parked.pop(planned.id, None)
                self.state.tasks.pop(planned.id, None)
                self.book.no.discard(planned.id)
                self.book.asked.discard(planned.id)
                self.book.take_back((planned.id,))
                self.book.finished[planned.id] = "skipped"

    def _to_undo(self, planned: PlannedStep) -> bool:
        standing = self.state.step(planned.id)
        if planned.undo is None or standing.status is StepStatus.UNDONE:
            return False
        was_done = standing.status is StepStatus.DONE or bool(standing.replaced)
        return was_done if planned.kind is StepKind.TASK else standing.tries > 0

    def _undo(self, planned: PlannedStep, luck: Luck, now: datetime) -> None:
        key = undo_id(planned.id)
        undo = self.state.step(key)
        if undo.status in FINISHED:
            self.state.step(planned.id).status = StepStatus.UNDONE
            self.book.take_back((planned.id,))
        elif undo.status in (StepStatus.PARKED, StepStatus.WAITING):
            return
        elif planned.undo is not None and planned.undo.task is not None:
            self._open(key, planned.undo.title, planned.undo.task, now)
        elif luck is Luck.PARKED:
            self.park(key, ParkReason.REFUSED, may_skip=True, now=now)
        else:
            undo.status = StepStatus.DONE
