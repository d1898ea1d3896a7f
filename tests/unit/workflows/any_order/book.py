"""What a careful person with paper and pencil knows of a run: who approved, who holds, what is proved, when grace ends.

It counts in whole hours since the launch, and knows the rules from the design. It calls nothing of what it is compared
with: it is told what was accepted, and what the provider and the clock did.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.unit.workflows.any_order.moves import Move, Moves
from unrack.model.decision import (
    Actor,
    Amend,
    Approve,
    Assurance,
    Complete,
    Decision,
    Extend,
    FreezeRun,
    Hold,
    HoldScope,
    Reject,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Unfreeze,
    Withdraw,
)

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = 24
MOST = 30 * DAY
"""How far the end of grace may be moved in all."""
BEFORE_APPROVAL = ("preflight", "approval")
UNDO = "undo."


def hours(moment: datetime) -> int:
    """A moment of the tests, which is always a full hour."""
    return round((moment - BEGIN) / timedelta(hours=1))


def at(hour: int) -> datetime:
    """The moment so many hours after the launch."""
    return BEGIN + timedelta(hours=hour)


@dataclass(frozen=True)
class Who:
    """Somebody as they name themselves: one person may spell the name in many ways."""

    person: str
    actor: Actor


LAUNCHER = "lea"
_VERIFIED = {"assurance": Assurance.VOUCHED, "issuer": "idp"}
EVERYBODY = (
    Who("lea", Actor(name="lea")),
    Who("lea", Actor(name="  LEA ")),
    Who("lea", Actor.model_validate({"name": "\uff2c\uff45\uff41", **_VERIFIED})),  # in the wide letters of East Asia
    Who("ann", Actor(name="ann")),
    Who("ann", Actor(name="Ann")),
    Who("ann", Actor.model_validate({"name": "ann", **_VERIFIED})),
    Who("bob", Actor(name="bob")),
    Who("omar", Actor.model_validate({"name": "omar", **_VERIFIED})),
    Who("jo weiss", Actor(name="Jo Weiss")),
    Who("jo weiss", Actor(name="jo\u2003 WEI\u00df")),
)
_WHO = {Actor(name=who.actor.name): who for who in EVERYBODY}  # as a run takes them in: nobody is verified


@dataclass
class Held:
    """A hold."""

    id: str
    who: Who
    reason: str
    since: int
    full: bool
    until: int | None


@dataclass
class Task:
    """A task that is open."""

    since: int
    timeout: int
    held: bool
    """Whether nobody is to act on it under a full hold, so that it is not late by that time."""


@dataclass
class Book:
    """One run, by hand."""

    quorum: int
    offset: int
    """From the provider's date, or from where grace began, to the end of grace."""
    by_date: bool
    """Whether grace is counted from the date on which the provider ends the service."""
    minimum: int | None
    latest: int | None
    stops_clock: bool
    steps: dict[str, tuple[str, ...]]
    """Every step in order, with the evidence that it must have."""
    by_hand: frozenset[str]
    """Tasks that change something once they are done."""
    changing: frozenset[str] = frozenset()
    """Steps that change the service forward, by a call or by a person's hand."""
    relies: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By task: the steps that go by what it stated."""
    renews: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By step: what is done again before it when it is retried."""
    now: int = 0
    phase: str = "preflight"
    begun: int | None = None
    date: int | None = None
    scheduled: bool = False
    turned: bool = False
    ended_by_provider: bool = False
    revision: int = 1
    approvers: dict[str, int] = field(default_factory=dict[str, int])
    """By person: when they approved, while it counts."""
    finished: dict[str, str] = field(default_factory=dict[str, str])
    stated: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """By task: who completed it, and when."""
    amended: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """By task: everybody who replaced something of it."""
    rejected: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """By task: everybody who ever rejected it."""
    no: set[str] = field(default_factory=set[str])
    """Tasks that wait because somebody rejected them."""
    asked: set[str] = field(default_factory=set[str])
    """Calls that were sent and have no answer."""
    proofs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    touched: set[str] = field(default_factory=set[str])
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    holds: list[Held] = field(default_factory=list[Held])
    released: list[str] = field(default_factory=list[str])
    freezes: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    freezes_set: int = 0
    moves: Moves = field(default_factory=Moves)
    stood_still: set[int] = field(default_factory=set[int])
    """The hours in which a hold stood that is lifted."""
    stopped_all: set[int] = field(default_factory=set[int])
    """Those of them in which it was a full one."""
    recheck_preflight: bool = False
    """Whether it was held for more than an hour since preflight was read."""
    settles: int = 0
    """Nothing is purged before this hour: something was corrected less than a day before."""
    passed: int | None = None

    # what must be so

    def missing(self) -> int:
        """How many more people must approve."""
        return max(0, self.quorum - len(self.approvers.keys() - {LAUNCHER}))

    def against(self, step: str) -> list[str]:
        """Why an irreversible step must not begin now."""
        found = ["approvals"] if self.missing() else []
        found += [*self._unfinished(step)]
        found += ["hold"] if self.holds else []
        found += ["freeze"] if self._frozen() else []
        ends = self.grace_end()
        found += ["grace"] if self.passed is None and (ends is None or self.now < ends) else []
        return found + (["settling"] if self.passed is None and self.now < self.settles else [])

    def stopping(self, step: str) -> list[str]:
        """Why a step must not change the service now: a full hold, or approvals that no longer count."""
        if step not in self.changing:
            return []
        lapsed = self.missing() > 0 and self.phase not in BEFORE_APPROVAL
        binding = not self.turned and self.passed is None and not self.ended_by_provider
        return (["stop"] if self.full() else []) + (["stop"] if lapsed and binding else [])

    def full(self) -> list[str]:
        """The holds that stop every change."""
        return [held.id for held in self.holds if held.full]

    def grace_end(self) -> int | None:
        """When grace is over; None while that is not known."""
        anchor = self._anchor()
        return None if anchor is None else self._end(anchor + self.offset, self._stopped(anchor))

    def least(self) -> int | None:
        """The earliest end of grace that the runbook allows."""
        return None if self.minimum is None or self.begun is None else self.begun + self.minimum

    def may_leave_out(self, who: Who, step: str, relied_on: tuple[str, ...]) -> bool:
        """Whether `who` may wave a step through: nobody who began it, said no to it, or stated what it is about."""
        stated = {self.stated[each][0] for each in relied_on if each in self.stated}
        stated |= {person for each in relied_on for person in self.amended.get(each, ())}
        return who.person not in {LAUNCHER, *self.rejected.get(step, ()), *stated}

    def late(self, task: Task) -> int:
        """When an open task is overdue: its timeout does not run while nobody is to act."""
        held = sum(hour >= task.since for hour in self.stopped_all) if task.held else 0
        return task.since + task.timeout + held

    # what happened

    def take_back(self, steps: tuple[str, ...]) -> None:
        """Steps are to be done anew."""
        for step in steps:
            self.finished.pop(step, None)
            self.proofs.pop(step, None)
            self.stated.pop(step, None)
            self.amended.pop(step, None)
            self.tasks.pop(step, None)

    def holds_end(self) -> None:
        """Holds that were set for some time are over by themselves."""
        self._released([held for held in self.holds if held.until is not None and held.until <= self.now])

    def accepted(self, decision: Decision) -> None:
        """Writes down what an accepted decision did."""
        match decision:
            case Approve():
                self.approvers[_WHO[decision.by].person] = self.now
            case Withdraw() if decision.extension is not None:
                self._withdrawn(decision, decision.extension)
            case Withdraw():
                del self.approvers[_WHO[decision.by].person]
            case Hold():
                self._held(decision)
            case Release():
                self._released([held for held in self.holds if _meant(held, decision)])
            case FreezeRun():
                self.revision += 1
                self.freezes_set += 1
                self.freezes[f"f{self.freezes_set}"] = (hours(decision.begins), hours(decision.ends))
            case Unfreeze():
                self.revision += 1
                del self.freezes[decision.freeze]
            case Extend() | Shorten():
                self._moved(decision)
            case _:
                self._worked(decision)

    def _worked(self, decision: Decision) -> None:
        match decision:
            case Complete():
                self._completed(decision)
            case Amend():
                self._amended(decision)
            case Resolve():
                self._resolved(decision)
            case Reject():
                self.revision += 1
                self.rejected.setdefault(decision.step, set()).add(_WHO[decision.by].person)
                self.no.add(decision.step)
                self.take_back((decision.step,))
            case _:  # a turn changes nothing of this
                pass

    def _completed(self, decision: Complete) -> None:
        self.finished[decision.step] = "done"
        self.stated[decision.step] = (_WHO[decision.by].person, self.now)
        self.proofs[decision.step] = {item.type for item in decision.evidence}
        self.touched |= {decision.step} & self.by_hand
        self.tasks.pop(decision.step, None)

    def _amended(self, decision: Amend) -> None:
        self.revision += 1
        self.amended.setdefault(decision.step, set()).add(_WHO[decision.by].person)
        if not self._binding() or decision.step.startswith(UNDO):
            return
        self.settles = self.now + DAY
        _, since = self.stated[decision.step]
        self.approvers = {person: when for person, when in self.approvers.items() if when < since}
        again = [each for each in self.relies.get(decision.step, ()) if self._begun(each)]
        self.take_back(tuple(again))
        self.no -= set(again)
        self.asked -= set(again)

    def _begun(self, step: str) -> bool:
        """Whether there is something of it to be done again: not of a call that was never made."""
        return step in self.touched if step in self.changing - self.by_hand else True

    def _resolved(self, decision: Resolve) -> None:
        undo, no, asked = decision.step.startswith(UNDO), decision.step in self.no, decision.step in self.asked
        self.no.discard(decision.step)
        self.asked.discard(decision.step)
        match decision.remedy:
            case Remedy.RETRY:
                self.revision += no
                self.take_back((decision.step, *(() if asked else self.renews.get(decision.step, ()))))
            case Remedy.SKIP:
                self.finished[decision.step] = "skipped"
                self.revision += not undo
                if self._binding() and not undo and not asked:  # nobody has agreed that it is left out
                    self.approvers = {}
            case Remedy.ENDED:
                self.finished[decision.step] = "skipped"
                self.revision += 1
                self.ended_by_provider = True

    def _binding(self) -> bool:
        """Whether what people agreed to still counts: what is gone, or comes back, needs nobody's consent any more."""
        return self.passed is None and not self.turned and not self.ended_by_provider

    def _held(self, decision: Hold) -> None:
        number = len(self.holds) + len(self.released) + 1
        until = None if decision.until is None else hours(decision.until)
        full = decision.scope is HoldScope.ALL
        self.holds.append(Held(f"h{number}", _WHO[decision.by], decision.reason, self.now, full, until))

    def _released(self, lifted: list[Held]) -> None:
        known = set(self.stopped_all)
        for held in lifted:
            over = self.now if held.until is None else min(self.now, held.until)
            self.holds.remove(held)
            self.released.append(held.id)
            self.stood_still |= set(range(held.since, over))
            if held.full:
                self.stopped_all |= set(range(held.since, over))
        news = self.stopped_all - known
        self.recheck_preflight = self.recheck_preflight or any({hour - 1, hour + 1} & self.stopped_all for hour in news)

    def _moved(self, decision: Extend | Shorten) -> None:
        ends, anchor = self.grace_end(), self._anchor()
        assert ends is not None
        assert anchor is not None
        self.revision += 1
        span = round((decision.by_span or timedelta(0)) / timedelta(hours=1))
        later = isinstance(decision, Extend)
        to = None if decision.to is None else hours(decision.to)
        still, runbook = self._stopped(anchor), anchor + self.offset
        number, person = len(self.moves.every) + 1, _WHO[decision.by].person
        self.moves.add(Move(f"e{number}", person, later, span, to, runbook, still), ends)

    def _withdrawn(self, decision: Withdraw, extension: str) -> None:
        if self.moves.withdraw(_WHO[decision.by].person, extension):
            self.moves.count(self._end)
            self.revision += 1
            self.settles = self.now + DAY

    def _anchor(self) -> int | None:
        return self.date if self.by_date else self.begun

    def _end(self, runbook: int, still: int) -> int:
        """The end of grace as moved, by the runbook's end and the hours in which the clock stood still."""
        asked = self.moves.asked(runbook)
        ends = asked + still
        if self.latest is not None and self.begun is not None:
            ends = min(ends, max(asked, self.begun + self.latest))
        least = self.least()
        return ends if least is None else max(ends, least)

    def _stopped(self, anchor: int) -> int:
        return sum(hour >= anchor for hour in self.stood_still) if self.stops_clock else 0

    def _frozen(self) -> bool:
        moments = [self.now]
        if self.scheduled and self.date is not None and self.now < self.date:
            moments.append(self.date)  # when the provider would end the service by itself
        return any(begins <= moment < ends for begins, ends in self.freezes.values() for moment in moments)

    def _unfinished(self, due: str) -> Iterator[str]:
        for step, wanted in self.steps.items():
            if step == due:
                return
            if step not in self.finished:
                yield "steps"
            elif self.finished[step] == "done" and not set(wanted) <= self.proofs.get(step, set()):
                yield "evidence"


def _meant(held: Held, decision: Release) -> bool:
    if decision.hold is not None:
        return held.id == decision.hold
    if decision.owner is not None:
        return held.who.person == decision.owner
    return decision.everyone or held.who.person == _WHO[decision.by].person
