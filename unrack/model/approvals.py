"""Whether a plan is approved: every rule that it carries, judged in one place. Pure.

A rule says who is still missing, as a `Lack`. Whoever asks (the guard, the answers to decisions, lists, screens) reads
`Standing` and knows no rule: a new one is a field of `Approval` and a function in `RULES`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unrack.model.access import missing
from unrack.model.lifecycle import Phase
from unrack.model.message import joined, msg, verbatim
from unrack.model.people import normal_name
from unrack.model.plan import Approval, Plan
from unrack.model.state import RunState


@dataclass(frozen=True, slots=True)
class Lack:
    """The approvals that one rule still needs."""

    people: int
    """How many more people must approve, at least."""
    text: str
    """A clause for people, as ``1 of 2 approvals of this plan are missing``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the approval of a plan stands."""

    lacks: tuple[Lack, ...] = ()
    """One for each rule that is not kept yet."""

    @property
    def complete(self) -> bool:
        """Whether every rule is kept."""
        return not self.lacks

    @property
    def people(self) -> int:
        """How many more people must approve, at least; one person may keep several rules."""
        return max((lack.people for lack in self.lacks), default=0)

    @property
    def words(self) -> str:
        """``1 more needed`` or ``the quorum is complete``, as answers and screens say it."""
        return msg("{people} more needed", people=self.people) if self.lacks else msg("the quorum is complete")


Rule = Callable[[Plan, RunState], Lack | None]
"""A rule on approvals. It returns what is missing; None when it is kept."""


def standing(plan: Plan, state: RunState) -> Standing:
    """How the approval of this very plan stands, whatever the run is about."""
    return Standing(tuple(lack for rule in RULES if (lack := rule(plan, state)) is not None))


def awaited(plan: Plan, state: RunState) -> Standing:
    """As `standing`, of a run that waits for approvals now: in their phase, and later where given ones lapsed."""
    gone = state.passed_no_return_at is not None or state.ended_by_provider is not None
    over = gone or state.rollback is not None or state.phase is Phase.PREFLIGHT
    return Standing() if over else standing(plan, state)


def wanted(approval: Approval) -> str:
    """Who must approve, in words; empty when nobody must."""
    if not approval.quorum:
        return ""
    return msg("one person") if approval.quorum == 1 else msg("{quorum} distinct people", quorum=approval.quorum)


def people_wanted(approval: Approval) -> int:
    """How many people must approve, at least, while nobody has."""
    return approval.quorum


def approvers(plan: Plan, state: RunState) -> frozenset[str]:
    """The people who count, by the normal form of their names: they approved this plan.

    Who launched the run does not count, unless the policy that rules it says otherwise.
    """
    return frozenset(_names(plan, state)) - _launcher(state)


def _launcher(state: RunState) -> frozenset[str]:
    return frozenset({normal_name(state.launched_by.name)} if state.access.duties.launcher else ())


def _names(plan: Plan, state: RunState) -> Iterator[str]:
    return (normal_name(given.by.name) for given in state.approvals if given.plan == plan.digest)


def _quorum(plan: Plan, state: RunState) -> Lack | None:
    """So many distinct people, none of them the launcher."""
    missing = plan.approval.quorum - len(approvers(plan, state))
    if missing <= 0:
        return None
    return Lack(
        missing,
        msg("{missing} of {quorum} approvals of this plan are missing", missing=missing, quorum=plan.approval.quorum),
    )


def _groups(plan: Plan, state: RunState) -> Lack | None:
    """So many people of each group, each on one seat of one group."""
    if not state.access.quorum:
        return None
    counted = approvers(plan, state)
    given = [
        (each.by.name, each.groups)
        for each in state.approvals
        if each.plan == plan.digest and normal_name(each.by.name) in counted
    ]
    empty = missing(state.access.quorum, given)
    if not empty:
        return None
    seats = joined(
        ", ", (msg("{number} of {group}", number=number, group=verbatim(group)) for group, number in empty.items())
    )
    return Lack(sum(empty.values()), msg("approvals of this plan are missing: {seats}", seats=seats))


RULES: tuple[Rule, ...] = (_quorum, _groups)
