"""A run, the book that is kept of it, and what must hold after whatever is done to it.

Every violation says which rule it breaks: ``hold: purge.confirm may begin at hour 412``. The rules' names are those of
`tests.unit.workflows.any_order.mutants`, which breaks each of them on purpose.
"""

from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from tests.unit.workflows.any_order.book import BEGIN, DAY, EVERYBODY, MOST, Who, at, hours
from tests.unit.workflows.any_order.course import BOARD, FIELDS, PROOFS, STEPS, Course, Luck, book_of, evidence, plan_of
from unrack.model import approvals, holds, window
from unrack.model.decision import (
    Approve,
    Complete,
    Decision,
    DecisionResult,
    Extend,
    Note,
    Reject,
    Resolve,
    Shorten,
    Verdict,
    Withdraw,
)
from unrack.model.ids import undone_step
from unrack.model.service import ProviderClock
from unrack.model.state import Rollback, RunState
from workflows.decisions import judge as judging
from workflows.gates import guard


class Watched(RuleBasedStateMachine):
    """A run on which nobody does anything yet."""

    @initialize(
        course=st.sampled_from(sorted(STEPS)),
        quorum=st.integers(0, 2),
        minimum=st.sampled_from((None, 5 * DAY, 5 * DAY)),
        latest=st.none() | st.just(60 * DAY),
        stops_clock=st.booleans(),
        freezes=st.booleans(),
        approved=st.booleans(),
        ahead=st.sampled_from((0, 3, 5, 7, 9, 12)),
        flaw=st.sampled_from((*[Luck.DONE] * 4, *Luck)),
        after=st.sampled_from((0, 0, 1, 2, 3, 4)),
        wanted=st.booleans(),
    )
    def launched(  # noqa: PLR0913 - everything in which runs differ
        self,
        *,
        course: str,
        quorum: int,
        minimum: int | None,
        latest: int | None,
        stops_clock: bool,
        freezes: bool,
        approved: bool,
        ahead: int,
        flaw: Luck,
        after: int,
        wanted: bool,
    ) -> None:
        """A run is launched and goes on undisturbed for a while."""
        self.book = book_of(course, quorum, minimum, latest, stops_clock=stops_clock)
        self.book.freezes = {BOARD.id: (hours(BOARD.begins), hours(BOARD.ends))} if freezes else {}
        self.plan = plan_of(course, self.book)
        self.state = RunState(
            plan_digest=self.plan.digest,
            launched_by=EVERYBODY[0].actor,
            launched_at=BEGIN,
            clock=ProviderClock(read_at=BEGIN, shown=BEGIN),
        )
        self.said: list[tuple[Decision, DecisionResult]] = []
        self.ids = count()
        self.turn: Rollback | None = None
        self.wanted = wanted
        self.course = Course(self.plan, self.state, self.book)
        if approved:
            for who in (EVERYBODY[3], EVERYBODY[6])[:quorum]:
                self.says(Approve(id=self.key(), by=who.actor, plan=self.plan.digest, revision=self.book.revision))
        for step in range(ahead):
            self.goes_undisturbed(flaw if flaw is Luck.UNPROVED or step == ahead - 1 else Luck.DONE)
        if after:
            self.passes(max(0, (self.book.grace_end() or 0) - self.book.now))
        for _ in range(after):
            self.goes_undisturbed(flaw)

    @invariant()
    def nothing_irreversible_too_early(self) -> None:
        """The guard lets an irreversible step begin exactly when nothing stands against it by the book."""
        for step in (each for each in self.plan.steps if each.guarded):
            clear = not guard.blockers(self.plan, self.state, step, at(self.book.now))
            against = self.book.against(step.id)
            for reason in dict.fromkeys(against):
                self.must(reason, not clear, f"{step.id} may begin at hour {self.book.now}")
            self.must("free", clear or bool(against), f"{step.id} may not begin, and nothing stands against it")

    @invariant()
    def nothing_changes_while_the_run_is_stopped(self) -> None:
        """A full hold, or approvals that no longer count, keep every step from changing the service, and no other."""
        reasons = guard.stops(self.plan, self.state, at(self.book.now))
        for step in self.plan.steps:
            stopped, against = bool(reasons) and holds.stops(self.plan, step), self.book.stopping(step.id)
            self.must("stop", stopped or not against, f"{step.id} may change the service at hour {self.book.now}")
            self.must("free", not stopped or bool(against), f"{step.id} is stopped, and nothing stands against it")

    @invariant()
    def consent_is_counted(self) -> None:
        """Who agreed to what is done stands for it, and nobody else; what they would see is numbered."""
        missing, counted = self.book.missing(), approvals.standing(self.plan, self.state).people
        self.must("approvals", counted >= missing, f"{counted} approvals are missing, and {missing} are")
        self.must("free", counted <= missing, f"{counted} approvals are missing, and {missing} are")
        self.must("revision", self.state.revision == self.book.revision, f"it is {self.state.revision}")

    @invariant()
    def what_was_held_for_long_is_looked_at_again(self) -> None:
        """Patience does not run under a full hold; after more than an hour what preflight saw is too old."""
        for step, task in self.state.tasks.items():
            self.must("steps", step in self.book.tasks, f"{step} waits for a person, and by the book it does not")
            late = self.book.late(self.book.tasks[step])
            self.must("timeout", hours(task.deadline) == late, f"{step} is late at {hours(task.deadline)}, not {late}")
        self.must(
            "again",
            self.state.recheck_preflight == self.book.recheck_preflight,
            f"to look again: {self.state.recheck_preflight}",
        )

    @invariant()
    def the_end_of_grace_is_as_decided(self) -> None:
        """Never before the runbook's minimum, never further than it may be moved, and when people moved it to."""
        shown = window.grace_end(self.plan, self.state)
        ends, least = None if shown is None else hours(shown), self.book.least()
        self.must("minimum", ends is None or least is None or ends >= least, f"grace ends at {ends}, before {least}")
        self.must("most", self.book.moves.far <= MOST, f"grace was moved by {self.book.moves.far} hours")
        self.must("grace", ends == self.book.grace_end(), f"grace ends at {ends}, not {self.book.grace_end()}")

    @invariant()
    def holds_balance(self) -> None:
        """Every hold stands or was lifted once."""
        standing = [held.id for held in self.state.holds]
        lifted = [each.hold.id for each in self.state.released]
        self.must("holds", standing == [held.id for held in self.book.holds], f"{standing} stand")
        self.must("holds", lifted == self.book.released, f"{lifted} are lifted")
        self.must("holds", len({*standing, *lifted}) == len(standing) + len(lifted), "two holds have one id")

    @invariant()
    def one_turn_at_most(self) -> None:
        """The turn stands as it was decided; there is none once nothing can be undone."""
        self.must("turn", self.state.rollback == self.turn, f"{self.turn} became {self.state.rollback}")
        self.must("no-return", self.turn is None or self.book.passed is None, "turned after the point of no return")

    def says(self, decision: Decision) -> DecisionResult:
        """Has a decision judged, twice; what is not accepted changes nothing but the record of answers."""
        before, over, turned = self._decided(), self.over, self.turn is not None
        answer = judging.judge(self.plan, self.state, decision, at(self.book.now))
        accepted = answer.verdict is Verdict.ACCEPTED
        if accepted and not turned:
            self.turn = self.state.rollback
            self.book.turned = self.turn is not None
        changes = accepted and not isinstance(decision, Note)
        self.must("unchanged", (self._decided() != before) is changes, f"{answer.verdict} for {decision.kind}")
        self.must("ended", not (accepted and over), f"{decision.kind} was accepted after the end")
        self.must("turned", not (accepted and turned and _forward(decision)), f"{decision.kind} was accepted")
        self._twice(decision, answer)
        self.said.append((decision, answer))
        if accepted:
            self.book.accepted(decision)
        return answer

    def must(self, rule_name: str, holds: bool, text: str) -> None:
        """Fails with the name of the rule that is broken."""
        assert holds, f"{rule_name}: {text}"

    def passes(self, span: int) -> None:
        """Time passes; the run notices the holds that are over, as it does before it judges anything."""
        self.book.now += span
        holds.lift(self.state, holds.expired(self.state, at(self.book.now)))
        self.book.holds_end()

    def goes_undisturbed(self, luck: Luck) -> None:
        """People do what they are asked for, and the next step begins."""
        self.does_everything(EVERYBODY[3])
        if not self.over:
            self.course.go_on(luck, at(self.book.now))

    def does_everything(self, who: Who) -> None:
        """Every open task is completed, with its proof."""
        for step in tuple(self.state.tasks):
            self.completes_step(who, step, proved=True)

    def completes_step(self, who: Who, step: str, *, proved: bool) -> None:
        """A step is said to be done. A task that is open wants the proof; one that lacks it stays open."""
        wanted = PROOFS.get(step)
        kept = evidence(wanted) if proved and wanted else ()
        fields = FIELDS.get(step, {})
        held = tuple(self.book.full()) if step in self.book.changing else ()
        answer = self.says(Complete(id=self.key(), by=who.actor, step=step, fields=fields, evidence=kept))
        lacking = wanted is not None and not proved
        marked = self.state.step(step).while_held == held if answer.verdict is Verdict.ACCEPTED else True
        self.must("marked", marked, f"{step} was done while {held} stood")
        self.must("proof", not (lacking and answer.verdict is Verdict.ACCEPTED), f"{step} is done without proof")

    def key(self) -> str:
        """A decision id nobody used."""
        return f"decision-{next(self.ids)}"

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.state.outcome is not None

    def _twice(self, decision: Decision, answer: DecisionResult) -> None:
        before = self.state.model_dump_json()
        again = judging.judge(self.plan, self.state, decision, at(self.book.now))
        self.must("twice", again == answer, f"{again.message} after {answer.message}")
        self.must("twice", self.state.model_dump_json() == before, f"{decision.kind} changed the state again")

    def _decided(self) -> str:
        return self.state.model_dump_json(exclude={"answers", "decided", "accepted", "judged", "journal"})


def _forward(decision: Decision) -> bool:
    """Whether a decision is for the way forward only; what a person did is taken back, whenever they say it."""
    if isinstance(decision, Reject | Resolve):
        return undone_step(decision.step) is None
    return isinstance(decision, Approve | Withdraw | Extend | Shorten)
