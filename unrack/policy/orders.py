"""Which orders to the whole installation count: those that somebody with the right gave, as surely as the policy wants.

The register asks once, when an order arrives. A run that a policy rules asks again of what it reads there: whoever can
start the register anew in Temporal can write into it what they like.
"""

from datetime import datetime

import structlog

from unrack.contracts.installation_holds import HoldsResult, JudgeCall
from unrack.model.access import Place, Right, assurance_of, right_of
from unrack.model.base import Frozen
from unrack.model.decision import Actor
from unrack.model.installation_hold import InstallationHold, LiftedHold
from unrack.model.installation_order import (
    JudgedOrder,
    Judgement,
    LiftHolds,
    Order,
    PlaceHold,
    Selector,
    WaitingOrder,
)
from unrack.model.message import msg
from unrack.model.policy import Person, Policy
from unrack.model.rights import Action
from unrack.model.statement import (
    HoldAllStatement,
    Proof,
    Refusal,
    SignatureRefused,
    act_of,
    read_statement,
    same_act,
)
from unrack.policy.proving import proved, ref_of

log = structlog.stdlib.get_logger("unrack.worker")


def judgement_of(policy: Policy, call: JudgeCall) -> Judgement:
    """Which of these orders count by `policy`, each by the time at which it arrived."""
    return Judgement(judged=tuple(_judged(policy, each, call) for each in call.orders), policy=ref_of(policy))


def as_stated(call: JudgeCall) -> Judgement:
    """What is said of orders where no policy rules: they count as people stated them."""
    return Judgement(judged=tuple(JudgedOrder(digest=e.digest, at=e.at, by=e.order.by) for e in call.orders))


def orders_that_count(policy: Policy, found: HoldsResult, now: datetime) -> HoldsResult:
    """What of `found` counts by `policy`. Keys and rights are judged at the time at which an order was recorded."""
    lifted = tuple(each for each in found.lifted if _is_lifted(policy, each))
    not_lifted = tuple(each.hold for each in found.lifted if each not in lifted and each.hold.stands(now))
    meant = (*found.standing, *not_lifted)
    stands = tuple(placed for each in meant if (placed := _placed(policy, each)) is not None)
    known = {each.id for each in stands}
    left_out = tuple(each.id for each in found.standing if each.id not in known)
    return HoldsResult(standing=stands, lifted=lifted, left_out=left_out)


def counts(policy: Policy, waiting: WaitingOrder) -> bool:
    """Whether an order to hold runs that is not judged yet counts by `policy`."""
    return _judged(policy, waiting, JudgeCall(orders=())).by is not None


def _placed(policy: Policy, hold: InstallationHold) -> InstallationHold | None:
    """The hold, with who proved to have ordered it; None: nobody who may hold what it selects did."""
    order = PlaceHold(
        id=hold.order, by=hold.by, reason=hold.reason, scope=hold.scope, which=hold.which, until=hold.until
    )
    try:
        said = _said(policy, hold.by, hold.proof, hold.since)
        _refuse_other(policy, said, order)
        _refuse_without_right(policy, said, Action.HOLD_ALL, hold.which)
    except SignatureRefused:
        return None
    return hold.model_copy(update={"proven": said.by if said.statement is not None else None})


def _is_lifted(policy: Policy, lift: LiftedHold) -> bool:
    """Whether somebody who may release what the hold selects ordered its end; what was signed must name it."""
    try:
        said = _said(policy, lift.by, lift.proof, lift.at)
        _refuse_without_right(policy, said, Action.RELEASE_ALL, lift.hold.which)
        return said.statement is None or _is_of(policy, lift, said.statement)
    except (SignatureRefused, ValueError):
        return False


def _is_of(policy: Policy, lift: LiftedHold, statement: HoldAllStatement) -> bool:
    signed = LiftHolds.model_validate(statement.order)
    alike = (signed.id, signed.by, signed.reason) == (lift.order, lift.by, lift.reason)
    return alike and statement.installation == policy.installation and lift.hold.id in signed.named


def _judged(policy: Policy, waiting: WaitingOrder, call: JudgeCall) -> JudgedOrder:
    order = waiting.order
    try:
        said = _said(policy, order.by, order.proof, waiting.at)
        _refuse_other(policy, said, order)
        lifts = _allowed(policy, said, order, call.holds)
    except SignatureRefused as refused:
        return JudgedOrder(digest=waiting.digest, at=waiting.at, why=refused.refusal, words=refused.words)
    except Exception as error:
        log.exception("an order could not be verified", order=order.id, error=type(error).__name__)
        words = msg("its signature could not be verified")
        return JudgedOrder(digest=waiting.digest, at=waiting.at, why=Refusal.ALTERED, words=words)
    return JudgedOrder(digest=waiting.digest, at=waiting.at, by=said.by, lifts=lifts)


def _allowed(policy: Policy, said: "_Said", order: Order, holds: dict[str, Selector]) -> tuple[str, ...] | None:
    """The holds that somebody may lift by this order; None for an order that lifts none."""
    if isinstance(order, PlaceHold):
        _refuse_without_right(policy, said, Action.HOLD_ALL, order.which)
        return None
    if said.statement is not None and not order.named:
        words = msg("a signed order to lift holds names each of them, and this names none")
        raise SignatureRefused(Refusal.ALTERED, words)
    _refuse_unsure(policy, said, Action.RELEASE_ALL)
    meant = {hold: which for hold, which in holds.items() if not order.named or hold in order.named}
    may = tuple(hold for hold, which in meant.items() if _has_right(policy, said, Action.RELEASE_ALL, which))
    if not may:  # of what nobody knows here, too: who may lift nothing at all is told so
        _refuse_without_right(policy, said, Action.RELEASE_ALL, next(iter(meant.values()), None))
    return may


class _Said(Frozen):
    """An order, with who gave it."""

    person: Person
    by: Actor
    statement: HoldAllStatement | None
    """What was signed; None: nothing was."""


def _said(policy: Policy, by: Actor, proof: Proof | None, at: datetime) -> _Said:
    person, actor = proved(policy, by.name, proof, at)
    statement = read_statement(proof.signed.encode()) if proof is not None else None
    if statement is not None and not isinstance(statement, HoldAllStatement):
        raise SignatureRefused(Refusal.ALTERED, msg("what was signed is no order to the whole installation"))
    return _Said(person=person, by=actor, statement=statement)


def _has_right(policy: Policy, said: _Said, action: Action, which: Selector | None) -> bool:
    """Without a selector: whether they may do it anywhere."""
    place = Place(provider=which.provider, account=which.account) if which is not None else None
    return right_of(policy, said.person.principal, action, place) is not Right.NONE


def _refuse_unsure(policy: Policy, said: _Said, action: Action) -> None:
    if not said.by.assurance.suffices_for(assurance_of(policy, action)):
        words = msg("'{action}' must be signed, and this is only stated by {name}", action=action, name=said.by.short)
        raise SignatureRefused(Refusal.UNSIGNED, words)


def _refuse_without_right(policy: Policy, said: _Said, action: Action, which: Selector | None) -> None:
    _refuse_unsure(policy, said, action)
    if not _has_right(policy, said, action, which):
        words = msg("{short} has no right to '{action}' here", short=said.by.short, action=action)
        raise SignatureRefused(Refusal.RIGHT_MISSING, words)


def _refuse_other(policy: Policy, said: _Said, order: Order) -> None:
    """Refuse what was signed for another installation, or another order."""
    if said.statement is None:
        return
    if said.statement.installation != policy.installation:
        raise SignatureRefused(Refusal.FOREIGN_RUN, msg("it was signed for another {what}", what=msg("installation")))
    if not same_act(said.statement.order, act_of(order)):
        raise SignatureRefused(Refusal.ALTERED, msg("what was signed is another order than the one that was sent"))
