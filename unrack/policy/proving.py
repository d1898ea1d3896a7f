"""Who a decision is from, and whether that person may decide it: the signature by `unrack.signing`, the rest by policy.

Everything is judged at the time at which the decision arrived, by the server's clock. What the signed text says of run
and plan was compared by the workflow; here it counts who signed these very bytes, with which key, and when.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from unrack.contracts.verifying import Checked, EndedKey, ToVerify, UsedKey
from unrack.model.access import (
    KeyFault,
    Place,
    Right,
    assurance_of,
    console_key_fault,
    fault_at,
    groups_of,
    key_fault,
    key_of,
    passed_over,
    person_of,
    quorum_for,
    right_of,
    same_person,
)
from unrack.model.actions import STOPS
from unrack.model.assurance import Assurance
from unrack.model.authority import MOST_KEYS, Access
from unrack.model.decision import Actor
from unrack.model.installation_hold import PlaceHold
from unrack.model.message import msg
from unrack.model.policy import Key, Person, Policy, Revoked
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action
from unrack.model.statement import HoldAllStatement, Proof, Refusal, SignatureRefused, Verified, Vouching, read_proof
from unrack.signing.verify import verify

MOST_PASSED_OVER = 100
"""People of whom one answer says that they were passed over: fifty such answers must fit into what the server takes."""


def ref_of(policy: Policy) -> PolicyRef:
    """The policy as records name it."""
    return PolicyRef(version=policy.version, digest=policy.digest)


def access_by(policy: Policy, place: Place) -> Access:
    """What a run at `place` knows of `policy`."""
    keys = sorted(_keys_that_stop(policy, place))
    return Access(
        stated=False,
        policy=ref_of(policy),
        installation=policy.installation,
        keys=tuple(keys[:MOST_KEYS]),
        too_many_keys=len(keys) > MOST_KEYS,
        needs={action: assurance_of(policy, action) for action in Action},
        quorum=quorum_for(policy, place),
        duties=policy.duties,
    )


def _keys_that_stop(policy: Policy, place: Place) -> set[str]:
    """Of everybody who may stop the run somewhere: on one of its steps, too."""
    stopping = (
        person for person in policy.people if any(_may_somewhere(policy, person, action, place) for action in STOPS)
    )
    consoles = {key.fingerprint for key in policy.console_keys}
    return consoles | {key.fingerprint for person in stopping for key in person.keys}


def _may_somewhere(policy: Policy, person: Person, action: Action, place: Place) -> bool:
    if right_of(policy, person.principal, action, place) is not Right.NONE:
        return True
    groups = groups_of(policy, person.principal)
    steps = {grant.where.step for grant in policy.grants if action in grant.actions and groups & set(grant.groups)}
    glass = policy.break_glass
    steps |= {glass.where.step} if glass is not None else set()
    on_steps = (replace(place, step=_some(step)) for step in steps if step is not None)
    return any(right_of(policy, person.principal, action, each) is not Right.NONE for each in on_steps)


def _some(step: str) -> str:
    """A step that a scope names, or one of those that it names."""
    return f"{step[:-2]}.any" if step.endswith(".*") else step


def checked(policy: Policy, item: ToVerify, place: Place, known: Iterable[str]) -> Checked:
    """Who `item` is from, by `policy`, and by what right.

    Args:
        policy: The policy that rules.
        item: The decision.
        place: Where the run acts.
        known: Names by which the run knows people; see `VerifyCall.people`.
    """
    try:
        person, by = proved(policy, item.by, item.proof, item.at)
    except SignatureRefused as refused:
        return Checked(id=item.id, why=refused.refusal, words=refused.words)
    there = _selected(item) or replace(place, step=item.step)
    right = right_of(policy, person.principal, item.action, there)
    over = passed_over(policy, person.principal, item.action, there) if right is Right.BREAK_GLASS else ()
    return Checked(
        id=item.id,
        by=by.model_copy(update={"name": _known_as(policy, person, known)}),
        groups=tuple(sorted(groups_of(policy, person.principal))),
        right=right,
        passed_over=tuple(each.principal for each in over[:MOST_PASSED_OVER]),
    )


def ended_keys(policy: Policy, used: Iterable[UsedKey], at: datetime) -> tuple[EndedKey, ...]:
    """Of these keys those that count no more at a time: revoked, expired, or not in the policy any more."""
    return tuple(ended for each in used if (ended := _ended(policy, each, at)) is not None)


def _ended(policy: Policy, used: UsedKey, at: datetime) -> EndedKey | None:
    """As it would be judged now. One that was certified can end by itself, and with its authority."""
    if used.authority is not None and (revoked := _revoked(policy, used.fingerprint, at)) is not None:
        return EndedKey(key=used, fault=KeyFault.REVOKED, why=revoked.why)
    found = _as_used(policy, used)
    fault = KeyFault.UNKNOWN if found is None else fault_at(found, at)
    if fault is None or fault is KeyFault.NOT_YET:
        return None
    why = found.revoked.why if found is not None and found.revoked is not None else ""
    return EndedKey(key=used, fault=fault, by_authority=used.authority is not None, why=why)


def _as_used(policy: Policy, used: UsedKey) -> Key | None:
    """What the policy has by which it counted: the key, the console's, or the authority's."""
    if used.vouched:
        return next((key for key in policy.console_keys if key.fingerprint == used.fingerprint), None)
    found = key_of(policy, used.authority or used.fingerprint, used.by)
    return found[1] if found is not None and found[1].authority is (used.authority is not None) else None


def next_key_end(policy: Policy, after: datetime) -> datetime | None:
    """When the next key ends by itself, or is revoked at a time that is still to come; None: none does."""
    keys = (*policy.console_keys, *(key for person in policy.people for key in person.keys))
    ends = [end for key in keys for end in (key.valid_before, key.revoked.at if key.revoked else None)]
    return min((end for end in ends if end is not None and end >= after), default=None)


def _selected(item: ToVerify) -> Place | None:
    """For a hold of the whole installation: what it selects, which is more than this run."""
    if item.action is not Action.HOLD_ALL or item.proof is None:
        return None
    statement = read_proof(item.proof).statement
    if not isinstance(statement, HoldAllStatement):
        return None
    which = PlaceHold.model_validate(statement.order).which
    return Place(provider=which.provider, account=which.account)


def proved(policy: Policy, name: str, proof: Proof | None, at: datetime) -> tuple[Person, Actor]:
    """The person whose decision this is, and how sure that is.

    Args:
        policy: The policy that rules.
        name: Who it says that it is from.
        proof: The signature; None: the name alone says it.
        at: The server's time at which it arrived.

    Raises:
        SignatureRefused: nobody proved to be that person.
    """
    claimed = person_of(policy, name)
    if proof is None:
        return _stated(claimed, name)
    read = read_proof(proof)
    if (untimely := read.untimely(at)) is not None:
        raise untimely
    signer = person_of(policy, read.statement.signer)
    if signer is None:
        raise SignatureRefused(
            Refusal.KEY_UNKNOWN,
            msg(
                "version {version} of the policy knows nobody called {signer}. `unrack whoami` says whose a key is",
                version=policy.version,
                signer=read.statement.signer[:60],
            ),
        )
    if claimed is None or signer.principal != claimed.principal:
        raise SignatureRefused(
            Refusal.KEY_UNKNOWN,
            msg("it is from {name}, and signed for {signer}", name=name[:60], signer=read.statement.signer[:60]),
        )
    return signer, _signed_by(policy, signer, read.statement.signer, proof, at)


def _stated(claimed: Person | None, name: str) -> tuple[Person, Actor]:
    if claimed is None:
        raise SignatureRefused(Refusal.RIGHT_MISSING, msg("the policy knows nobody called {name}", name=name[:60]))
    return claimed, Actor(name=claimed.principal)


def _signed_by(policy: Policy, signer: Person, written: str, proof: Proof, at: datetime) -> Actor:
    found = verify(proof.message, proof.signature)
    if found.certificate is not None:
        _refuse_certified(policy, signer, found, found.certificate, at)
        _refuse_certificate(written, found.certificate, at)
    elif console_key_fault(policy, found.fingerprint, at) is not KeyFault.UNKNOWN:
        return _vouched(policy, signer, found, at)
    else:
        _refuse_key(policy, signer, found, at)
    authority = found.certificate.authority if found.certificate is not None else None
    return Actor(name=signer.principal, assurance=Assurance.SIGNED, fingerprint=found.fingerprint, authority=authority)


def _vouched(policy: Policy, signer: Person, found: Verified, at: datetime) -> Actor:
    if (fault := console_key_fault(policy, found.fingerprint, at)) is not None:
        raise _key(fault, found.fingerprint, msg("the console"))
    issuer = signer.oidc.issuer if signer.oidc else None
    return Actor(name=signer.principal, assurance=Assurance.VOUCHED, issuer=issuer, fingerprint=found.fingerprint)


def _refuse_certified(policy: Policy, signer: Person, found: Verified, vouching: Vouching, at: datetime) -> None:
    """Refuse a certificate that is not of an authority that may sign for the signer, or over a key that is revoked.

    As OpenSSH has it, a certificate counts by its authority alone, even over a key that the policy lists.
    """
    name = signer.principal
    fault = key_fault(policy, vouching.authority, at, name)
    if fault is None and not _is_authority(policy, vouching.authority, name, certificate=True):
        fault = KeyFault.UNKNOWN
    if fault is not None:
        raise _key(fault, vouching.authority, name)
    if _revoked(policy, found.fingerprint, at) is not None:
        raise _key(KeyFault.REVOKED, found.fingerprint, name)


def _revoked(policy: Policy, fingerprint: str, at: datetime) -> Revoked | None:
    """What the policy says of this key, whoever has it: a stolen one is not saved by a certificate."""
    owners = policy.by_fingerprint.get(fingerprint, ())
    return next((key.revoked for _, key in owners if fault_at(key, at) is KeyFault.REVOKED), None)


def _refuse_key(policy: Policy, signer: Person, found: Verified, at: datetime) -> None:
    """Refuse a key that is not the signer's then."""
    fault = key_fault(policy, found.fingerprint, at, signer.principal)
    if fault is None and not _is_authority(policy, found.fingerprint, signer.principal, certificate=False):
        fault = KeyFault.UNKNOWN
    if fault is not None:
        raise _key(fault, found.fingerprint, signer.principal)


def _is_authority(policy: Policy, fingerprint: str, name: str, *, certificate: bool) -> bool:
    """Whether the policy has this key of the person, for the use that was made of it."""
    found = key_of(policy, fingerprint, name)
    return found is not None and found[1].authority is certificate


def _refuse_certificate(written: str, vouching: Vouching, at: datetime) -> None:
    """As OpenSSH has it, it must name the signer as the statement does, letter by letter."""
    if written not in vouching.principals:
        raise _key(KeyFault.UNKNOWN, vouching.authority, written)
    if vouching.valid_after is not None and at < vouching.valid_after:
        raise _key(KeyFault.NOT_YET, vouching.authority, written)
    if vouching.valid_before is not None and at >= vouching.valid_before:
        raise _key(KeyFault.EXPIRED, vouching.authority, written)


def _key(fault: KeyFault, fingerprint: str, name: str) -> SignatureRefused:
    key = fingerprint[:19]
    match fault:
        case KeyFault.UNKNOWN:
            words = msg("the policy does not know the key {key} as one of {name}", key=key, name=name)
        case KeyFault.REVOKED:
            words = msg("the key {key} of {name} is revoked", key=key, name=name)
        case KeyFault.NOT_YET:
            words = msg("the key {key} of {name} does not count yet", key=key, name=name)
        case KeyFault.EXPIRED:
            words = msg("the key {key} of {name} does not count any more", key=key, name=name)
    return SignatureRefused(Refusal(fault.value), words)


def _known_as(policy: Policy, person: Person, known: Iterable[str]) -> str:
    return next((name for name in known if same_person(policy, name, person.principal)), person.principal)
