"""What people, time, the provider and the workflow do to a run, in any order."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.unit.workflows.any_order.book import DAY, EVERYBODY, LAUNCHER, Who, at
from tests.unit.workflows.any_order.course import Luck
from tests.unit.workflows.any_order.watched import Watched
from tests.workflows.plans import CABLE
from unrack.model.decision import (
    Abort,
    Approve,
    Extend,
    FreezeRun,
    Hold,
    Reactivate,
    Reject,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Unfreeze,
    Verdict,
    Withdraw,
)
from unrack.model.state import RunState
from workflows.decisions import judge as judging

people = st.sampled_from(EVERYBODY)
reasons = st.sampled_from(("audit", "legal"))
spans = st.integers(1, 4 * DAY) | st.integers(1, 40 * DAY)
picks = st.integers(0, 99)
luck = st.sampled_from((*[Luck.DONE] * 6, *Luck))


class AnyOrder(Watched):
    """A run and what everybody does to it."""

    # what people do

    @rule(who=people, right_plan=st.booleans())
    def approves(self, who: Who, right_plan: bool) -> None:
        """Somebody approves this plan, or another one."""
        digest = self.plan.digest if right_plan else "sha256:" + "9" * 64
        given = dict(self.book.approvers)
        answer = self.says(Approve(id=self.key(), by=who.actor, plan=digest))
        if answer.verdict is Verdict.ACCEPTED:
            self.must("approvals", right_plan and who.person != LAUNCHER, f"{who} approved {digest}")
            self.must("approvals", who.person not in given.values(), f"{who.person} approved twice")

    @rule(who=people)
    def withdraws(self, who: Who) -> None:
        """Somebody takes their approval back."""
        self.says(Withdraw(id=self.key(), by=who.actor, reason="looked again"))

    @rule(who=people, reason=reasons)
    def holds(self, who: Who, reason: str) -> None:
        """Whoever asks for a hold has one afterwards."""
        self.says(Hold(id=self.key(), by=who.actor, reason=reason))
        mine = [held for held in self.book.holds if held.who.account == who.account and held.reason == reason]
        self.must("holds", len(mine) == 1 or self.over, f"{who.account} holds {len(mine)} times for {reason}")

    @precondition(lambda self: bool(self.book.holds))
    @rule(who=people, how=st.sampled_from(("own", "id", "owner", "everyone")), pick=picks, reason=st.sampled_from("_ "))
    def releases(self, who: Who, how: str, pick: int, reason: str) -> None:
        """Holds of others are lifted only with a reason."""
        standing, others = self.book.holds, [held.who.account for held in self.book.holds]
        chosen = standing[pick % len(standing)] if standing else None
        decision = Release(
            id=self.key(),
            by=who.actor,
            reason=reason,
            everyone=how == "everyone",
            hold=chosen.id if chosen and how == "id" else None,
            owner=chosen.who.person if chosen and how == "owner" else None,
        )
        answer = self.says(decision)
        left = [held.who.account for held in self.book.holds]
        lifted = len([one for one in others if one != who.account]) - len([one for one in left if one != who.account])
        self.must("holds", not (answer.good and lifted and not reason.strip()), "somebody's hold went without a reason")

    @rule(who=people, span=spans, to_a_date=st.booleans(), later=st.booleans())
    def moves_the_end(self, who: Who, span: int, to_a_date: bool, later: bool) -> None:
        """Grace is extended or shortened, by a span or to a date."""
        kind, ends = Extend if later else Shorten, self.book.grace_end()
        if to_a_date and ends is not None:
            to = ends + span if later else ends - span
            decision = kind(id=self.key(), by=who.actor, to=at(to), reason="agreed")
        else:
            decision = kind(id=self.key(), by=who.actor, by_span=timedelta(hours=span), reason="agreed")
        self.says(decision)
        moved = self.book.grace_end()
        if ends is not None and moved is not None:
            self.must("grace", moved >= ends if later else moved <= ends, f"moved from {ends} to {moved}")

    @rule(who=people, begins=st.integers(-5 * DAY, 5 * DAY), span=st.integers(1, 20 * DAY))
    def freezes(self, who: Who, begins: int, span: int) -> None:
        """A freeze begins about now."""
        self._freezes(who, self.book.now + begins, span)

    @precondition(lambda self: self.book.scheduled and self.book.date is not None)
    @rule(who=people, before=st.integers(0, 2 * DAY), span=st.integers(1, 5 * DAY))
    def freezes_the_date(self, who: Who, before: int, span: int) -> None:
        """A freeze begins about when the provider ends the service by itself."""
        self._freezes(who, (self.book.date or 0) - before, span)

    @rule(who=people, pick=picks)
    def unfreezes(self, who: Who, pick: int) -> None:
        """A freeze is taken off this run, for good."""
        known = [*sorted(self.book.freezes), "f99"]
        self.says(Unfreeze(id=self.key(), by=who.actor, freeze=known[pick % len(known)], reason="lifted"))

    @rule(who=people)
    def does_what_is_asked(self, who: Who) -> None:
        """Every open task is completed, with its proof."""
        self.does_everything(who)

    @rule(who=people, pick=picks, proved=st.booleans())
    def completes(self, who: Who, pick: int, proved: bool) -> None:
        """Any step is said to be done, with proof or without."""
        self.completes_step(who, self._any_step(pick), proved=proved)

    @precondition(lambda self: bool(self.waiting()))
    @rule(who=people, pick=picks, reason=reasons)
    def rejects(self, who: Who, pick: int, reason: str) -> None:
        """A task cannot be done."""
        self.says(Reject(id=self.key(), by=who.actor, step=self._any_step(pick), reason=reason))

    @precondition(lambda self: bool(self.waiting()))
    @rule(who=people, pick=picks, remedy=st.sampled_from(Remedy))
    def resolves(self, who: Who, pick: int, remedy: Remedy) -> None:
        """A step is tried again or left out, or overtaken; what must not be left out stays."""
        step = self._any_step(pick)
        answer = self.says(Resolve(id=self.key(), by=who.actor, step=step, remedy=remedy, reason="settled"))
        kept = step in (CABLE, *(each.id for each in self.plan.steps if each.point_of_no_return))
        self.must("steps", not (answer.good and kept and remedy is Remedy.SKIP), f"{step} was left out")
        may_end = self.book.by_date and self.book.passed is None and self.turn is None
        self.must("overtaken", may_end or not (answer.good and remedy is Remedy.ENDED), f"{step} ended by itself")

    @precondition(lambda self: self.wanted)
    @rule(who=people)
    def reactivates(self, who: Who) -> None:
        """The run is to turn round: it does, unless it has turned or nothing can be undone any more."""
        free = not self.over and self.turn is None and self.book.passed is None
        answer = self.says(Reactivate(id=self.key(), by=who.actor, reason="needed after all"))
        rule_name = "turn" if self.book.passed is None else "no-return"
        self.must(rule_name, free is (answer.verdict is Verdict.ACCEPTED), f"{answer.verdict}: {answer.message}")

    @precondition(lambda self: self.wanted)
    @rule(who=people)
    def aborts(self, who: Who) -> None:
        """The run is to stop: it does when it has touched nothing."""
        answer = self.says(Abort(id=self.key(), by=who.actor, reason="a mistake"))
        untouched = not self.book.touched
        self.must("abort", untouched or answer.verdict is not Verdict.ACCEPTED, f"it touched {self.book.touched}")

    @precondition(lambda self: bool(self.said))
    @rule(pick=picks)
    def says_it_again(self, pick: int) -> None:
        """The same decision arrives once more, maybe much later."""
        decision, answer = self.said[pick % len(self.said)]
        self._twice(decision, answer)

    @precondition(lambda self: bool(self.said))
    @rule(pick=picks, who=people)
    def uses_an_id_again(self, pick: int, who: Who) -> None:
        """Another decision under an id that was used is a conflict, and changes neither state nor answers."""
        known, _ = self.said[pick % len(self.said)]
        before = self.state.model_dump_json()
        other = Hold(id=known.id, by=who.actor, reason=f"another one than {known.id}")
        answer = judging.judge(self.plan, self.state, other, at(self.book.now))
        self.must("id", answer.verdict is Verdict.CONFLICT, f"{answer.verdict}: {answer.message}")
        self.must("id", self.state.model_dump_json() == before, "a conflict changed the state")

    # what time, the provider and the workflow do

    @rule(span=st.integers(1, 10 * DAY))
    def time_passes(self, span: int) -> None:
        """At the provider."""
        self.book.now += span

    @rule(short_of_it=st.sampled_from((0, 0, 1)))
    def grace_ends(self, short_of_it: int) -> None:
        """Time passes until grace is over, or nearly."""
        self.book.now = max(self.book.now, (self.book.grace_end() or 0) - short_of_it)

    @precondition(lambda self: self.turn is None and not self.over)
    @rule(luck=luck)
    def goes_on(self, luck: Luck) -> None:
        """The next step of the plan begins, if it may."""
        self.course.go_on(luck, at(self.book.now))

    @precondition(lambda self: self.turn is None and not self.over)
    @rule(steps=st.integers(2, 6))
    def goes_on_for_a_while(self, steps: int) -> None:
        """Several steps, and people do what they are asked for."""
        for _ in range(steps):
            self.goes_undisturbed(Luck.DONE)

    @precondition(lambda self: not self.over)
    @rule(known=st.booleans())
    def answer_comes(self, known: bool) -> None:
        """What became of a call without an answer shows, or never will."""
        self.course.answer_comes(known, at(self.book.now))

    @precondition(lambda self: self.turn is not None and not self.over)
    @rule(luck=luck)
    def goes_back(self, luck: Luck) -> None:
        """The next undo."""
        self.course.go_back(luck, at(self.book.now))

    @precondition(lambda self: self.state.effective_at is not None and not self.over)
    @rule(by=st.integers(-60 * DAY, 60 * DAY))
    def date_moves(self, by: int) -> None:
        """The provider shows another date for the end."""
        self.book.date = (self.book.date or 0) + by
        self.state.effective_at = at(self.book.date)

    @precondition(lambda self: self.book.scheduled and self.book.passed is None and self.turn is None)
    @rule(luck=luck)
    def end_is_taken_back(self, luck: Luck) -> None:
        """The last call came while the run was not allowed to go on."""
        self.course.take_end_back(luck, at(self.book.now))

    @precondition(lambda self: self.turn is None and not self.over)
    @rule()
    def checks_are_read_again(self) -> None:
        """Something was awaited since."""
        self.course.read_again()

    @rule()
    def fresh_history(self) -> None:
        """The state goes through JSON, as when a run goes on in a fresh history."""
        self.state = RunState.model_validate_json(self.state.model_dump_json())
        self.course.state = self.state

    def waiting(self) -> list[str]:
        """The steps that wait for people."""
        asked = [key for key in self.state.steps if self.course.asked(key)]
        return [*self.state.tasks, *self.state.parked, *asked]

    def _freezes(self, who: Who, begins: int, span: int) -> None:
        decision = FreezeRun(
            id=self.key(),
            by=who.actor,
            begins=at(begins),
            ends=at(begins + span),
            name="board",
            reason="said the board",
        )
        self.says(decision)

    def _any_step(self, pick: int) -> str:
        """Mostly one that waits for people."""
        waiting = self.waiting()
        if waiting and pick % 5:
            return waiting[pick % len(waiting)]
        every = [*(each.id for each in self.plan.steps), "undo." + CABLE, "handover.unknown"]
        return every[pick % len(every)]
