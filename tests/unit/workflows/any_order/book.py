"""What a careful person with paper and pencil knows of a run: who approved, who holds, what is proved, when grace ends.

It counts in whole hours since the launch, and knows the rules from the design. It calls nothing of what it is compared
with: it is told what was accepted, and what the provider and the clock did.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from unrack.model.decision import (
    Actor,
    Approve,
    Assurance,
    Complete,
    Decision,
    Extend,
    FreezeRun,
    Hold,
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


def hours(moment: datetime) -> int:
    """A moment of the tests, which is always a full hour."""
    return round((moment - BEGIN) / timedelta(hours=1))


def at(hour: int) -> datetime:
    """The moment so many hours after the launch."""
    return BEGIN + timedelta(hours=hour)


@dataclass(frozen=True)
class Who:
    """Somebody as they name themselves."""

    person: str
    account: str
    """The name and who vouches for it, which holds and withdrawals go by."""
    actor: Actor


LAUNCHER = "lea"
_VERIFIED = {"assurance": Assurance.VERIFIED, "issuer": "idp"}
EVERYBODY = (
    Who("lea", "lea, as stated", Actor(name="lea")),
    Who("lea", "lea, as stated", Actor(name="LEA")),
    Who("lea", "lea of idp", Actor.model_validate({"name": "Lea", **_VERIFIED})),
    Who("ann", "ann, as stated", Actor(name="ann")),
    Who("ann", "ann, as stated", Actor(name="Ann")),
    Who("ann", "ann of idp", Actor.model_validate({"name": "ann", **_VERIFIED})),
    Who("bob", "bob, as stated", Actor(name="bob")),
    Who("omar", "omar of idp", Actor.model_validate({"name": "omar", **_VERIFIED})),
)
_WHO = {who.actor: who for who in EVERYBODY}


@dataclass
class Held:
    """A hold."""

    id: str
    who: Who
    reason: str
    since: int


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
    undoable: frozenset[str]
    """Tasks that a person must take back once they are done."""
    now: int = 0
    begun: int | None = None
    date: int | None = None
    scheduled: bool = False
    approvers: dict[str, str] = field(default_factory=dict[str, str])
    """Accounts that approved, with the person behind each."""
    finished: dict[str, str] = field(default_factory=dict[str, str])
    proofs: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    touched: set[str] = field(default_factory=set[str])
    holds: list[Held] = field(default_factory=list[Held])
    released: list[str] = field(default_factory=list[str])
    freezes: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    freezes_set: int = 0
    moved: tuple[int, int] | None = None
    """Where decisions moved the end, and the end by the runbook then."""
    moved_by: int = 0
    stood_still: set[int] = field(default_factory=set[int])
    """The hours in which a hold stood that is lifted."""
    passed: int | None = None

    def against(self, step: str) -> list[str]:
        """Why an irreversible step must not begin now."""
        people = set(self.approvers.values()) - {LAUNCHER}
        found = ["approvals"] if len(people) < self.quorum else []
        found += [*self._unfinished(step)]
        found += ["hold"] if self.holds else []
        found += ["freeze"] if self._frozen() else []
        ends = self.grace_end()
        return found + (["grace"] if self.passed is None and (ends is None or self.now < ends) else [])

    def grace_end(self) -> int | None:
        """When grace is over; None while that is not known."""
        anchor = self.date if self.by_date else self.begun
        if anchor is None:
            return None
        runbook = anchor + self.offset
        asked = runbook
        if self.moved is not None:
            to, runbook_then = self.moved
            asked = to if runbook_then == runbook else max(to, runbook)
        ends = asked + self._stopped(anchor)
        if self.latest is not None and self.begun is not None:
            ends = min(ends, max(asked, self.begun + self.latest))
        least = self.least()
        return ends if least is None else max(ends, least)

    def least(self) -> int | None:
        """The earliest end of grace that the runbook allows."""
        return None if self.minimum is None or self.begun is None else self.begun + self.minimum

    def take_back(self, steps: tuple[str, ...]) -> None:
        """Steps are to be done anew."""
        for step in steps:
            self.finished.pop(step, None)
            self.proofs.pop(step, None)

    def accepted(self, decision: Decision) -> None:
        """Writes down what an accepted decision did."""
        match decision:
            case Approve():
                self.approvers[_WHO[decision.by].account] = _WHO[decision.by].person
            case Withdraw():
                del self.approvers[_WHO[decision.by].account]
            case Hold():
                number = len(self.holds) + len(self.released) + 1
                self.holds.append(Held(f"h{number}", _WHO[decision.by], decision.reason, self.now))
            case Release():
                self._released([held for held in self.holds if _meant(held, decision)])
            case FreezeRun():
                self.freezes_set += 1
                self.freezes[f"f{self.freezes_set}"] = (hours(decision.begins), hours(decision.ends))
            case Unfreeze():
                del self.freezes[decision.freeze]
            case Extend() | Shorten():
                self._moved(decision)
            case _:
                self._worked(decision)

    def _worked(self, decision: Decision) -> None:
        match decision:
            case Complete():
                self.finished[decision.step] = "done"
                self.proofs[decision.step] = {item.type for item in decision.evidence}
                self.touched |= {decision.step} & self.undoable
            case Resolve(remedy=Remedy.SKIP | Remedy.ENDED):
                self.finished[decision.step] = "skipped"
            case Resolve() | Reject():
                self.take_back((decision.step,))
            case _:  # a turn changes nothing of this
                pass

    def _moved(self, decision: Extend | Shorten) -> None:
        ends, anchor = self.grace_end(), self.date if self.by_date else self.begun
        assert ends is not None
        assert anchor is not None
        span = round((decision.by_span or timedelta(0)) / timedelta(hours=1))
        by = span if isinstance(decision, Extend) else -span
        to = ends + by if decision.to is None else hours(decision.to)
        self.moved = (to - self._stopped(anchor), anchor + self.offset)
        self.moved_by += to - ends

    def _released(self, lifted: list[Held]) -> None:
        for held in lifted:
            self.holds.remove(held)
            self.released.append(held.id)
            self.stood_still |= set(range(held.since, self.now))

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
    return decision.everyone or held.who.account == _WHO[decision.by].account
