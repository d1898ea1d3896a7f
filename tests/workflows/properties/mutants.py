"""One bug for each rule, and a play in which it shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from inspect import isfunction, signature
from typing import Any

import pytest
from temporalio import workflow

from tests.workflows.properties.acts import Act, Break, Deed, Fails, Say, Script, Slow, Trouble, Wait
from unrack.model import approvals, holds, progress
from unrack.model.decision import Actor, Decision, DecisionResult, Reactivate
from unrack.model.lifecycle import Outcome, Timing
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import Rollback, RunState
from workflows import activity_options, decommission, lifecycle
from workflows.context import RunContext
from workflows.decisions import consent, course, grace, parked
from workflows.decisions import judge as judging
from workflows.decisions.case import Case, Judgement, Proven, accepted
from workflows.decisions.judge import judge
from workflows.gates import entry, guard, stopping
from workflows.steps import in_doubt, runner
from workflows.waiting import Wait as Waits

_DAY = 24
_APPROVED: tuple[Act, ...] = (Say(Deed.APPROVE, "ann"), Say(Deed.APPROVE, "bob"))
_TO_GRACE: tuple[Act, ...] = (*_APPROVED, Wait(3), Say(Deed.DO_TASKS))
_TO_TOKEN: tuple[Act, ...] = (*_TO_GRACE, Wait(7 * _DAY + 1))
_TOKEN = Say(Deed.DO_TASKS)


@dataclass(frozen=True)
class Mutant:
    """A bug."""

    rule: str
    """The rule that must catch it."""
    script: Script
    apply: Callable[[pytest.MonkeyPatch], None]


def _immediate(*acts: Act) -> Script:
    return Script(Timing.IMMEDIATE, acts)


def _instead(module: Any, name: str, other: object) -> Callable[[pytest.MonkeyPatch], None]:  # noqa: ANN401 - a module
    _fits(getattr(module, name), other)
    return lambda patch: patch.setattr(module, name, other)


def _fits(one: object, other: object) -> None:
    """A bug that cannot be called stops the run for ever, which is no rule that is broken."""
    if isfunction(one) and isfunction(other):
        named = [each for each in signature(one).parameters.values() if each.kind is not each.VAR_POSITIONAL]
        by_name = {each.name: None for each in named if each.kind is each.KEYWORD_ONLY}
        signature(other).bind(*[None for each in named if each.kind is each.POSITIONAL_OR_KEYWORD], **by_name)


async def _says_no(*_: object, **__: object) -> bool:
    return False


async def _does_nothing(*_: object, **__: object) -> None:
    return


def _none_needed(*_: object) -> None:
    return


def _nothing(*_: object) -> tuple[()]:
    return ()


async def _waits_for_ever(_context: RunContext, _step_id: str, wait: Waits) -> None:
    await wait(lambda: False)


def _turns_always(case: Case, decision: Reactivate) -> Judgement:
    case.state.rollback = Rollback(to=Outcome.REACTIVATED, by=decision.by, reason=decision.reason, at=case.now)
    return accepted("the run rolls back")


def _complete(*_: object) -> approvals.Standing:
    return approvals.Standing()


def _says_never(*_: object) -> bool:
    return False


def _judges_anew(
    plan: Plan, state: RunState, decision: Decision, now: datetime, proven: Proven | None = None
) -> DecisionResult:
    """Forgets that it has judged this decision before."""
    state.answers.pop(decision.id, None)
    return judge(plan, state, decision, now, proven)


def _voids_nothing(case: Case, what: str, by: Actor, **_: object) -> str:
    consent.shown(case, what, by)
    return ""


async def _stops_for_nobody(_run: RunContext, _step: PlannedStep, call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what it calls returns
    return await call()


def _looks_once(patch: pytest.MonkeyPatch) -> None:
    """The gate reads the checks again when it comes to it, and no more after it has waited."""
    until_clear, recheck = entry.Entry._until_clear, entry.Entry._recheck  # pyright: ignore[reportPrivateUsage]
    waited: list[PlannedStep] = []

    async def waits(self: entry.Entry, step: PlannedStep) -> None:
        await until_clear(self, step)
        waited.append(step)

    async def looks(self: entry.Entry, due: PlannedStep) -> None:
        if due in waited:
            waited.remove(due)
        else:
            await recheck(self, due)

    patch.setattr(entry.Entry, "_until_clear", waits)
    patch.setattr(entry.Entry, "_recheck", looks)


def _leaves_the_call_behind(patch: pytest.MonkeyPatch) -> None:
    """The call is told to stop, and nobody waits until it has."""
    left = workflow.ActivityCancellationType.TRY_CANCEL

    def change(timeout: timedelta) -> activity_options.CallClass:
        return replace(_change(timeout), stopped=left)

    patch.setattr(activity_options, "change", change)


_change = activity_options.change


def _goes_on_after_a_turn(patch: pytest.MonkeyPatch) -> None:
    others = tuple(row for row in lifecycle.TRANSITIONS if row.cause is not lifecycle.Cause.ROLLBACK)
    patch.setattr(lifecycle, "TRANSITIONS", others)
    patch.setattr(judging, "_for_the_way_forward", _says_never)


MUTANTS = (
    Mutant(
        "once",
        _immediate(*_TO_TOKEN, Fails("purge.confirm", Break.LOST_LATE), _TOKEN, Wait(_DAY)),
        _instead(in_doubt, "took_effect", _says_no),
    ),
    Mutant("grace", _immediate(*_TO_GRACE, Wait(_DAY), _TOKEN), _instead(guard, "_grace", _nothing)),
    Mutant(
        "evidence",
        _immediate(Fails("capture.configuration", Break.UNPROVED), *_TO_TOKEN, _TOKEN),
        _instead(guard, "lacking", _nothing),
    ),
    Mutant("approvals", _immediate(Say(Deed.APPROVE, "ann"), Wait(1)), _instead(approvals, "standing", _complete)),
    Mutant(
        "hold",
        _immediate(*_TO_TOKEN, Say(Deed.HOLD_PURGE, "ann"), _TOKEN, Wait(_DAY), Say(Deed.RELEASE_ALL)),
        _instead(guard, "_holds", _nothing),
    ),
    Mutant(
        "freeze",
        _immediate(*_TO_TOKEN, Say(Deed.FREEZE, hours=2 * _DAY), _TOKEN, Wait(_DAY)),
        _instead(guard, "_freezes", _nothing),
    ),
    Mutant(
        "preconditions",
        _immediate(*_TO_TOKEN, Trouble(), Wait(3), _TOKEN, Wait(_DAY)),
        _instead(entry.Entry, "_recheck", _does_nothing),
    ),
    Mutant(
        "preconditions",
        _immediate(
            *_TO_TOKEN,
            Say(Deed.HOLD_PURGE, "ann"),
            _TOKEN,
            Wait(1),
            Trouble(),
            Wait(3),
            Say(Deed.RELEASE_ALL, "ann"),
            Wait(1),
        ),
        _looks_once,
    ),
    Mutant(
        "stop",
        _immediate(Say(Deed.APPROVE, "ann"), Say(Deed.HOLD, "ann"), Say(Deed.APPROVE, "bob"), Wait(1)),
        _instead(holds, "full", _nothing),
    ),
    Mutant(
        "stop",
        _immediate(Slow("detach.pops"), *_APPROVED, Say(Deed.HOLD, "ann"), Wait(1)),
        _instead(stopping, "stoppable", _stops_for_nobody),
    ),
    Mutant(
        "stop",
        _immediate(Slow("detach.pops", sending=True), *_APPROVED, Say(Deed.HOLD, "ann"), Wait(1)),
        _leaves_the_call_behind,
    ),
    Mutant(
        "approvals",
        _immediate(Fails("detach.pops", Break.REFUSED), *_APPROVED, Say(Deed.SKIP, "omar"), Wait(1)),
        _instead(consent, "altered", _voids_nothing),
    ),
    Mutant(
        "skip",
        _immediate(Fails("detach.pops", Break.REFUSED), *_APPROVED, Say(Deed.SKIP, "lea"), Wait(1)),
        _instead(parked, "_needs_somebody_else", _none_needed),
    ),
    Mutant(
        "settling",
        _immediate(*_TO_GRACE, Wait(7 * _DAY - 2), Say(Deed.AMEND), *_APPROVED, Wait(5), _TOKEN, Wait(2 * _DAY)),
        _instead(guard, "_settling", _nothing),
    ),
    Mutant(
        "grace",
        _immediate(
            *_TO_GRACE,
            Say(Deed.EXTEND, "ann", hours=4 * _DAY),
            Say(Deed.TAKE_BACK, "bob"),
            Wait(7 * _DAY + 1),
            _TOKEN,
            Wait(_DAY),
        ),
        _instead(grace, "_WITHDRAWN_BY", 1),
    ),
    Mutant(
        "no-return",
        Script(
            Timing.END_OF_TERM,
            (
                Fails("purge.release", Break.REFUSED),
                *_TO_GRACE,
                *[Wait(11 * _DAY)] * 3,
                Say(Deed.REACTIVATE),
                Wait(1),
                Say(Deed.DO_TASKS),
            ),
        ),
        _instead(course, "reactivate", _turns_always),
    ),
    Mutant(
        "reactivated",
        _immediate(*_TO_GRACE, Say(Deed.REACTIVATE), Say(Deed.DO_TASKS)),
        _instead(progress, "needs_undo", _says_never),
    ),
    Mutant(
        "waits",
        _immediate(Fails("detach.pops", Break.REFUSED), *_APPROVED, Wait(1), Say(Deed.RETRY), Wait(1)),
        _instead(runner, "unparked", _waits_for_ever),
    ),
    Mutant("abort", _immediate(Say(Deed.ABORT), *_APPROVED), _goes_on_after_a_turn),
    Mutant(
        "answers",
        _immediate(*_TO_GRACE, Say(Deed.HOLD, "ann", twice=True), Say(Deed.RELEASE_ALL)),
        _instead(decommission, "judge", _judges_anew),
    ),
)
