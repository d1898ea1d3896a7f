"""One bug or more for each rule that is watched: what shows that the rule can be broken, and that it is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from unrack.model import approvals, people, progress, window
from unrack.model import grace as algebra
from unrack.model import holds as holding
from unrack.model.decision import Actor, Approve, Decision, DecisionResult, Hold, HoldScope, Reactivate, Resolve
from unrack.model.grace import Anchors, Grace, Moved
from unrack.model.lifecycle import Outcome, StepKind
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import Finding
from unrack.model.state import GivenApproval, GraceState, HoldOn, Rollback, RunState
from workflows.decisions import consent, course, grace, holds, parked, record, task
from workflows.decisions import judge as judging
from workflows.decisions.case import Case, Judgement, accepted
from workflows.gates import guard

Apply = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """A bug."""

    rule: str
    """The rule that must catch it."""
    bug: str
    apply: Apply
    acts: tuple[str, ...]
    """The acts of `machine`, beside time, that are enough to see it: among all of them it is found later."""


def _instead(where: ModuleType | type, name: str, other: object) -> Apply:
    return lambda patch: patch.setattr(where, name, other)


def _all(*sown: Apply) -> Apply:
    def apply(patch: pytest.MonkeyPatch) -> None:
        for each in sown:
            each(patch)

    return apply


def _nothing(*_: object) -> tuple[()]:
    return ()


def _none(*_: object) -> None:
    return None


def _always(*_: object) -> bool:
    return True


def _never(*_: object) -> bool:
    return False


_blockers, _unfinished, _needs_somebody_else, _approve, _judge, _end, _altered = (
    guard.blockers,
    guard._unfinished,  # pyright: ignore[reportPrivateUsage]
    parked._needs_somebody_else,  # pyright: ignore[reportPrivateUsage]
    course.approve,
    judging.judge,
    algebra.end,
    consent.altered,
)


def _without(subject: str) -> Callable[[PlannedStep, RunState], tuple[Finding, ...]]:
    return lambda step, state: tuple(each for each in _unfinished(step, state) if each.subject != subject)


def _as_written(name: str) -> str:
    return name


def _without_case(name: str) -> str:
    return name.casefold()


def _people_are(named: Callable[[str], str]) -> Apply:
    """Whoever spells a name otherwise is somebody else."""

    def is_same_as(one: Actor, other: Actor) -> bool:
        return named(one.name) == named(other.name)

    def apply(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Actor, "is_same_as", is_same_as)
        patch.setattr(approvals, "normal_name", named)

    return apply


def _asks_only(who: Callable[[Case, Resolve], bool]) -> Callable[[Case, Resolve], Judgement | None]:
    """The second person is asked for only where `who` says so."""
    return lambda case, decision: _needs_somebody_else(case, decision) if who(case, decision) else None


def _not_the_launcher(case: Case, decision: Resolve) -> bool:
    return not decision.by.is_same_as(case.state.launched_by)


def _not_a_rejecter(case: Case, decision: Resolve) -> bool:
    return not any(decision.by.is_same_as(one) for one in case.state.step(decision.step).rejected_by)


def _not_who_stated_it(case: Case, decision: Resolve) -> bool:
    planned = case.planned(decision.step)
    standing = [case.state.step(each) for each in (planned.relies_on if planned else ())]
    stated = [each.done_by for each in standing] + [one.amended_by for each in standing for one in each.replaced]
    return not any(one is not None and decision.by.is_same_as(one) for one in stated)


def _voids_nothing(case: Case, what: str, by: Actor, **_: object) -> str:
    consent.shown(case, what, by)
    return ""


def _voids_all(case: Case, what: str, by: Actor, **_: object) -> str:
    return _altered(case, what, by)


def _approves_what_was(case: Case, decision: Approve) -> Judgement:
    return _approve(case, decision.model_copy(update={"revision": case.state.revision}))


def _holds_without_an_end(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    return tuple(Finding(subject="hold", text=held.reason, blocking=True) for held in state.holds if not held.until)


def _full_without_an_end(state: RunState, now: datetime) -> tuple[HoldOn, ...]:
    return tuple(held for held in holding.standing(state, now) if held.scope is HoldScope.ALL and not held.until)


def _stops_all_calls(plan: Plan, step: PlannedStep) -> bool:
    return step.kind in progress.CALLS


def _stops_no_task(plan: Plan, step: PlannedStep) -> bool:
    return step.kind is not StepKind.TASK and not step.restores and progress.acts(plan, step)


def _counts_everybody(plan: Plan, state: RunState) -> frozenset[str]:
    return frozenset(given.by.name.casefold() for given in state.approvals)


def _complete(*_: object) -> approvals.Standing:
    return approvals.Standing()


def _blockers_without_approvals(plan: Plan, state: RunState, step: PlannedStep, now: datetime) -> tuple[Finding, ...]:
    return tuple(found for found in _blockers(plan, state, step, now) if found.subject != "approval")


def _approves_any_plan(case: Case, decision: Approve) -> Judgement:
    return _approve(case, decision.model_copy(update={"plan": case.plan.digest}))


def _writes_before_it_judges(case: Case, decision: Approve) -> Judgement:
    case.state.approvals.append(GivenApproval(by=decision.by, plan=decision.plan, at=case.now))
    return _approve(case, decision)


def _released_holds_count(plan: Plan, state: RunState, now: datetime) -> tuple[Finding, ...]:
    holders = [*state.holds, *(each.hold for each in state.released)]
    return tuple(Finding(subject="hold", text=hold.reason, blocking=True) for hold in holders)


def _turns(case: Case, decision: Reactivate) -> Judgement:
    case.state.rollback = Rollback(to=Outcome.REACTIVATED, by=decision.by, reason=decision.id, at=case.now)
    return accepted("the run rolls back")


def _turns_again(case: Case, decision: Reactivate) -> Judgement:
    return _turns(case, decision) if case.state.passed_no_return_at is None else course.refused("too late")


def _turns_too_late(case: Case, decision: Reactivate) -> Judgement:
    return _turns(case, decision) if case.state.rollback is None else course.already("turned")


def _forgets_what_was_lifted(case: Case, decision: Hold) -> Judgement:
    number = len(case.state.holds) + 1
    new = HoldOn(
        by=decision.by,
        reason=f"{decision.reason} ",
        since=case.now,
        id=f"h{number}",
        scope=decision.scope,
        until=decision.until,
    )
    case.state.holds = [*case.state.holds, new]
    return accepted(f"hold h{number}")


def _judges_anew(plan: Plan, state: RunState, decision: Decision, now: datetime) -> DecisionResult:
    state.answers.pop(decision.id, None)
    return _judge(plan, state, decision, now)


def _trusts_the_id(plan: Plan, state: RunState, decision: Decision, now: datetime) -> DecisionResult:
    return state.answers.get(decision.id) or _judge(plan, state, decision, now)


def _judges_after_the_end(plan: Plan, state: RunState, decision: Decision, now: datetime) -> DecisionResult:
    outcome, state.outcome = state.outcome, None
    try:
        return _judge(plan, state, decision, now)
    finally:
        state.outcome = outcome


def _moved_for_ever(rules: Grace, anchors: Anchors, moved: Moved | None, stopped: timedelta) -> datetime | None:
    """An old shortening eats up a new term."""
    kept = moved and Moved(to=moved.to, from_=algebra.by_runbook(rules, anchors))
    return _end(rules, anchors, kept, stopped)


def _adds_nothing_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GraceState, "extended_by", timedelta(0))


MUTANTS = (
    Mutant(
        "grace", "the guard does not look at grace", _instead(guard, "_grace", _nothing), acts=("goes_on_for_a_while",)
    ),
    Mutant(
        "grace",
        "a shortening outlives the term",
        _instead(window, "end", _moved_for_ever),
        acts=("moves_the_end", "date_moves", "goes_on"),
    ),
    Mutant(
        "grace",
        "holds never stop the clock",
        _instead(window, "within", lambda *_: timedelta(0)),
        acts=("holds", "releases", "goes_on"),
    ),
    Mutant(
        "minimum",
        "nothing keeps the minimum",
        _instead(algebra, "floor", _none),
        acts=("date_moves", "goes_on", "moves_the_end"),
    ),
    Mutant("most", "extensions are not added up", _adds_nothing_up, acts=("moves_the_end", "goes_on")),
    Mutant(
        "evidence",
        "the guard does not look at evidence",
        _instead(guard, "_unfinished", _without("evidence")),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Mutant("proof", "a task is done without proof", _instead(task, "faults", _nothing), acts=("completes", "goes_on")),
    Mutant(
        "steps",
        "the guard does not look at earlier steps",
        _instead(guard, "_unfinished", _without("step")),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Mutant(
        "steps",
        "anything may be skipped",
        _all(_instead(parked, "may_skip", _always), _instead(task, "may_skip", _always)),
        acts=("goes_on", "rejects", "resolves"),
    ),
    Mutant(
        "steps",
        "an amendment leaves what relied on it",
        _instead(record, "relying_on", _nothing),
        acts=("amends", "does_what_is_asked", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant(
        "skip",
        "the launcher leaves out what was rejected",
        _instead(parked, "_needs_somebody_else", _asks_only(_not_the_launcher)),
        acts=("goes_on", "rejects", "resolves"),
    ),
    Mutant(
        "skip",
        "who rejected a task leaves it out",
        _instead(parked, "_needs_somebody_else", _asks_only(_not_a_rejecter)),
        acts=("goes_on", "rejects", "resolves"),
    ),
    Mutant(
        "skip",
        "who stated something waves through what goes by it",
        _instead(parked, "_needs_somebody_else", _asks_only(_not_who_stated_it)),
        acts=("goes_on", "goes_on_for_a_while", "resolves"),
    ),
    Mutant(
        "overtaken",
        "any parked step ends the run",
        _instead(parked, "may_have_ended", _always),
        acts=("goes_on", "rejects", "resolves"),
    ),
    Mutant(
        "approvals",
        "the guard does not look at approvals",
        _instead(guard, "blockers", _blockers_without_approvals),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Mutant("approvals", "any plan is approved", _instead(course, "approve", _approves_any_plan), acts=("approves",)),
    Mutant(
        "approvals",
        "the launcher counts",
        _all(
            _people_are(_as_written),
            _instead(approvals, "approvers", _counts_everybody),
        ),
        acts=("approves",),
    ),
    Mutant(
        "approvals",
        "one person counts twice",
        _people_are(_as_written),
        acts=("approves",),
    ),
    Mutant(
        "approvals",
        "a name with other spaces is somebody else's",
        _people_are(_without_case),
        acts=("approves",),
    ),
    Mutant(
        "names", "names may have what nobody sees", _instead(people, "unseen", _none), acts=("hides_behind_a_name",)
    ),
    Mutant(
        "approvals",
        "a skip voids nothing",
        _instead(consent, "altered", _voids_nothing),
        acts=("approves", "goes_on", "resolves"),
    ),
    Mutant(
        "approvals",
        "an amendment voids nothing",
        _instead(consent, "altered", _voids_nothing),
        acts=("approves", "amends", "goes_on", "does_what_is_asked"),
    ),
    Mutant(
        "free",
        "an amendment voids what was approved before the task was done",
        _instead(consent, "altered", _voids_all),
        acts=("amends", "time_passes", "goes_on_for_a_while"),
    ),
    Mutant(
        "stale",
        "what was approved is out of date",
        _instead(course, "approve", _approves_what_was),
        acts=("approves", "freezes"),
    ),
    Mutant("revision", "nothing is numbered", _instead(consent, "count_up", _none), acts=("freezes",)),
    Mutant(
        "hold",
        "the guard does not look at holds",
        _instead(guard, "_holds", _nothing),
        acts=("holds", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant(
        "holds",
        "a hold takes the place of another",
        _instead(holds, "hold", _forgets_what_was_lifted),
        acts=("holds", "releases"),
    ),
    Mutant("holds", "any release lifts all", _instead(holds, "_meant", _always), acts=("holds", "releases")),
    Mutant("holds", "a hold outlives its time", _instead(HoldOn, "stands", _always), acts=("holds",)),
    Mutant(
        "hold",
        "a hold with an end does not count",
        _instead(guard, "_holds", _holds_without_an_end),
        acts=("holds", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant("stop", "a full hold stops the purge alone", _instead(holding, "full", _nothing), acts=("holds",)),
    Mutant(
        "stop",
        "a full hold with an end stops nothing",
        _instead(holding, "full", _full_without_an_end),
        acts=("holds",),
    ),
    Mutant("stop", "people go on under a hold", _instead(holding, "stops", _stops_no_task), acts=("holds",)),
    Mutant(
        "stop",
        "approvals that lapsed stop nothing",
        _instead(approvals, "awaited", _complete),
        acts=("goes_on_for_a_while",),
    ),
    Mutant("free", "a hold stops what restores", _instead(holding, "stops", _stops_all_calls), acts=("holds",)),
    Mutant(
        "timeout",
        "the timeout runs while nobody may act",
        _instead(holding, "_give_time_back", _none),
        acts=("holds", "releases", "goes_on_for_a_while", "goes_on"),
    ),
    Mutant(
        "again",
        "what a long hold made old is gone by",
        _instead(holding, "LONG", timedelta(days=999)),
        acts=("holds", "releases"),
    ),
    Mutant(
        "settling",
        "the guard does not wait for a correction to be noticed",
        _instead(guard, "_settling", _nothing),
        acts=("amends", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant(
        "extension",
        "one other person takes an extension back",
        _instead(grace, "_WITHDRAWN_BY", 1),
        acts=("moves_the_end", "takes_an_extension_back", "goes_on"),
    ),
    Mutant(
        "grace",
        "the end stays where a withdrawn extension moved it",
        _instead(grace, "_count_again", _none),
        acts=("moves_the_end", "takes_an_extension_back", "goes_on"),
    ),
    Mutant(
        "freeze",
        "the guard does not look at freezes",
        _instead(guard, "_freezes", _nothing),
        acts=("freezes", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant(
        "freeze",
        "the provider's date may be frozen",
        _instead(window, "_ends_by_itself", _none),
        acts=("freezes_the_date", "goes_on", "grace_ends"),
    ),
    Mutant(
        "free",
        "a lifted hold still counts",
        _instead(guard, "_holds", _released_holds_count),
        acts=("holds", "releases", "goes_on_for_a_while", "grace_ends"),
    ),
    Mutant("turn", "a run turns twice", _instead(course, "reactivate", _turns_again), acts=("reactivates",)),
    Mutant(
        "no-return",
        "a run turns too late",
        _instead(course, "reactivate", _turns_too_late),
        acts=("grace_ends", "goes_on_for_a_while", "reactivates"),
    ),
    Mutant("abort", "nothing counts as touched", _instead(progress, "touched", _nothing), acts=("aborts", "goes_on")),
    Mutant(
        "turned",
        "a turned run takes decisions for the way forward",
        _instead(judging, "_for_the_way_forward", _never),
        acts=("approves", "reactivates"),
    ),
    Mutant(
        "unchanged",
        "written before it is judged",
        _instead(course, "approve", _writes_before_it_judges),
        acts=("approves",),
    ),
    Mutant("twice", "each arrival is judged anew", _instead(judging, "judge", _judges_anew), acts=("holds",)),
    Mutant(
        "id", "an id alone is enough", _instead(judging, "judge", _trusts_the_id), acts=("holds", "uses_an_id_again")
    ),
    Mutant(
        "ended",
        "an ended run takes decisions",
        _instead(judging, "judge", _judges_after_the_end),
        acts=("holds", "aborts", "goes_back"),
    ),
)
