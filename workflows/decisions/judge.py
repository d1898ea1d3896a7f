"""Judges decisions: whoever asks, and however it arrives, the judgement is made here and nowhere else.

A judgement changes the state at once and completely, or not at all, and nothing is awaited in between. That is what
orders a reactivation against a purge: the first one wins, and the other gets its answer from here.
"""

from datetime import datetime

from unrack.model import bounds, remembering
from unrack.model.decision import (
    Abort,
    Amend,
    Approve,
    Complete,
    Decision,
    DecisionResult,
    Extend,
    FreezeRun,
    Hold,
    Note,
    Reactivate,
    Reject,
    Release,
    Resolve,
    Shorten,
    Unfreeze,
    Verdict,
    Withdraw,
)
from unrack.model.ids import undone_step
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.shortened import quoted
from unrack.model.state import RunState
from workflows.decisions import course, grace, holds, parked, record, task
from workflows.decisions.case import Case, Judgement, Proven, not_open

_LONGEST = 600
"""Characters of an answer."""


def judge(
    plan: Plan, state: RunState, decision: Decision, now: datetime, proven: Proven | None = None
) -> DecisionResult:
    """The answer to `decision`; `state` is changed when it is accepted, and remembers the answer.

    The same decision id gets the same answer, however often it arrives; one that changed nothing is judged anew when
    many others came in between.

    Args:
        plan: The frozen plan.
        state: The run's state.
        decision: As it was sent.
        now: The provider's time.
        proven: Who it is from, where a policy rules; None: who it says.
    """
    digest = remembering.digest_of_decision(decision)
    known = remembering.recall(state, decision, digest, now)
    if known is not None:
        return known
    judgement = _judge(Case(plan, state, now, proven.groups if proven else ()), as_proven(decision, proven))
    answer = answered(decision, judgement, now, proven)
    remembering.remember(state, answer, digest)
    state.of_all += isinstance(decision, Hold | Release) and decision.from_all is not None
    if answer.verdict is Verdict.ACCEPTED:
        bounds.trim(state, now)
    return answer


def as_proven(decision: Decision, proven: Proven | None) -> Decision:
    """`decision` as from whom it is proven to be."""
    return decision if proven is None else decision.model_copy(update={"by": proven.by})


def answered(decision: Decision, judgement: Judgement, now: datetime, proven: Proven | None = None) -> DecisionResult:
    """A judgement as the answer to `decision`."""
    return DecisionResult(
        decision=decision.id,
        verdict=judgement.verdict,
        message=quoted(judgement.message, _LONGEST),
        at=now,
        why=judgement.why,
        assurance=proven.by.assurance if proven else None,
        fingerprint=proven.by.fingerprint if proven else None,
        policy=proven.policy if proven else None,
    )


def _judge(case: Case, decision: Decision) -> Judgement:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of decision
    if case.state.outcome is not None:
        return not_open(msg("the run has ended: {value}", value=case.state.outcome.value))
    if case.state.rollback is not None and _for_the_way_forward(decision):
        return course.too_late_forward(case.state.rollback)
    match decision:
        case Complete():
            return task.complete(case, decision)
        case Amend():
            return record.amend(case, decision)
        case Note():
            return record.note(decision)
        case Reject():
            return task.reject(case, decision)
        case Resolve():
            return parked.resolve(case, decision)
        case Approve():
            return course.approve(case, decision)
        case Withdraw():
            return course.withdraw(case, decision)
        case Reactivate():
            return course.reactivate(case, decision)
        case Abort():
            return course.abort(case, decision)
        case Extend():
            return grace.extend(case, decision)
        case Shorten():
            return grace.shorten(case, decision)
        case FreezeRun():
            return grace.freeze(case, decision)
        case Unfreeze():
            return grace.unfreeze(case, decision)
        case Hold():
            return holds.hold(case, decision)
        case Release():
            return holds.release(case, decision)


def _for_the_way_forward(decision: Decision) -> bool:
    """Whether `decision` would only move a run on that does not roll back.

    A completed task is not of them: what a person did while the run turned is undone like the rest.
    """
    match decision:
        case Reject() | Resolve():
            return undone_step(decision.step) is None
        case Approve() | Withdraw() | Extend() | Shorten():
            return True
        case _:
            return False
