"""What a workflow sees for itself of a decision's proof, before anybody verifies the signature. Pure.

What is refused here costs no activity. What passes is about this very run, plan and decision, in time, and signed for
a decision; who signed it nobody knows yet.
"""

from datetime import datetime

from unrack.model.actions import FOR_THIS_REVISION, action_of
from unrack.model.assurance import Assurance
from unrack.model.decision import Approve, Decision, Hold, Release
from unrack.model.installation_hold import LiftHolds, PlaceHold, told_as
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.rights import Action
from unrack.model.state import RunState
from unrack.model.statement import (
    HoldAllStatement,
    Read,
    Refusal,
    Statement,
    act_of,
    same_act,
)
from workflows.decisions.course import stale
from workflows.decisions.inspection import Fault
from workflows.decisions.line import Arrival


def action_in(state: RunState, decision: Decision) -> Action:
    """The action that `decision` is on this run."""
    return action_of(decision, [each.freeze.id for each in state.freezes])


def fault(plan: Plan, state: RunState, arrival: Arrival) -> Fault | None:
    """Why the decision that arrived does not count, as far as anybody can tell by looking."""
    decision, seen = arrival.decision, arrival.seen
    if decision.proof is None:
        return _unsigned(state, decision)
    if seen.read is None:
        return seen.fault
    since = arrival.since or arrival.at
    return _foreign(plan, state, decision, seen.read) or _untimely(state, decision, seen.read, arrival.at, since)


def stale_by_now(state: RunState, arrival: Arrival) -> Fault | None:
    """Whether the consent changed since the decision was looked at: others were judged while it was being verified."""
    read = arrival.seen.read
    return None if read is None else _stale(state, arrival.decision, read)


def _unsigned(state: RunState, decision: Decision) -> Fault | None:
    action = action_in(state, decision)
    if state.access.need(action) is Assurance.STATED:
        return None
    words = msg("'{action}' must be signed, and this is only stated by {name}", action=action, name=decision.by.short)
    return Fault(Refusal.UNSIGNED, words)


def _foreign(plan: Plan, state: RunState, decision: Decision, read: Read) -> Fault | None:
    statement, access = read.statement, state.access
    if statement.installation != access.installation:
        return _other(Refusal.FOREIGN_RUN, msg("installation"), statement.installation, access.installation)
    match statement:
        case Statement():
            return _foreign_statement(plan, state, decision, statement)
        case HoldAllStatement():
            return _foreign_order(plan, decision, statement)
        case _:
            return Fault(Refusal.ALTERED, msg("what was signed is a launch, and not this decision"))


def _foreign_statement(plan: Plan, state: RunState, decision: Decision, statement: Statement) -> Fault | None:
    run, access = str(plan.run_id), state.access
    if statement.run != run:
        return _other(Refusal.FOREIGN_RUN, msg("run"), statement.run, run)
    if statement.execution != access.execution:
        return _other(Refusal.FOREIGN_RUN, msg("execution of this run"), statement.execution, access.execution)
    if statement.plan != plan.digest:
        return _other(Refusal.FOREIGN_PLAN, msg("plan"), statement.plan, plan.digest)
    return _altered(decision, statement)


def _altered(decision: Decision, statement: Statement) -> Fault | None:
    if not same_act(statement.act, act_of(decision)):
        return Fault(Refusal.ALTERED, msg("what was signed is another decision than the one that was sent"))
    if isinstance(decision, Hold | Release) and decision.from_all is not None:
        return Fault(Refusal.ALTERED, msg("a hold of the whole installation is signed as an order to it, not to a run"))
    if isinstance(decision, Approve) and decision.revision != statement.revision:
        return Fault(Refusal.ALTERED, msg("it approves another revision than the one for which it was signed"))
    return None


def _other(why: Refusal, what: str, signed: str, here: str) -> Fault:
    return Fault(
        why, msg("it was signed for another {what}: {signed}, not {here}", what=what, signed=signed[:80], here=here)
    )


def _foreign_order(plan: Plan, decision: Decision, statement: HoldAllStatement) -> Fault | None:
    """A hold of the whole installation arrives at each run with the order's own proof."""
    try:
        fits = _is_of_order(plan, decision, statement)
    except ValueError:
        fits = False
    words = msg("what was signed is another order than the one that this comes from")
    return None if fits else Fault(Refusal.ALTERED, words)


def _is_of_order(plan: Plan, decision: Decision, statement: HoldAllStatement) -> bool:
    if isinstance(decision, Hold) and decision.from_all is not None:
        order = PlaceHold.model_validate(statement.order)
        return decision.id == told_as(order.id, str(plan.run_id)) and _is_of_hold(plan, decision, order)
    if isinstance(decision, Release) and decision.from_all is not None:
        lift = LiftHolds.model_validate(statement.order)
        told = decision.id == told_as(lift.id, str(plan.run_id), decision.from_all)
        return told and _is_of_lift(decision, lift)
    return False


def _is_of_hold(plan: Plan, decision: Hold, order: PlaceHold) -> bool:
    meant = order.which.matches(plan.provider, plan.service.account)
    alike = (order.by, order.reason, order.scope, order.until) == (
        decision.by,
        decision.reason,
        decision.scope,
        decision.until,
    )
    return meant and alike


def _is_of_lift(decision: Release, order: LiftHolds) -> bool:
    """An order lifts the holds that it names, and none that was set since: their ids are used once."""
    return (order.by, order.reason) == (decision.by, decision.reason) and decision.from_all in order.named


def _untimely(state: RunState, decision: Decision, read: Read, at: datetime, since: datetime) -> Fault | None:
    """Times are compared here and decide what the run does next, which a replay must do alike.

    It does: both times are those at which the server says that workflow tasks were started. They stand in the history,
    and the SDK gives them to the workflow as they stand there: live, in a replay, on a worker that remembers nothing,
    after a worker's death, with whatever clock the worker's machine has. A query on a worker that does not know the run
    may show it at an earlier time; that worker forgets the run at once (ADR 21), so that nothing of it lasts.
    """
    refused = read.untimely(at)
    if refused is None:
        return _stale(state, decision, read)
    if refused.refusal is Refusal.EXPIRED and read.time_fault(since) is not Refusal.EXPIRED:
        return _stale(state, decision, read)  # the server may have had it in time: a worker looks when it came
    return Fault(refused.refusal, refused.words)


def _stale(state: RunState, decision: Decision, read: Read) -> Fault | None:
    revision = read.statement.revision if isinstance(read.statement, Statement) else state.revision
    if action_in(state, decision) not in FOR_THIS_REVISION or revision >= state.revision:
        return None
    return Fault(Refusal.STALE, stale(state, revision))
