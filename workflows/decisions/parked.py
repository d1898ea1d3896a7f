"""Decisions on a parked step, and on a call in doubt: tried again, left out, or ended by the provider itself."""

from unrack.model.decision import Remedy, Resolve
from unrack.model.ids import undone_step
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.shortened import kept, quoted
from unrack.model.state import EndedByProvider, StepState
from unrack.model.stated_for import stated_for
from unrack.model.statement import Refusal
from unrack.model.terms import may_have_ended
from unrack.model.window import grace_end
from workflows.decisions import consent
from workflows.decisions.case import Case, Judgement, accepted, not_open, refused
from workflows.steps.secrets import renewed_for


def resolve(case: Case, decision: Resolve) -> Judgement:
    """A parked step is tried again or left out, with a reason."""
    parked = case.state.parked.get(decision.step)
    asked = case.state.in_doubt.get(decision.step)
    if parked is None and (asked is None or decision.remedy is Remedy.ENDED):
        known = ", ".join(case.state.parked)
        return not_open(
            msg(
                "{quoted} is not parked{value}",
                quoted=quoted(decision.step),
                value=msg("; parked is {known}", known=known) if known else "",
            )
        )
    if (refusal := _needs_somebody_else(case, decision)) is not None:
        return refusal
    return _take_over(case, decision, asked) if parked is None and asked is not None else _decide(case, decision)


def _decide(case: Case, decision: Resolve) -> Judgement:
    match decision.remedy:
        case Remedy.RETRY:
            return _again(case, decision)
        case Remedy.SKIP:
            return _leave_out(case, decision)
        case Remedy.ENDED:
            return _ended_by_provider(case, decision)


def _leave_out(case: Case, decision: Resolve) -> Judgement:
    parked, step = case.state.parked[decision.step], case.state.step(decision.step)
    if not (parked.may_skip and may_skip(case, decision.step)):
        return _not_skipped(decision)
    ended_by_hand = _ends_without_its_call(case, decision.step)
    ends = grace_end(case.plan, case.state)
    if ended_by_hand and ends is not None and case.now < ends:
        return refused(
            msg(
                "{step} is not skipped before grace ends, at {stamp}; retry it, or wait",
                step=decision.step,
                stamp=case.stamp(ends),
            )
        )
    del case.state.parked[decision.step]
    _skip(case, step, decision)
    step.accepted = parked.findings
    if ended_by_hand:
        case.state.passed_no_return_at = case.now
    return accepted(msg("{step} is skipped{left_out}", step=decision.step, left_out=_left_out(case, decision)))


def _again(case: Case, decision: Resolve) -> Judgement:
    parked, step = case.state.parked.pop(decision.step), case.state.step(decision.step)
    step.status, step.lost_answers, step.away_since = StepStatus.PENDING, 0, None
    _renew_secret(case, decision.step)
    if parked.reason is ParkReason.REJECTED:
        consent.shown(
            case,
            msg(
                "{short} asks for {step} again: {reason}",
                short=decision.by.short,
                step=decision.step,
                reason=decision.reason,
            ),
            decision.by,
        )
    return accepted(msg("{step} is tried again", step=decision.step))


def _left_out(case: Case, decision: Resolve) -> str:
    """Voids approvals when a step of the way forward is skipped: it was to be done, and is not."""
    if undone_step(decision.step) is not None:
        return ""
    what = msg("{who} skipped {step}: {reason}", who=decision.by.short, step=decision.step, reason=decision.reason)
    return consent.altered(case, what, decision.by)


def _needs_somebody_else(case: Case, decision: Resolve) -> Judgement | None:
    """Nobody waves through alone what they began, or what they said no to themselves.

    Skipping an undo says that it was done by hand; anybody may, who did it.
    """
    by_hand = undone_step(decision.step) is not None and decision.remedy is Remedy.SKIP
    if decision.remedy is Remedy.RETRY or by_hand:
        return None
    what = msg("say that it ended") if decision.remedy is Remedy.ENDED else msg("leave out {step}", step=decision.step)
    rest = msg("retry it, roll the run back, or have somebody else {what}", what=what)
    if case.state.access.duties.skipper and decision.by.is_same_as(case.state.launched_by):
        return refused(
            msg(
                "{short} launched the run and cannot {what} alone: {rest}",
                short=decision.by.short,
                what=what,
                rest=rest,
            ),
            Refusal.DUTY,
        )
    if any(decision.by.is_same_as(one) for one in case.state.step(decision.step).rejected_by):
        return refused(
            msg(
                "{short} rejected {step} and cannot {what} alone: {rest}",
                short=decision.by.short,
                step=decision.step,
                what=what,
                rest=rest,
            ),
            Refusal.DUTY,
        )
    if stated := _stated_by(case, decision):
        return refused(
            msg(
                "{short} stated {stated}, which this is about, and cannot {what} alone: {rest}",
                short=decision.by.short,
                stated=stated,
                what=what,
                rest=rest,
            ),
            Refusal.DUTY,
        )
    return None


def _stated_by(case: Case, decision: Resolve) -> str | None:
    """The task that `decision` is about and whose statement is the same person's, first or amended."""
    said = stated_for(case.plan, case.state, decision.step)
    return next((task for task, by in said if decision.by.is_same_as(by)), None)


def _ends_without_its_call(case: Case, step_id: str) -> bool:
    """Whether skipping the step says that the service ended by hand, though the call for it surely took no effect.

    The point of no return, which was not passed then, is passed all the same. Not where a later call ends the service:
    the run goes on to that one, and what it goes by is read again.
    """
    due = case.plan.no_return
    if (
        due is None
        or due.id != step_id
        or due.kind is not StepKind.COMMIT
        or case.state.passed_no_return_at is not None
    ):
        return False
    after = case.plan.steps[case.plan.steps.index(due) + 1 :]
    later = any(each.point_of_no_return and each.kind is StepKind.COMMIT for each in after)
    return case.state.step(step_id).tries > 0 and not later


def _renew_secret(case: Case, step_id: str) -> None:
    """Puts back to its beginning what brings a new secret: the course does it again before the step."""
    for other in renewed_for(case.plan, step_id):
        standing = case.state.step(other.id)
        case.state.steps[other.id] = standing.anew(standing.tries)


def _ended_by_provider(case: Case, decision: Resolve) -> Judgement:
    """The provider ended the service before its end could be revoked. The proof follows in the phase verify."""
    if not may_have_ended(case.plan, case.state, decision.step):
        return refused(
            msg("{step} has nothing to do with an end that comes by itself: retry it, or skip it", step=decision.step)
        )
    _skip(case, case.state.step(decision.step), decision)
    case.state.ended_by_provider = EndedByProvider(by=decision.by, reason=kept(decision.reason), at=case.now)
    del case.state.parked[decision.step]
    consent.shown(
        case,
        msg("{short} says that the provider ended it: {reason}", short=decision.by.short, reason=decision.reason),
        decision.by,
    )
    return accepted(
        msg("the run purges nothing any more and goes on to what proves the end: handover and verification")
    )


def _take_over(case: Case, decision: Resolve, asked: StepState) -> Judgement:
    """A person knows what became of a call without an answer, or looks for themselves: nobody has to wait longer."""
    if decision.remedy is Remedy.RETRY:
        asked.status, asked.lost_answers = StepStatus.PENDING, 0
        return accepted(msg("{step} is sent again, unless the provider shows that it took effect", step=decision.step))
    if not may_skip(case, decision.step):
        return _not_skipped(decision)
    _skip(case, asked, decision)
    consent.shown(
        case,
        msg(
            "{short} says that {step} took effect: {reason}",
            short=decision.by.short,
            step=decision.step,
            reason=decision.reason,
        ),
        decision.by,
    )
    return accepted(
        msg("{step} is skipped: by {short}'s word it took effect", step=decision.step, short=decision.by.short)
    )


def _skip(case: Case, step: StepState, decision: Resolve) -> None:
    step.status, step.ended_at, step.done_by = StepStatus.SKIPPED, case.now, decision.by
    step.skipped_because = kept(decision.reason)


def _not_skipped(decision: Resolve) -> Judgement:
    return refused(
        msg("{step} cannot be skipped: what follows relies on it. Retry it or roll the run back.", step=decision.step)
    )


def may_skip(case: Case, step_id: str) -> bool:
    """Whether an operator may leave a step out. Undoing may always be left out: the rest is then done by hand."""
    return undone_step(step_id) is not None or case.plan.may_skip(case.plan.step(step_id))
