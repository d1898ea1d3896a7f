"""What a workflow sees for itself of a decision's proof, before anybody verifies the signature. Pure.

What is refused here costs no activity. What passes is about this very run, plan and decision, in time, and signed for
a decision; who signed it nobody knows yet.
"""

from dataclasses import dataclass
from datetime import datetime

from unrack.model.actions import FOR_THIS_REVISION, action_of
from unrack.model.assurance import Assurance
from unrack.model.decision import Approve, Decision, Hold, Release
from unrack.model.installation_hold import LiftHolds, PlaceHold, told_as
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.policy import Action
from unrack.model.sshsig import SshSignature, read_signature
from unrack.model.state import RunState
from unrack.model.statement import (
    NAMESPACE,
    HoldAllStatement,
    Proof,
    Read,
    Refusal,
    SignatureRefused,
    Statement,
    act_of,
    read_proof,
    same_act,
)
from workflows.decisions.course import stale


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a decision does not count."""

    why: Refusal
    words: str


def action_in(state: RunState, decision: Decision) -> Action:
    """The action that `decision` is on this run."""
    return action_of(decision, [each.freeze.id for each in state.freezes])


def fault(plan: Plan, state: RunState, decision: Decision, at: datetime) -> Fault | None:
    """Why `decision`, which arrived at the real time `at`, does not count, as far as anybody can tell by looking."""
    if decision.proof is None:
        return _unsigned(state, decision)
    try:
        _for_a_decision(read_signature(decision.proof.signature))
        read = read_proof(decision.proof)
    except SignatureRefused as refused:
        return Fault(refused.refusal, refused.words)
    return _foreign(plan, state, decision, read) or _untimely(state, decision, read, at)


def key_shown(proof: Proof | None) -> str | None:
    """Fingerprint of the key that a proof claims, of a certificate that of its authority; None when there is none."""
    if proof is None:
        return None
    try:
        signature = read_signature(proof.signature)
    except SignatureRefused:
        return None
    return (signature.certificate.authority if signature.certificate else signature.key).fingerprint


def stale_by_now(state: RunState, decision: Decision) -> Fault | None:
    """Whether the consent changed since `decision` was looked at: others were judged while it was being verified."""
    if decision.proof is None or action_in(state, decision) not in FOR_THIS_REVISION:
        return None
    return _stale(state, decision, read_proof(decision.proof))


def _unsigned(state: RunState, decision: Decision) -> Fault | None:
    action = action_in(state, decision)
    if state.access.need(action) is Assurance.STATED:
        return None
    words = msg("'{action}' must be signed, and this is only stated by {name}", action=action, name=decision.by.short)
    return Fault(Refusal.UNSIGNED, words)


def _for_a_decision(signature: SshSignature) -> None:
    if signature.namespace != NAMESPACE:
        words = msg(
            "it was signed for '{made_for}', and a decision is signed for '{namespace}'",
            made_for=signature.namespace[:60],
            namespace=NAMESPACE,
        )
        raise SignatureRefused(Refusal.NAMESPACE, words)


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


def _untimely(state: RunState, decision: Decision, read: Read, at: datetime) -> Fault | None:
    match read.time_fault(at):
        case Refusal.EXPIRED:
            until = msg("it could be sent until {until}", until=f"{read.statement.expires:%Y-%m-%d %H:%M %Z}")
            return Fault(Refusal.EXPIRED, until)
        case Refusal.AHEAD:
            signed = f"{read.statement.at:%Y-%m-%d %H:%M %Z}"
            words = msg("it says that it was signed at {signed}, which is still to come: set that clock", signed=signed)
            return Fault(Refusal.AHEAD, words)
        case _:
            return _stale(state, decision, read)


def _stale(state: RunState, decision: Decision, read: Read) -> Fault | None:
    revision = read.statement.revision if isinstance(read.statement, Statement) else state.revision
    if action_in(state, decision) not in FOR_THIS_REVISION or revision >= state.revision:
        return None
    return Fault(Refusal.STALE, stale(state, revision))
