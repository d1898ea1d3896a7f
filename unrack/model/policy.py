"""The policy: who people are, by which keys, and who may decide what. Frozen data.

The names of fields are those of ``policy.yaml``, with hyphens there. What must fit together is in
`unrack/policy/check_*.py`, what follows from it in `unrack.model.access`.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from unrack.model.assurance import Assurance
from unrack.model.base import digest_of
from unrack.model.key_blob import PublicKey
from unrack.model.lifecycle import Phase, Timing
from unrack.model.message import msg
from unrack.model.people import OneLine, PersonName, Principal, Why, normal_name
from unrack.model.policy_ref import MOST_VERSION
from unrack.model.rights import Action, Duties, PolicyPart
from unrack.model.shortened import quoted
from unrack.model.ssh_key import LONGEST, read_public_key

_UTC = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$"


def _utc(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        if re.fullmatch(_UTC, value):
            return datetime.fromisoformat(value)
    except ValueError:  # as the 31st of April
        pass
    raise ValueError(msg("'{value}' is not a time in UTC: write it as 2027-01-31T00:00:00Z", value=quoted(value, 40)))


def _whole_seconds_in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0) or moment.microsecond:
        raise ValueError(msg("a time in a policy is in UTC and in whole seconds, as 2027-01-31T00:00:00Z"))
    return moment


UtcMoment = Annotated[
    datetime,
    AfterValidator(_whole_seconds_in_utc),
    BeforeValidator(_utc),
    WithJsonSchema({"type": "string", "pattern": _UTC}),
]
"""A time in UTC and whole seconds: what OpenSSH's lists can say, and no two readers understand differently."""


def _key_text(text: str) -> str:
    return read_public_key(text).text


PublicKeyText = Annotated[
    str,
    AfterValidator(_key_text),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(ssh|ecdsa|sk)-[a-z0-9@.-]+ +[A-Za-z0-9+/=]+", "maxLength": LONGEST}
    ),
]
"""``<type> <base64>``; a comment is dropped, and what is no public key is refused with what is wrong."""

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
"""Lower-case words joined by hyphens."""

Mail = Annotated[str, Field(pattern=r"^[^\s@:/]+@[^\s@:/]+$", max_length=254)]


class Revoked(PolicyPart):
    """From when a key counts no more, and why."""

    at: UtcMoment
    """What was signed from then on is refused; what was decided before stays."""
    why: Why


class Key(PolicyPart):
    """A public key."""

    key: PublicKeyText
    """As OpenSSH writes it: type and base64; a comment behind them is ignored."""
    valid_after: UtcMoment | None = None
    """The first second at which it counts."""
    valid_before: UtcMoment | None = None
    """The last second at which it counts."""
    revoked: Revoked | None = None
    authority: bool = False
    """Whether it signs certificates: then those that name this person count, and the key itself signs no decision."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_after and self.valid_before and self.valid_before <= self.valid_after:
            raise ValueError(msg("'valid-before' does not come after 'valid-after'"))
        return self

    @cached_property
    def public(self) -> PublicKey:
        """The key taken apart."""
        return read_public_key(self.key)

    @property
    def fingerprint(self) -> str:
        """``SHA256:…`` as OpenSSH prints it."""
        return self.public.fingerprint


class OidcSubject(PolicyPart):
    """How an identity provider knows a person."""

    issuer: Annotated[str, Field(pattern=r"^https://[!-~]+$", max_length=500)]
    subject: Annotated[str, Field(pattern=r"^[!-~]+$", max_length=255)]
    """The claim ``sub``: unlike a name or an address, it is never given to somebody else."""


class Person(PolicyPart):
    """One human being, however many names and keys they have."""

    principal: Principal
    names: Annotated[tuple[PersonName, ...], Field(max_length=20)] = ()
    """Other names that mean this person."""
    keys: Annotated[tuple[Key, ...], Field(max_length=50)] = ()
    """Present and past ones; a key that was ever used stays, with its dates."""
    oidc: OidcSubject | None = None
    languages: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...], Field(max_length=10)] = ()
    """What they read, the best first."""
    tell: Annotated[tuple[Mail, ...], Field(max_length=10)] = ()
    """Mail addresses at which they are told what concerns them."""


class Scope(PolicyPart):
    """Where something applies. Everything that is written must hold; what is left out may be anything."""

    provider: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$", max_length=60)] | None = None
    account: Annotated[OneLine, Field(max_length=100)] | None = None
    """The name of the credential, as requests give it."""
    product: Slug | None = None
    runbook: Slug | None = None
    step: Annotated[str, Field(pattern=r"^[a-z]+\.([a-z][a-z0-9-]*|\*)$", max_length=100)] | None = None
    """A step, as ``handover.remove-cable``, or every step of a phase, as ``handover.*``."""
    timing: Timing | None = None

    @model_validator(mode="after")
    def _phase_is_known(self) -> Self:
        phases = [phase.value for phase in Phase]
        if self.step is not None and self.step.partition(".")[0] not in phases:
            raise ValueError(
                msg("'{step}' begins with no phase; these are: {phases}", step=self.step, phases=", ".join(phases))
            )
        return self

    @property
    def written(self) -> dict[str, str]:
        """Everything that is written, by name."""
        return self.model_dump(mode="json", exclude_none=True)


Members = Annotated[tuple[Principal, ...], Field(max_length=1000)]


class Grant(PolicyPart):
    """The right to some actions, for everybody in some groups."""

    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=len(Action))]
    groups: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100)]
    where: Scope = Scope()


class Quorum(PolicyPart):
    """How many people of which groups must approve. One person fills one seat of one group."""

    of: Annotated[dict[Slug, Annotated[int, Field(ge=1, le=10)]], Field(min_length=1, max_length=10)]
    where: Scope = Scope()


class BreakGlass(PolicyPart):
    """The emergency: a group of its own that may pass over others, seen by everybody and never forgotten."""

    group: Slug
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=len(Action))]
    where: Scope = Scope()


class Policy(PolicyPart):
    """Who may decide what in one installation. It is reviewed like a runbook."""

    version: Annotated[int, Field(ge=1, le=MOST_VERSION)]
    """Raised with every reviewed change; the highest that workers registered rules."""
    installation: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    """The name of this installation. Signatures bind it, so that none counts in another."""
    people: Annotated[tuple[Person, ...], Field(min_length=1, max_length=1000)]
    groups: Annotated[dict[Slug, Members], Field(min_length=1, max_length=100)]
    """The principals of each group."""
    grants: Annotated[tuple[Grant, ...], Field(min_length=1, max_length=200)]
    quorums: Annotated[tuple[Quorum, ...], Field(max_length=20)] = ()
    """Every one that applies to a run counts, beside the number that the runbook asks for."""
    duties: Duties = Duties()
    break_glass: BreakGlass | None = None
    assurance: dict[Action, Assurance] = Field(default_factory=dict[Action, Assurance])
    """How sure it must be who acts, where that is not as usual: vouched for claim, note and assign, else signed."""
    console_keys: Annotated[tuple[Key, ...], Field(max_length=20)] = ()
    """The keys with which the console vouches for who is logged in."""

    @cached_property
    def digest(self) -> str:
        """Equal exactly when two policies say the same: comments, layout and comments of keys do not count."""
        return digest_of(self.model_dump(mode="json"))

    @cached_property
    def by_fingerprint(self) -> dict[str, tuple[tuple[Person, Key], ...]]:
        """Whose key a fingerprint is; of an authority, everybody for whom it may sign certificates."""
        found: dict[str, list[tuple[Person, Key]]] = {}
        for person, key in self._keys():
            found.setdefault(key.fingerprint, []).append((person, key))
        return {each: tuple(those) for each, those in found.items()}

    @cached_property
    def by_name(self) -> dict[str, Person]:
        """Every person by the normal form of their principal and of each of their names."""
        return {
            normal_name(name): person for person in reversed(self.people) for name in (*person.names, person.principal)
        }

    @cached_property
    def groups_by_principal(self) -> dict[str, frozenset[str]]:
        """The groups of everybody who is in one."""
        found: dict[str, set[str]] = {}
        for group, members in self.groups.items():
            for member in members:
                found.setdefault(member, set()).add(group)
        return {member: frozenset(groups) for member, groups in found.items()}

    def _keys(self) -> Iterator[tuple[Person, Key]]:
        return ((person, key) for person in self.people for key in person.keys)
