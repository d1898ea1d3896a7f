"""Who may do what, by a policy. Pure: workflow, worker and command judge alike, and nobody else judges.

Whoever acts is one person: all their names, keys and groups lead to one principal, and a principal counts once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unrack.model.assurance import Assurance
from unrack.model.ids import undone_step
from unrack.model.people import normal_name
from unrack.model.plan import Plan
from unrack.model.policy import Key, Person, Policy, Scope
from unrack.model.rights import LIGHT, Action
from unrack.model.seats import unfilled


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody acts. What does not apply is None: then nothing that is narrowed to it applies either."""

    provider: str | None = None
    account: str | None = None
    product: str | None = None
    runbook: str | None = None
    step: str | None = None
    """Id of the step, for actions on one."""
    timing: str | None = None


def place_of(plan: Plan, step: str | None = None) -> Place:
    """The place of the run of `plan`, at `step` where the action concerns one."""
    if step is not None:
        step = undone_step(step) or step  # who may do a step may take it back
    return Place(plan.provider, plan.service.account, plan.product, plan.runbook, step, plan.timing.value)


# People and keys


def person_of(policy: Policy, name: str) -> Person | None:
    """Who is meant by a principal or another name, however it is spelt."""
    return policy.by_name.get(normal_name(name))


def same_person(policy: Policy, one: str, other: str) -> bool:
    """Whether two names are of one person: by the policy, and of who is not in it by the normal form of the name."""
    return _identity(policy, one) == _identity(policy, other)


def key_of(policy: Policy, fingerprint: str, signer: str | None = None) -> tuple[Person, Key] | None:
    """The person whose key this is, and the key as the policy has it.

    Args:
        policy: The policy.
        fingerprint: ``SHA256:…`` of the key; of a certificate that of the authority's key that signed it.
        signer: The principal that a certificate names; needed where one authority signs for several people.
    """
    owners = policy.by_fingerprint.get(fingerprint, ())
    if signer is not None:
        owners = tuple(each for each in owners if same_person(policy, each[0].principal, signer))
    return owners[0] if len(owners) == 1 else None


def principal_of_key(policy: Policy, fingerprint: str, signer: str | None = None) -> Person | None:
    """The person whose key this is, see `key_of`."""
    found = key_of(policy, fingerprint, signer)
    return None if found is None else found[0]


class KeyFault(StrEnum):
    """Why a key does not count."""

    UNKNOWN = "key-unknown"
    REVOKED = "key-revoked"
    NOT_YET = "key-not-yet"
    EXPIRED = "key-expired"


def key_fault(policy: Policy, fingerprint: str, at: datetime, signer: str | None = None) -> KeyFault | None:
    """Why this key of a person does not count at a time; None when it does. Arguments as of `key_of`.

    As OpenSSH has it, `at` is judged in whole seconds, and the first and the last second of a key's time count.
    """
    found = key_of(policy, fingerprint, signer)
    return KeyFault.UNKNOWN if found is None else fault_at(found[1], at)


def console_key_fault(policy: Policy, fingerprint: str, at: datetime) -> KeyFault | None:
    """Like `key_fault`, of a key with which the console vouches."""
    found = next((key for key in policy.console_keys if key.fingerprint == fingerprint), None)
    return KeyFault.UNKNOWN if found is None else fault_at(found, at)


def fault_at(key: Key, at: datetime) -> KeyFault | None:
    """Why `key` does not count at a time; None when it does."""
    second = at.replace(microsecond=0)
    if key.revoked is not None and second >= key.revoked.at:
        return KeyFault.REVOKED
    if key.valid_after is not None and second < key.valid_after:
        return KeyFault.NOT_YET
    if key.valid_before is not None and second > key.valid_before:
        return KeyFault.EXPIRED
    return None


def _identity(policy: Policy, name: str) -> str:
    found = person_of(policy, name)
    return normal_name(name if found is None else found.principal)


# Rights


class Right(StrEnum):
    """By what somebody may do something."""

    GRANTED = "granted"
    BREAK_GLASS = "break-glass"
    """Only in an emergency: those passed over are told, and the run is marked for ever."""
    NONE = "none"


def groups_of(policy: Policy, principal: str) -> frozenset[str]:
    """The groups of a person, named by the principal or another name; none of a stranger."""
    found = person_of(policy, principal)
    return frozenset() if found is None else policy.groups_by_principal.get(found.principal, frozenset())


def may(policy: Policy, principal: str, action: Action, place: Place | None = None) -> bool:
    """Whether a grant gives this person the right, at `place` or, without one, anywhere. Duties are judged apart."""
    return right_of(policy, principal, action, place) is Right.GRANTED


def right_of(policy: Policy, principal: str, action: Action, place: Place | None = None) -> Right:
    """By what this person may do it, at `place` or, without one, anywhere."""
    groups = groups_of(policy, principal)
    if groups & granting_groups(policy, action, place):
        return Right.GRANTED
    glass = policy.break_glass
    if glass is not None and action in glass.actions and glass.group in groups and _applies(glass.where, place):
        return Right.BREAK_GLASS
    return Right.NONE


def granting_groups(policy: Policy, action: Action, place: Place | None = None) -> frozenset[str]:
    """The groups that a grant gives the right, at `place` or, without one, anywhere."""
    return frozenset(
        group
        for grant in policy.grants
        if action in grant.actions and _applies(grant.where, place)
        for group in grant.groups
    )


def who(policy: Policy, action: Action, place: Place | None = None) -> tuple[Person, ...]:
    """Everybody whom a grant gives the right, in the order of the policy; without a place, anywhere."""
    return tuple(person for person in policy.people if may(policy, person.principal, action, place))


def who_breaks_glass(policy: Policy, action: Action, place: Place | None = None) -> tuple[Person, ...]:
    """Everybody who may do it in an emergency alone."""
    rights = ((person, right_of(policy, person.principal, action, place)) for person in policy.people)
    return tuple(person for person, right in rights if right is Right.BREAK_GLASS)


def passed_over(policy: Policy, principal: str, action: Action, place: Place) -> tuple[Person, ...]:
    """The people to tell when this person broke the glass: everybody else who has the right by a grant."""
    return tuple(each for each in who(policy, action, place) if not same_person(policy, each.principal, principal))


def assurance_of(policy: Policy, action: Action) -> Assurance:
    """How sure it must be who does this, at least."""
    usual = Assurance.VOUCHED if action in LIGHT else Assurance.SIGNED
    return policy.assurance.get(action, usual)


def _applies(where: Scope, place: Place | None) -> bool:
    if place is None:
        return True
    return all(_fits(name, wanted, getattr(place, name)) for name, wanted in where.written.items())


def _fits(name: str, wanted: str, found: str | None) -> bool:
    if found is not None and name == "step" and wanted.endswith(".*"):
        return found.startswith(wanted[:-1])
    return found == wanted


# Quorums


def quorum_for(policy: Policy, place: Place) -> dict[str, int]:
    """How many of which groups must approve at `place`: of each group the largest number of all that applies."""
    return merged(quorum.of for quorum in policy.quorums if _applies(quorum.where, place))


def merged(quorums: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """One quorum that asks for what each of them asks."""
    found: dict[str, int] = {}
    for quorum in quorums:
        for group, number in quorum.items():
            found[group] = max(number, found.get(group, 0))
    return dict(sorted(found.items()))


def missing(quorum: Mapping[str, int], approvals: Iterable[tuple[str, Iterable[str]]]) -> dict[str, int]:
    """How many more people of which groups must approve, at least; empty when the quorum is complete.

    One person fills one seat of one group, and the best distribution counts: "two of network, one of finance" needs
    three people, and whoever is in both groups takes the seat that helps. Neither the order nor the number of a
    person's approvals changes the result.

    Args:
        quorum: The number of people by group.
        approvals: Of each the principal and their groups.
    """
    groups: dict[str, set[str]] = {}
    for principal, those in approvals:
        groups.setdefault(normal_name(principal), set()).update(those)
    return unfilled(quorum, groups)


def missing_of(policy: Policy, place: Place, approvers: Iterable[str]) -> dict[str, int]:
    """Like `missing`, of the quorum at `place`. Of `approvers`, by any of their names, only who may approve counts."""
    people = _people(policy, approvers)
    able = (each.principal for each in people if may(policy, each.principal, Action.APPROVE, place))
    return missing(quorum_for(policy, place), ((each, groups_of(policy, each)) for each in able))


def _people(policy: Policy, names: Iterable[str]) -> Iterator[Person]:
    return (found for name in names if (found := person_of(policy, name)) is not None)


# Separation of duties


class Duty(StrEnum):
    """A duty that one person must not have beside another."""

    LAUNCHER_APPROVES = "launcher-approves"
    REJECTER_COMPLETES = "rejecter-completes"
    LAUNCHER_SKIPS = "launcher-skips"


@dataclass(frozen=True, slots=True)
class Record:
    """What people did in a run so far, as far as separation of duties asks."""

    launcher: str | None = None
    """Who launched the run."""
    rejecters: tuple[str, ...] = ()
    """Who rejected the task that is to be completed."""


def duty_fault(policy: Policy, principal: str, action: Action, record: Record) -> Duty | None:
    """The separation of duties that this person would break; None when none. It holds in an emergency, too."""
    duties = policy.duties
    launched = record.launcher is not None and same_person(policy, record.launcher, principal)
    if action is Action.APPROVE and duties.launcher and launched:
        return Duty.LAUNCHER_APPROVES
    if action is Action.SKIP and duties.skipper and launched:
        return Duty.LAUNCHER_SKIPS
    rejected = any(same_person(policy, each, principal) for each in record.rejecters)
    if action is Action.COMPLETE and duties.rejecter and rejected:
        return Duty.REJECTER_COMPLETES
    return None
