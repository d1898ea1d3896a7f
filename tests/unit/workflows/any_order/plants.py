"""One bug or more for each rule that is watched: what shows that the rule can be broken, and that it is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from unrack.model import grace as algebra
from unrack.model import window
from unrack.model.decision import Actor, Answer, Approve, Decision, Hold, Reactivate
from unrack.model.grace import Anchors, Grace, Moved
from unrack.model.lifecycle import Outcome
from unrack.model.plan import Plan, PlannedStep
from unrack.model.service import Finding
from unrack.model.state import GivenApproval, GraceState, HoldOn, RunState, Turn
from workflows import guard
from workflows.decisions import course, grace, holds, task
from workflows.decisions import judge as judging
from workflows.decisions.case import Case, Judgement, accepted

Sow = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Plant:
    """A bug."""

    rule: str
    """The rule that must catch it."""
    bug: str
    sow: Sow
    acts: tuple[str, ...]
    """The acts of `machine`, beside time, that are enough to see it: among all of them it is found later."""


def _instead(where: ModuleType, name: str, other: object) -> Sow:
    return lambda patch: patch.setattr(where, name, other)


def _all(*sown: Sow) -> Sow:
    def sow(patch: pytest.MonkeyPatch) -> None:
        for each in sown:
            each(patch)

    return sow


def _nothing(*_: object) -> tuple[()]:
    return ()


def _none(*_: object) -> None:
    return None


def _always(*_: object) -> bool:
    return True


def _never(*_: object) -> bool:
    return False


_unfinished, _approve, _release, _judge, _end = (
    guard._unfinished,  # pyright: ignore[reportPrivateUsage]
    course.approve,
    holds.release,
    judging.judge,
    algebra.end,
)


def _without(subject: str) -> Callable[[PlannedStep, RunState], tuple[Finding, ...]]:
    return lambda step, state: tuple(each for each in _unfinished(step, state) if each.subject != subject)


def _by_name(actor: Actor) -> str:
    return actor.name


def _by_everything(actor: Actor) -> str:
    return actor.model_dump_json()


def _counts_everybody(plan: Plan, state: RunState) -> int:
    return max(0, plan.approval.quorum - len({given.by.name.casefold() for given in state.approvals}))


def _approves_any_plan(case: Case, decision: Approve) -> Judgement:
    return _approve(case, decision.model_copy(update={"plan": case.plan.digest}))


def _writes_before_it_judges(case: Case, decision: Approve) -> Judgement:
    case.state.approvals.append(GivenApproval(by=decision.by, plan=decision.plan, at=case.now))
    return _approve(case, decision)


def _released_holds_count(plan: Plan, state: RunState) -> tuple[Finding, ...]:
    holders = [*state.holds, *(each.hold for each in state.released)]
    return tuple(Finding(subject="hold", text=hold.reason, blocking=True) for hold in holders)


def _turns(case: Case, decision: Reactivate) -> Judgement:
    case.state.turn = Turn(to=Outcome.REACTIVATED, by=decision.by, reason=decision.id, at=case.now)
    return accepted("the run turns round")


def _turns_again(case: Case, decision: Reactivate) -> Judgement:
    return _turns(case, decision) if case.state.passed_no_return_at is None else course.refused("too late")


def _turns_too_late(case: Case, decision: Reactivate) -> Judgement:
    return _turns(case, decision) if case.state.turn is None else course.already("turned")


def _forgets_what_was_lifted(case: Case, decision: Hold) -> Judgement:
    number = len(case.state.holds) + 1
    case.state.holds = [
        *case.state.holds,
        HoldOn(by=decision.by, reason=f"{decision.reason} ", since=case.now, id=f"h{number}"),
    ]
    return accepted(f"hold h{number}")


def _judges_anew(plan: Plan, state: RunState, decision: Decision, now: datetime) -> Answer:
    state.answers.pop(decision.id, None)
    return _judge(plan, state, decision, now)


def _trusts_the_id(plan: Plan, state: RunState, decision: Decision, now: datetime) -> Answer:
    return state.answers.get(decision.id) or _judge(plan, state, decision, now)


def _judges_after_the_end(plan: Plan, state: RunState, decision: Decision, now: datetime) -> Answer:
    outcome, state.outcome = state.outcome, None
    try:
        return _judge(plan, state, decision, now)
    finally:
        state.outcome = outcome


def _moved_for_ever(
    rules: Grace, anchors: Anchors, moved: Moved | None, stopped: timedelta, runbook: datetime | None
) -> datetime | None:
    """An old shortening eats up a new term."""
    kept = moved and Moved(to=moved.to, from_=algebra.by_runbook(rules, anchors))
    return _end(rules, anchors, kept, stopped, runbook)


def _adds_nothing_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(GraceState, "extended_by", timedelta(0))


PLANTS = (
    Plant(
        "grace", "the guard does not look at grace", _instead(guard, "_grace", _nothing), acts=("goes_on_for_a_while",)
    ),
    Plant(
        "grace",
        "a shortening outlives the term",
        _instead(window, "end", _moved_for_ever),
        acts=("moves_the_end", "date_moves", "goes_on"),
    ),
    Plant(
        "grace",
        "holds never stop the clock",
        _instead(window, "within", lambda *_: timedelta(0)),
        acts=("holds", "releases", "goes_on"),
    ),
    Plant("minimum", "nothing keeps the minimum", _instead(algebra, "floor", _none), acts=("date_moves", "goes_on")),
    Plant("most", "extensions are not added up", _adds_nothing_up, acts=("moves_the_end", "goes_on")),
    Plant(
        "evidence",
        "the guard does not look at evidence",
        _instead(guard, "_unfinished", _without("evidence")),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Plant("proof", "a task is done without proof", _instead(task, "faults", _nothing), acts=("completes", "goes_on")),
    Plant(
        "steps",
        "the guard does not look at earlier steps",
        _instead(guard, "_unfinished", _without("step")),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Plant(
        "steps", "anything may be skipped", _instead(task, "may_skip", _always), acts=("goes_on", "rejects", "resolves")
    ),
    Plant(
        "overtaken",
        "any parked step ends the run",
        _instead(task, "may_have_ended", _always),
        acts=("goes_on", "rejects", "resolves"),
    ),
    Plant(
        "approvals",
        "the guard does not look at approvals",
        _instead(guard, "_approvals", _nothing),
        acts=("goes_on_for_a_while", "grace_ends"),
    ),
    Plant("approvals", "any plan is approved", _instead(course, "approve", _approves_any_plan), acts=("approves",)),
    Plant(
        "approvals",
        "the launcher counts",
        _all(
            _instead(course, "spelt_alike", _by_everything),
            _instead(course, "approvals_missing", _counts_everybody),
            _instead(guard, "approvals_missing", _counts_everybody),
        ),
        acts=("approves",),
    ),
    Plant(
        "approvals",
        "one person counts twice",
        _all(_instead(course, "spelt_alike", _by_name), _instead(guard, "spelt_alike", _by_name)),
        acts=("approves",),
    ),
    Plant(
        "hold",
        "the guard does not look at holds",
        _instead(guard, "_holds", _nothing),
        acts=("holds", "goes_on_for_a_while", "grace_ends"),
    ),
    Plant(
        "holds",
        "a hold takes the place of another",
        _instead(grace, "hold", _forgets_what_was_lifted),
        acts=("holds", "releases"),
    ),
    Plant("holds", "any release lifts all", _instead(grace, "_meant", _always), acts=("holds", "releases")),
    Plant(
        "freeze",
        "the guard does not look at freezes",
        _instead(guard, "_freezes", _nothing),
        acts=("freezes", "goes_on_for_a_while", "grace_ends"),
    ),
    Plant(
        "freeze",
        "the provider's date may be frozen",
        _instead(window, "_ends_by_itself", _none),
        acts=("freezes_the_date", "goes_on", "grace_ends"),
    ),
    Plant(
        "free",
        "a lifted hold still counts",
        _instead(guard, "_holds", _released_holds_count),
        acts=("holds", "releases", "goes_on_for_a_while", "grace_ends"),
    ),
    Plant("turn", "a run turns twice", _instead(course, "reactivate", _turns_again), acts=("reactivates",)),
    Plant(
        "no-return",
        "a run turns too late",
        _instead(course, "reactivate", _turns_too_late),
        acts=("grace_ends", "goes_on_for_a_while", "reactivates"),
    ),
    Plant(
        "abort", "nothing counts as touched", _instead(course, "touched_steps", _nothing), acts=("aborts", "goes_on")
    ),
    Plant(
        "turned",
        "a turned run takes decisions for the way forward",
        _instead(judging, "_for_the_way_forward", _never),
        acts=("approves", "reactivates"),
    ),
    Plant(
        "unchanged",
        "written before it is judged",
        _instead(course, "approve", _writes_before_it_judges),
        acts=("approves",),
    ),
    Plant("twice", "each arrival is judged anew", _instead(judging, "judge", _judges_anew), acts=("holds",)),
    Plant(
        "id", "an id alone is enough", _instead(judging, "judge", _trusts_the_id), acts=("holds", "uses_an_id_again")
    ),
    Plant(
        "ended",
        "an ended run takes decisions",
        _instead(judging, "judge", _judges_after_the_end),
        acts=("holds", "aborts", "goes_back"),
    ),
)
