"""What people, time, the provider and the workflow do to a run, in any order."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from pydantic import ValidationError

from tests.unit.workflows.any_order.book import DAY, EVERYBODY, LAUNCHER, Who, at
from tests.unit.workflows.any_order.course import AMENDED, PROOFS, Luck
from tests.unit.workflows.any_order.watched import Watched
from tests.workflows.plans import CABLE
from unrack.model.decision import (
    Abort,
    Actor,
    Amend,
    Approve,
    Extend,
    FreezeRun,
    Hold,
    HoldScope,
    Note,
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

    @rule(who=people, right_plan=st.booleans(), off=st.sampled_from((0, 0, 0, 0, -1, -2, 1)))
    def approves(self, who: Who, right_plan: bool, off: int) -> None:
        """Somebody approves this plan, or another one, as they saw it last."""
        digest = self.plan.digest if right_plan else "sha256:" + "9" * 64
        given, current = dict(self.book.approvers), self.book.revision
        seen = max(1, current + off)
        answer = self.says(Approve(id=self.key(), by=who.actor, plan=digest, revision=seen))
        if answer.verdict is Verdict.ACCEPTED:
            self.must("stale", seen == current, f"{who.person} approved revision {seen}, and it is {current}")
            self.must("approvals", right_plan and who.person != LAUNCHER, f"{who} approved {digest}")
            self.must("approvals", who.person not in given, f"{who.person} approved twice")

    @rule(name=st.sampled_from(("le\u200ba", "lea\u00ad", "\u3164", "ann\u2060")))
    def hides_behind_a_name(self, name: str) -> None:
        """Nobody has a name that looks like another one, or like nothing."""
        try:
            actor = Actor(name=name)
        except ValidationError:
            return
        answer = self.says(Note(id=self.key(), by=actor, text="who am I?"))
        self.must("names", answer.verdict is not Verdict.ACCEPTED, f"{name!r} takes part")

    @rule(who=people)
    def remarks(self, who: Who) -> None:
        """Somebody remarks something, which decides nothing."""
        self.says(Note(id=self.key(), by=who.actor, text="the customer called"))

    @rule(who=people)
    def withdraws(self, who: Who) -> None:
        """Somebody takes their approval back."""
        self.says(Withdraw(id=self.key(), by=who.actor, reason="looked again"))

    @rule(who=people, reason=reasons, scope=st.sampled_from(HoldScope), span=st.none() | st.integers(0, 5 * DAY))
    def holds(self, who: Who, reason: str, scope: HoldScope, span: int | None) -> None:
        """Whoever asks for a hold has one afterwards, for as long as they asked."""
        until = None if span is None else self.book.now + span
        moment = None if until is None else at(until)
        self.says(Hold(id=self.key(), by=who.actor, reason=reason, scope=scope, until=moment))
        wanted = (who.person, reason, scope is HoldScope.ALL, until)
        mine = [held for held in self.book.holds if (held.who.person, held.reason, held.full, held.until) == wanted]
        expected = 0 if span == 0 else 1
        self.must("holds", len(mine) == expected or self.over, f"{who.person} holds {len(mine)} times for {reason}")

    @precondition(lambda self: bool(self.book.holds))
    @rule(
        who=people,
        how=st.sampled_from(("own", "id", "owner", "everyone")),
        pick=picks,
        reason=st.sampled_from(("", "agreed")),
    )
    def releases(self, who: Who, how: str, pick: int, reason: str) -> None:
        """Holds of others are lifted only with a reason."""
        standing, others = self.book.holds, [held.who.person for held in self.book.holds]
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
        left = [held.who.person for held in self.book.holds]
        lifted = len([one for one in others if one != who.person]) - len([one for one in left if one != who.person])
        self.must("holds", not (answer.good and lifted and not reason), "somebody's hold went without a reason")

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

    @precondition(lambda self: bool(self.book.moves.every))
    @rule(who=people, pick=picks)
    def takes_an_extension_back(self, who: Who, pick: int) -> None:
        """An extension goes by the word of who made it, or of two others; the end is then what it was without it."""
        move = self.book.moves.every[pick % len(self.book.moves.every)]
        answer = self.says(Withdraw(id=self.key(), by=who.actor, extension=move.id, reason="not needed"))
        state = next(each for each in self.state.grace.extensions if each.id == move.id)
        if answer.verdict is Verdict.ACCEPTED:
            self.must("extension", move.later, f"{move.id} made grace shorter, and was taken back")
            self.must("extension", (state.withdrawn_at is not None) is move.gone, f"{move.against} took {move.id} back")

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

    @precondition(lambda self: bool(self.book.stated))
    @rule(who=people, pick=picks, other=st.booleans())
    def amends(self, who: Who, pick: int, other: bool) -> None:
        """What was stated for a task is replaced, or confirmed."""
        step = sorted(self.book.stated)[pick % len(self.book.stated)]
        name, kept = AMENDED.get(step, "nothing"), self.state.step(step)
        said = kept.fields.get(name, "to amend")
        fields = {name: f"{said}{pick}" if other else said}
        proofs = tuple(each.model_copy(update={"sha256": "b" * 64 if other else each.sha256}) for each in kept.evidence)
        wanted = proofs if step in PROOFS and pick % 2 else ()
        given = {} if wanted else fields
        self.says(Amend(id=self.key(), by=who.actor, step=step, fields=given, evidence=wanted, reason="a slip"))

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
        planned = {each.id: each for each in self.plan.steps}.get(step.removeprefix("undo."))
        relied_on = planned.relies_on if planned is not None else ()
        free = self.book.may_leave_out(who, step, relied_on)
        answer = self.says(Resolve(id=self.key(), by=who.actor, step=step, remedy=remedy, reason="settled"))
        by_hand = remedy is Remedy.SKIP and step.startswith("undo.")
        alone = answer.good and remedy is not Remedy.RETRY and not by_hand and not free
        self.must("skip", not alone, f"{who.person} left {step} out alone ({remedy.value})")
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
        self.passes(span)

    @rule(short_of_it=st.sampled_from((0, 0, 1)))
    def grace_ends(self, short_of_it: int) -> None:
        """Time passes until grace is over, or nearly."""
        self.passes(max(0, (self.book.grace_end() or 0) - short_of_it - self.book.now))

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
