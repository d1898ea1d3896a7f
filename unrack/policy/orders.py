"""Which holds of the whole installation count: those that somebody with the right signed, until such a one lifts them.

The register takes what anybody sends; it is the same for everybody who reads it, and verifies nothing.
"""

from datetime import datetime

from unrack.contracts.installation_holds import HoldsResult
from unrack.model.access import Place, Right, assurance_of, right_of
from unrack.model.base import Frozen
from unrack.model.decision import Actor
from unrack.model.installation_hold import InstallationHold, LiftedHold, LiftHolds, PlaceHold, Selector
from unrack.model.policy import Person, Policy
from unrack.model.rights import Action
from unrack.model.statement import (
    MOST_AHEAD,
    HoldAllStatement,
    Proof,
    SignatureRefused,
    act_of,
    read_statement,
    same_act,
)
from unrack.policy.proving import proved


def orders_that_count(policy: Policy, found: HoldsResult, now: datetime) -> HoldsResult:
    """What of `found` counts by `policy`. Keys and rights are judged at the time at which an order was recorded."""
    lifted = tuple(each for each in found.lifted if is_lifted(policy, each))
    not_lifted = tuple(each.hold for each in found.lifted if each not in lifted and each.hold.stands(now))
    stands = tuple(each for each in (*found.standing, *not_lifted) if is_placed(policy, each))
    left_out = tuple(each.id for each in found.standing if each not in stands)
    return HoldsResult(standing=stands, lifted=lifted, left_out=left_out)


def is_placed(policy: Policy, hold: InstallationHold) -> bool:
    """Whether somebody who may hold what it selects ordered this hold."""
    order = PlaceHold(
        id=hold.order, by=hold.by, reason=hold.reason, scope=hold.scope, which=hold.which, until=hold.until
    )
    said = _said(policy, hold.by, hold.proof, hold.since)
    return said is not None and _may(policy, said, Action.HOLD_ALL, hold.which) and _same(policy, said, order)


def is_lifted(policy: Policy, lift: LiftedHold) -> bool:
    """Whether somebody who may release what the hold selects ordered its end.

    An order to lift every hold lifts those that stood when it was signed.
    """
    said = _said(policy, lift.by, lift.proof, lift.at)
    if said is None or not _may(policy, said, Action.RELEASE_ALL, lift.hold.which):
        return False
    one, every = (LiftHolds(id=lift.order, by=lift.by, reason=lift.reason, hold=each) for each in (lift.hold.id, None))
    stood = said.statement is None or lift.hold.since <= said.statement.at + MOST_AHEAD
    return _same(policy, said, one) or (stood and _same(policy, said, every))


class _Said(Frozen):
    """An order, with who gave it."""

    person: Person
    by: Actor
    statement: HoldAllStatement | None
    """What was signed; None: nothing was."""


def _said(policy: Policy, by: Actor, proof: Proof | None, at: datetime) -> _Said | None:
    try:
        person, actor = proved(policy, by.name, proof, at)
        statement = read_statement(proof.signed.encode()) if proof is not None else None
    except SignatureRefused:
        return None
    if statement is not None and not isinstance(statement, HoldAllStatement):
        return None
    return _Said(person=person, by=actor, statement=statement)


def _may(policy: Policy, said: _Said, action: Action, which: Selector) -> bool:
    place = Place(provider=which.provider, account=which.account)
    enough = said.by.assurance.suffices_for(assurance_of(policy, action))
    return enough and right_of(policy, said.person.principal, action, place) is not Right.NONE


def _same(policy: Policy, said: _Said, order: PlaceHold | LiftHolds) -> bool:
    """Whether this is what was signed, for this installation."""
    if said.statement is None:
        return True
    here = said.statement.installation == policy.installation
    return here and same_act(said.statement.order, act_of(order))
