"""Who agreed to what, and what stops a run, by what people said and were answered: for `oracle` alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.workflows.plans import CABLE
from tests.workflows.properties.world import CONFIRM, UNLOCK, World
from unrack.model.decision import (
    Amend,
    Approve,
    Complete,
    Decision,
    DecisionResult,
    Extend,
    Hold,
    HoldScope,
    Reject,
    Release,
    Remedy,
    Resolve,
    Verdict,
    Withdraw,
)
from unrack.model.plan import Plan
from unrack.model.state import RunReport

_LAUNCHER = "lea"
_OTHERS = 2
"""So many other people take somebody's extension back."""
SETTLES = timedelta(hours=24)
"""Nothing is purged for so long after a correction."""


@dataclass
class Record:
    """What is known of a run when the play is over."""

    plan: Plan
    world: World
    said: list[tuple[Decision, DecisionResult]] = field(default_factory=list[tuple[Decision, DecisionResult]])
    order: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """By decision: when it was sent, and when it was answered and nothing was being stopped any more."""
    cancelled: list[datetime] = field(default_factory=list[datetime])
    until: datetime | None = None
    """The virtual time at the end of the play."""
    idle: RunReport | None = None
    """What the run shows when nobody did anything for months; None when it has ended by then."""
    idle_at: datetime | None = None
    report: RunReport | None = None
    """What it returned; None when it did not end although everybody did their part."""
    answers_differ: bool = False
    """Whether the same decision got two answers."""

    def accepted(self, kind: type[Decision]) -> list[tuple[Decision, datetime]]:
        """Decisions of one kind that were accepted, with the time of the answer."""
        return [(d, a.at) for d, a in self.in_order() if isinstance(d, kind)]

    def in_order(self) -> list[tuple[Decision, DecisionResult]]:
        """Everything that was accepted, once, in the order of the answers."""
        known = {d.id: (d, a) for d, a in reversed(self.said) if a.verdict is Verdict.ACCEPTED}
        return sorted(known.values(), key=lambda each: (each[1].at, self.order[each[0].id][1]))


def person(decision: Decision) -> str:
    """Who decided, however the name is spelt."""
    return decision.by.name.casefold()


def approved(record: Record, at: datetime) -> bool:
    """Whether enough people stand by their approval at a moment."""
    return _enough(record, [decision for decision, answer in record.in_order() if answer.at <= at])


def agreed(record: Record, order: int) -> bool:
    """Whether enough people stood by their approval when something was sent.

    What was answered while it was sent counts for it where it allows, and not where it forbids.
    """
    said = [decision for decision, _ in record.in_order()]
    return _enough(record, [d for d in said if record.order[d.id][0 if isinstance(d, Approve) else 1] < order])


def _enough(record: Record, decisions: list[Decision]) -> bool:
    """Whether the quorum stands after these. Who took an approval back may give it again.

    What is left out was to be done: nobody has agreed to that. An amendment changes what was agreed to since.
    """
    people: dict[str, int] = {}
    stated = 0
    for number, decision in enumerate(decisions):
        match decision:
            case Approve():
                people[person(decision)] = number
            case Withdraw(extension=None):
                people.pop(person(decision), None)
            case Complete(step=step) if step == CABLE:
                stated = number
            case Resolve(remedy=Remedy.SKIP, step=step) if _binding(record, decision) and not step.startswith("undo."):
                people = {}
            case Amend() if _binding(record, decision):
                people = {who: when for who, when in people.items() if when < stated}
            case _:
                pass
    return len(people.keys() - {_LAUNCHER}) >= record.plan.approval.quorum


def _binding(record: Record, decision: Decision) -> bool:
    """Whether what people agreed to still counted: the call that ends the service had not been sent yet."""
    sent = [order for step, order in record.world.sent if step == CONFIRM]
    return not sent or record.order[decision.id][1] < min(sent)


def corrections(record: Record) -> list[datetime]:
    """When something was amended, or an extension taken back, while that still changed anything."""
    amended = [at for d, at in record.accepted(Amend) if _binding(record, d)]
    return amended + [at for _, at in taken_back(record)]


def settling(record: Record, at: datetime) -> list[str]:
    """Whether something was corrected too shortly before a moment."""
    return ["settling"] if any(when < at < when + SETTLES for when in corrections(record)) else []


def taken_back(record: Record) -> list[tuple[str, datetime]]:
    """The extensions that were taken back: by who asked for them, or by two others."""
    makers = {f"e{number}": person(d) for number, (d, _) in enumerate(record.accepted(Extend), 1)}
    against: dict[str, set[str]] = {}
    found: dict[str, datetime] = {}
    for decision, at in record.accepted(Withdraw):
        move = decision.extension if isinstance(decision, Withdraw) else None
        if move is None or move in found:
            continue
        against.setdefault(move, set()).add(person(decision))
        if makers[move] in against[move] or len(against[move]) == _OTHERS:
            found[move] = at
    return list(found.items())


def held(record: Record, at: datetime) -> bool:
    """Whether any hold stands at a moment."""
    holds: list[Hold] = []
    for decision, answer in record.in_order():
        if answer.at >= at:
            break
        if isinstance(decision, Hold):
            holds.append(decision)
        elif isinstance(decision, Release):
            holds = [each for each in holds if not _lifts(decision, each)]
    return any(hold.until is None or at < hold.until for hold in holds)


def went_on(record: Record) -> Iterator[str]:
    """What changed the service forward under a full hold, once nothing was being stopped any more.

    Take-backs, undos and what restores go on.
    """
    changes = [*record.world.requests, *record.world.effects]
    forward = [each for each in changes if each.what != "undo" and each.step != UNLOCK]
    for hold, begun, over in _full_holds(record):
        for effect in forward:
            ended = hold.until is not None and effect.at >= hold.until
            if begun < effect.order < over and not ended:
                yield f"stop: {effect.what} of {effect.step} at {effect.at}"


def _full_holds(record: Record) -> Iterator[tuple[Hold, int, int]]:
    """The full holds, since when nothing is being stopped any more, and when somebody was about to lift them."""
    never = record.world.tick()
    said = [decision for decision, _ in record.in_order()]
    for number, decision in enumerate(said):
        if isinstance(decision, Hold) and decision.scope is HoldScope.ALL:
            lifts = [d for d in said[number:] if isinstance(d, Release) and _lifts(d, decision)]
            over = min((record.order[each.id][0] for each in lifts), default=never)
            yield decision, record.order[decision.id][1], over


def _lifts(release: Release, hold: Hold) -> bool:
    return release.everyone or person(release) == person(hold)


def alone(record: Record) -> Iterator[str]:
    """What somebody waved through who had begun it, or had said no to it."""
    no: dict[str, set[str]] = {}
    for decision, _ in record.in_order():
        if isinstance(decision, Reject):
            no.setdefault(decision.step, {_LAUNCHER}).add(person(decision))
        if not isinstance(decision, Resolve) or decision.step.startswith("undo."):
            continue
        if decision.remedy is Remedy.SKIP and person(decision) in no.get(decision.step, {_LAUNCHER}):
            yield f"skip: {person(decision)} left {decision.step} out"
