"""Whose key it is that somebody decides with, by the policy as far as it is known here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from unrack.model.access import person_of
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.policy import Person, Policy
from unrack.model.statement import USUAL_LIFE, Principal
from unrack.operations.signing import Signer, Told

if TYPE_CHECKING:
    from unrack.signing.sign import SigningKey

_PRINCIPAL: TypeAdapter[str] = TypeAdapter(Principal)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person said of who decides and how."""

    by: Actor
    """Who they say that they are, or the system's user."""
    named: bool = False
    """Whether they said so."""
    key: str | None = None
    """The key that they named."""
    unsigned: bool = False
    life: timedelta = USUAL_LIFE


def signer_of(wishes: Wishes, policy: Policy | None, told: Told) -> Signer:
    """The person with their key.

    Raises:
        UnrackError: there is no key (``INVALID``), or it is another person's than the one who was named (``DENIED``).
    """
    from unrack.signing.sign import SigningKey  # noqa: PLC0415 - most commands sign nothing

    try:
        key = SigningKey.find(wishes.key)
    except UnrackError as error:
        raise _no_key(error.problem) from error
    return Signer(key, _principal(policy, key, wishes), wishes.life, told)


def owner_of(policy: Policy, key: "SigningKey") -> Person | None:
    """Whose key it is by the policy, itself or by its certificate; None: nobody's."""
    certificate = key.certificate
    if certificate is None:
        return _one(policy, key.fingerprint, ())
    return _one(policy, certificate.authority.fingerprint, certificate.principals)


def _one(policy: Policy, fingerprint: str, certified: tuple[str, ...]) -> Person | None:
    owners = [
        person
        for person, key in policy.by_fingerprint.get(fingerprint, ())
        if not key.authority or person.principal in certified
    ]
    return owners[0] if len(owners) == 1 else None


def _principal(policy: Policy | None, key: "SigningKey", wishes: Wishes) -> str:
    owner = owner_of(policy, key) if policy is not None else None
    if policy is None or owner is None:
        found = person_of(policy, wishes.by.name) if policy is not None else None
        return found.principal if found is not None else _as_principal(wishes.by.name)
    if wishes.named and person_of(policy, wishes.by.name) is not owner:
        raise _not_theirs(key, owner, wishes.by.name)
    return owner.principal


def _as_principal(name: str) -> str:
    try:
        return _PRINCIPAL.validate_python(name)
    except ValidationError as error:
        raise _problem(
            Category.INVALID,
            msg("'{name}' cannot sign: it is no principal of a policy, as alice@example.org", name=name),
            msg("say who you are in the policy with --as, or name the policy with UNRACK_POLICY"),
        ) from error


def _not_theirs(key: "SigningKey", owner: Person, name: str) -> UnrackError:
    return _problem(
        Category.DENIED,
        msg(
            "the key {fingerprint} ({source}) is {owner}'s by the policy, and not {name}'s; nothing was sent",
            fingerprint=key.fingerprint,
            source=key.source,
            owner=owner.principal,
            name=name,
        ),
        msg("leave --as out, or name your own key with --key"),
    )


def _no_key(problem: Problem) -> UnrackError:
    message = msg("this must be signed, and nothing was sent: {message}", message=problem.message)
    return UnrackError(problem.model_copy(update={"message": message}))


def _problem(category: Category, message: str, suggestion: str) -> UnrackError:
    return UnrackError(Problem(category=category, message=message, suggestion=suggestion))
