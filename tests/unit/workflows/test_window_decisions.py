"""Decisions on the window, judged one after the other on a clock that only goes forward: what always holds.

``UNRACK_EXAMPLES=500`` plays more of them.
"""

import os
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.model.calendars import calendar
from tests.workflows.plans import plan
from unrack.model import window
from unrack.model.calendar import Freeze
from unrack.model.decision import (
    Actor,
    Decision,
    DecisionResult,
    Extend,
    FreezeRun,
    Hold,
    Release,
    Shorten,
    Unfreeze,
    Verdict,
)
from unrack.model.grace import Anchor, Bound, Grace, HoldEffect, LandOn
from unrack.model.lifecycle import Phase, Timing
from unrack.model.service import ProviderClock
from unrack.model.state import RunState
from workflows.decisions.judge import judge
from workflows.gates import guard

EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "60"))
pytestmark = pytest.mark.timeout(120 + 2 * EXAMPLES)

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = tuple(Actor(name=name) for name in ("omar", "ann", "bob"))
MOST = timedelta(days=30)

people = st.sampled_from(PEOPLE)
spans = st.integers(min_value=1, max_value=40 * 24).map(lambda hours: timedelta(hours=hours))
graces = st.builds(
    Grace,
    anchor=st.just(Anchor.GRACE_BEGIN),
    offset=st.integers(0, 20).map(lambda days: timedelta(days=days)),
    max_extension=st.just(MOST),
    business_days=st.integers(0, 5),
    land_on=st.sampled_from(LandOn),
    minimum=st.none() | st.just(timedelta(days=3)),
    latest=st.none() | st.just(Bound(anchor=Anchor.GRACE_BEGIN, offset=timedelta(days=40))),
    holds=st.sampled_from(HoldEffect),
    calendar=st.just(calendar("Europe/Paris", "FR", "09:00-17:00")),
)


class Window(RuleBasedStateMachine):
    """A run in grace."""

    @initialize(grace=graces)
    def launched(self, grace: Grace) -> None:
        """Grace has begun."""
        self.plan = plan(timing=Timing.IMMEDIATE, shown=BEGIN).model_copy(update={"grace": grace})
        clock = ProviderClock(read_at=BEGIN, shown=BEGIN)
        self.state = RunState(
            plan_digest=self.plan.digest, launched_by=PEOPLE[0], launched_at=BEGIN, clock=clock, phase=Phase.GRACE
        )
        self.state.grace.begun_at = BEGIN
        self.now = BEGIN
        self.first_end = self.end()
        self.ids = count()

    def end(self) -> datetime:
        """When grace is over."""
        found = window.grace_end(self.plan, self.state)
        assert found is not None
        return found

    def judged(self, decision: Decision) -> DecisionResult:
        """The answer; a decision that is not accepted changes nothing but the record of answers."""
        before = self.state.model_dump(exclude={"answers", "decided", "judged"})
        answer = judge(self.plan, self.state, decision, self.now)
        changed = self.state.model_dump(exclude={"answers", "decided", "judged"}) != before
        assert changed is (answer.verdict is Verdict.ACCEPTED)
        assert judge(self.plan, self.state, decision, self.now) == answer
        return answer

    def key(self) -> str:
        """A decision id nobody used."""
        return f"decision-{next(self.ids)}"

    @rule(span=spans)
    def time_passes(self, span: timedelta) -> None:
        """At the provider."""
        self.now += span

    @rule(by=people, span=spans)
    def extend(self, by: Actor, span: timedelta) -> None:
        """An extension never makes grace end earlier."""
        before = self.end()
        answer = self.judged(Extend(id=self.key(), by=by, by_span=span, reason="more time"))
        assert self.end() >= before
        if span > MOST - self.state.grace.extended_by and not answer.good:
            assert answer.verdict is Verdict.REFUSED

    @rule(by=people, span=spans)
    def shorten(self, by: Actor, span: timedelta) -> None:
        """Without a minimum in the runbook nothing is shortened."""
        before = self.end()
        answer = self.judged(Shorten(id=self.key(), by=by, by_span=span, reason="agreed"))
        assert self.end() <= before
        assert not (answer.good and self.plan.grace.minimum is None)

    @rule(by=people, span=spans)
    def move_to(self, by: Actor, span: timedelta) -> None:
        """A move to a moment is a move by the difference; what is used up is how far the end has moved in truth."""
        before, to = self.end(), self.end() + span
        answer = self.judged(Extend(id=self.key(), by=by, to=to, reason="to a date"))
        if answer.good:
            assert self.end() >= to or self.plan.grace.land_on is LandOn.PREVIOUS_BUSINESS_DAY
            assert self.state.grace.extensions[-1].span == self.end() - before

    @rule(by=people, reason=st.sampled_from(("audit", "legal")))
    def hold(self, by: Actor, reason: str) -> None:
        """Every hold has an id of its own."""
        self.judged(Hold(id=self.key(), by=by, reason=reason))
        ids = [*(each.id for each in self.state.holds), *(each.hold.id for each in self.state.released)]
        assert len(set(ids)) == len(ids)

    @precondition(lambda self: bool(self.state.holds))
    @rule(by=people, pick=st.integers(0, 9), reason=st.sampled_from(("", "agreed")))
    def release_one(self, by: Actor, pick: int, reason: str) -> None:
        """One hold by its id; somebody else's only with a reason. The others stand."""
        holds = self.state.holds
        chosen = holds[pick % len(holds)]
        answer = self.judged(Release(id=self.key(), by=by, hold=chosen.id, reason=reason))
        assert answer.good is (chosen.by == by or bool(reason))
        assert len(self.state.holds) == len(holds) - answer.good

    @rule(by=people, wait=spans, span=spans)
    def freeze(self, by: Actor, wait: timedelta, span: timedelta) -> None:
        """Somebody sets a freeze."""
        begins = self.now + wait - timedelta(days=20)
        decision = FreezeRun(
            id=self.key(), by=by, begins=begins, ends=begins + span, name="board", reason="said the board"
        )
        self.judged(decision)

    @precondition(lambda self: bool(window.freezes_of(self.plan, self.state)))
    @rule(by=people, pick=st.integers(0, 9))
    def unfreeze(self, by: Actor, pick: int) -> None:
        """Somebody takes one off; it is off for good."""
        freezes = window.freezes_of(self.plan, self.state)
        chosen = freezes[pick % len(freezes)].id
        assert self.judged(Unfreeze(id=self.key(), by=by, freeze=chosen, reason="lifted")).good
        assert chosen not in [each.id for each in window.freezes_of(self.plan, self.state)]

    @invariant()
    def bounds_hold(self) -> None:
        """Never below the minimum, never beyond what may be added.

        Business hours stretch the last move, and the end once more each time that a hold stopped the clock.
        """
        least = self.plan.grace.minimum
        assert least is None or self.end() >= BEGIN + least
        stopped = window.stopped(self.plan, self.state)
        over_a_holiday = timedelta(days=5) * (1 + len(self.state.released))
        assert self.end() <= self.first_end + MOST + stopped + over_a_holiday

    @invariant()
    def the_guard_agrees_with_the_date(self) -> None:
        """Before the date that people are shown, and while anybody holds, the guard says no; afterwards it does not."""
        told = window.purge_not_before(self.plan, self.state)
        assert told is not None
        for at in (self.now, told, told - timedelta(seconds=1)):
            forbidden = bool(guard.window_blockers(self.plan, self.state, at))
            if at < self.end() or self.state.holds or any(each.covers(at) for each in self.freezes()):
                assert forbidden
            else:
                assert not forbidden

    @invariant()
    def the_reasons_tell_it_all(self) -> None:
        """Whatever forbids the purge now has a reason that people are shown."""
        kinds = {each.kind.value for each in window.reasons(self.plan, self.state, self.now)}
        forbidding = {each.subject for each in guard.window_blockers(self.plan, self.state, self.now)}
        assert forbidding <= kinds

    @invariant()
    def a_timer_never_waits_for_the_past(self) -> None:
        """The next date on which something changes lies ahead, and something does change on the end of grace."""
        at = window.next_change(self.plan, self.state, self.now)
        assert at is None or at > self.now
        assert self.now >= self.end() or (at is not None and at <= self.end())

    def freezes(self) -> tuple[Freeze, ...]:
        """Those that count."""
        return window.freezes_of(self.plan, self.state)


def test_business_hours_do_not_stretch_the_allowance_again_and_again() -> None:
    """Extended by an hour at closing time, grace ends the next morning: the night is used up as well."""
    office = calendar("Europe/Paris", "FR", "09:00-17:00")
    run = Window()
    run.launched(
        Grace(
            anchor=Anchor.GRACE_BEGIN,
            offset=timedelta(days=7),
            max_extension=timedelta(days=1, hours=12),
            land_on=LandOn.NEXT_BUSINESS_DAY,
            calendar=office,
        )
    )
    answers = []
    for _ in range(4):
        after_work = run.end().replace(hour=17, minute=1)
        answers.append(run.judged(Extend(id=run.key(), by=PEOPLE[0], to=after_work, reason="more time")))

    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED] * 2 + [Verdict.REFUSED] * 2
    assert "all of it is used up" in answers[-1].message


FAR = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "decision",
    [
        Extend(id="far-away-1", by=PEOPLE[0], by_span=timedelta.max, reason="a slip"),
        Extend(id="far-away-2", by=PEOPLE[0], to=FAR, reason="a slip"),
        Shorten(id="far-away-3", by=PEOPLE[0], by_span=timedelta.max, reason="a slip"),
        Shorten(id="far-away-4", by=PEOPLE[0], to=datetime.min.replace(tzinfo=UTC), reason="a slip"),
        FreezeRun(id="far-away-5", by=PEOPLE[0], begins=BEGIN, ends=FAR, name="for ever", reason="a slip"),
    ],
    ids=lambda decision: f"{decision.kind}-{decision.id[-1]}",
)
def test_a_moment_out_of_all_reach_is_refused(decision: Decision) -> None:
    """An error in a judgement would stop the run for ever, since a signal is judged again at every replay."""
    run = Window()
    run.launched(Grace(anchor=Anchor.GRACE_BEGIN, offset=timedelta(days=7), max_extension=MOST, minimum=MOST))

    assert run.judged(decision).verdict is Verdict.INVALID


TestWindow = Window.TestCase
TestWindow.settings = settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None)


def test_ones_own_hold_is_released_under_another_spelling() -> None:
    """One keyboard writes an accent as two letters, another as one: it is the same person, who needs no reason."""
    run = Window()
    run.launched(Grace(anchor=Anchor.GRACE_BEGIN, offset=timedelta(days=7), max_extension=MOST))
    run.judged(Hold(id="hold-0001", by=Actor(name="Zo\u00eb  Martin"), reason="audit"))

    answer = run.judged(Release(id="release-1", by=Actor(name="zoe\u0308 martin")))

    assert answer.verdict is Verdict.ACCEPTED
