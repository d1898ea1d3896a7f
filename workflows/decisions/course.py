"""Decisions on the course of a run: approve, withdraw, reactivate, abort."""

from unrack.model import approvals, progress
from unrack.model.decision import Abort, Approve, Reactivate, Withdraw
from unrack.model.lifecycle import Outcome
from unrack.model.message import msg
from unrack.model.shortened import kept, quoted
from unrack.model.state import GivenApproval, Rollback, RunState
from unrack.model.statement import Refusal
from workflows.decisions import consent, grace
from workflows.decisions.case import Case, Judgement, accepted, already, conflict, invalid, not_open, refused, stamp


def approve(case: Case, decision: Approve) -> Judgement:
    """One more person stands for this very plan, as it is by now."""
    state = case.state
    refusal = _not_to_approve(case, decision)
    if refusal is not None:
        return refusal
    given = GivenApproval(
        by=decision.by, plan=decision.plan, at=case.now, revision=decision.revision, groups=case.groups
    )
    state.approvals = [*state.approvals, given]
    return accepted(msg("approved by {short}; {missing}", short=decision.by.short, missing=_missing(case)))


def _not_to_approve(case: Case, decision: Approve) -> Judgement | None:
    state = case.state
    if decision.plan != case.plan.digest:
        return conflict(
            msg("that is another plan: this run carries {digest}", digest=case.plan.digest), Refusal.FOREIGN_PLAN
        )
    if decision.revision > state.revision:
        return invalid(
            msg(
                "there is no revision {revision} yet: the run is at {revision2}",
                revision=decision.revision,
                revision2=state.revision,
            )
        )
    if state.access.duties.launcher and decision.by.is_same_as(state.launched_by):
        return refused(
            msg("{short} launched the run; somebody else must approve it", short=decision.by.short), Refusal.DUTY
        )
    if any(given.by.is_same_as(decision.by) for given in state.approvals):
        return already(msg("{short} has approved; {missing}", short=decision.by.short, missing=_missing(case)))
    if approvals.standing(case.plan, state).complete:
        return not_open(msg("the run has all the approvals it needs"))
    return conflict(stale(state, decision.revision), Refusal.STALE) if decision.revision < state.revision else None


def withdraw(case: Case, decision: Withdraw) -> Judgement:
    """One's own approval is taken back while the run still waits for others; or an extension is taken back."""
    if decision.extension is not None:
        return grace.withdraw_extension(case, decision, decision.extension)
    state = case.state
    mine = [given for given in state.approvals if given.by.is_same_as(decision.by)]
    if not mine:
        return not_open(msg("{short} has not approved this run", short=decision.by.short))
    if approvals.standing(case.plan, state).complete:
        return refused(msg("the quorum was reached and the run has gone on: hold it or roll it back instead"))
    state.approvals = [given for given in state.approvals if given is not mine[0]]
    return accepted(
        msg("the approval of {short} is withdrawn; {missing}", short=decision.by.short, missing=_missing(case))
    )


def reactivate(case: Case, decision: Reactivate) -> Judgement:
    """The run rolls back, unless the point of no return is behind it."""
    state = case.state
    if state.rollback is not None:
        return _turned(state.rollback, Outcome.REACTIVATED)
    if state.passed_no_return_at is not None:
        return refused(_past_no_return(case))
    state.rollback = Rollback(to=Outcome.REACTIVATED, by=decision.by, reason=kept(decision.reason), at=case.now)
    return accepted(
        msg("the run rolls back as soon as the call under way has ended; what was done is undone in reverse order")
    )


def abort(case: Case, decision: Abort) -> Judgement:
    """The run stops, as long as it has touched nothing."""
    state = case.state
    if state.rollback is not None:
        return _turned(state.rollback, Outcome.ABORTED)
    if state.passed_no_return_at is not None:
        return refused(_past_no_return(case))
    touched = progress.touched(case.plan, state)
    if touched:
        named = ", ".join(step.id for step in touched)
        return refused(msg("{named} changed something already: reactivate the run, which takes it back", named=named))
    state.rollback = Rollback(to=Outcome.ABORTED, by=decision.by, reason=kept(decision.reason), at=case.now)
    return accepted(msg("the run is aborted; it has touched nothing"))


def too_late_forward(turn: Rollback) -> Judgement:
    """Refuses a decision on the way forward, once the run rolls back."""
    text = msg(
        "{short} decided '{value}' at {stamp}: {quoted}",
        short=turn.by.short,
        value=turn.to.value,
        stamp=stamp(turn.at),
        quoted=quoted(turn.reason),
    )
    return refused(msg("too late: {text}; only what belongs to the rollback is still decided", text=text))


def _turned(turn: Rollback, wanted: Outcome) -> Judgement:
    text = msg(
        "{short} decided '{value}' at {stamp}: {quoted}",
        short=turn.by.short,
        value=turn.to.value,
        stamp=stamp(turn.at),
        quoted=quoted(turn.reason),
    )
    return already(text) if turn.to is wanted else conflict(text)


def _past_no_return(case: Case) -> str:
    step = case.plan.no_return
    passed = case.state.passed_no_return_at
    title = msg("{id} ({title})", id=step.id, title=step.title) if step else msg("the point of no return")
    when = msg(" at {stamp}", stamp=stamp(passed)) if passed else ""
    return msg(
        "too late: the run passed its point of no return, {title},{when}; nothing can be undone from there",
        title=title,
        when=when,
    )


_CHANGES_TOLD = 300
"""Characters of what changed that an answer tells; the status tells all of it."""


def stale(state: RunState, revision: int) -> str:
    """What changed since `revision`, as an answer says it."""
    changed = quoted(consent.since(state, revision), _CHANGES_TOLD)
    return msg(
        "the run has changed since revision {revision}: {changed}. Look again, and approve revision {revision2}",
        revision=revision,
        changed=changed,
        revision2=state.revision,
    )


def _missing(case: Case) -> str:
    return approvals.standing(case.plan, case.state).words
