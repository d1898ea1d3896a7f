"""A human act on a run, and the answer to it. An update and a plain signal carry the same `Decision`."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from unrack.model.assurance import Assurance
from unrack.model.base import Frozen, Moment, is_default
from unrack.model.evidence import EvidenceRef
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.people import PersonName, Why, WhyIfAny, same_name
from unrack.model.policy_ref import PolicyDigest, PolicyRef
from unrack.model.shortened import quoted
from unrack.model.statement import Proof, Refusal

DecisionId = Annotated[str, Field(min_length=8, max_length=100, pattern=r"^[!-~]+$")]
"""Visible ASCII without spaces: it is repeated as it came, in terminals, too."""

Name = Annotated[str, Field(max_length=500)]
"""The target of a decision. Whatever a sender writes stays in the history, so nothing is without a bound."""


InstallationHoldId = Annotated[str, Field(pattern=r"^a[1-9][0-9]{0,8}$", max_length=10)]
"""``a1``, ``a2``: a hold of the whole installation."""


Fingerprint = Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$", max_length=50)]
"""A key, as OpenSSH prints its fingerprint."""


class Actor(Frozen):
    """Who acts."""

    name: PersonName
    assurance: Assurance = Assurance.STATED
    issuer: Name | None = None
    """The identity provider by which the console knew the person, when it vouched."""
    fingerprint: Fingerprint | None = Field(default=None, exclude_if=is_default)
    """The key with which the person signed, or the console."""
    authority: Fingerprint | None = Field(default=None, exclude_if=is_default)
    """The authority whose certificate stood for that key; None: the policy itself names the key."""

    def is_same_as(self, other: "Actor") -> bool:
        """Whether both are one person, however the name is spelt and whoever vouched for it."""
        return same_name(self.name, other.name)

    @property
    def short(self) -> str:
        """The name as messages repeat it."""
        return quoted(self.name)


def _claims_nothing(actor: Actor) -> Actor:
    return actor if actor == Actor(name=actor.name) else Actor(name=actor.name)


Sender = Annotated[Actor, AfterValidator(_claims_nothing)]
"""Who sent something, as it is taken in: a name that somebody stated. That it was verified, and by whom, counts only
where Unrack itself verified it, never because the sender writes so."""


class _Act(Frozen):
    id: DecisionId
    """Made by the sender; the same id is the same decision, however often it arrives."""
    by: Sender
    proof: Proof | None = Field(default=None, exclude_if=is_default)
    """The sender's signature, with exactly what was signed. It counts once a worker verified it."""
    policy: PolicyDigest | None = Field(default=None, exclude_if=is_default)
    """Digest of the policy that the sender saw. What rules when it arrives is what it is judged by."""


class Complete(_Act):
    """A task is done; `fields` and `evidence` prove it."""

    kind: Literal["complete"] = "complete"
    step: Name
    fields: dict[Name, Annotated[str, Field(max_length=4000)]] = Field(default_factory=dict, max_length=100)
    evidence: Annotated[tuple[EvidenceRef, ...], Field(max_length=200)] = ()


class Reject(_Act):
    """A task cannot be done as written."""

    kind: Literal["reject"] = "reject"
    step: Name
    reason: Why


class Approve(_Act):
    """This very plan may run."""

    kind: Literal["approve"] = "approve"
    plan: Name
    """Digest of the plan that was looked at."""
    revision: Annotated[int, Field(ge=1)] = 1
    """The consent revision that was looked at; 1 is the plan as it was launched."""


class Withdraw(_Act):
    """Takes one's own approval back, while the run still waits for approvals, or takes an extension back."""

    kind: Literal["withdraw"] = "withdraw"
    reason: Why
    extension: Name | None = Field(default=None, exclude_if=is_default)
    """The extension that is taken back, as ``e1``; None: the approval."""


class Reactivate(_Act):
    """Roll the run back: undo what was done, in reverse order."""

    kind: Literal["reactivate"] = "reactivate"
    reason: Why


class Abort(_Act):
    """Stop a run that has touched nothing yet."""

    kind: Literal["abort"] = "abort"
    reason: Why


class _Move(_Act):
    by_span: Annotated[timedelta, Field(gt=timedelta(0))] | None = None
    to: Moment | None = Field(default=None, exclude_if=is_default)
    """The new end, in place of a span."""
    reason: Why

    @model_validator(mode="after")
    def _by_or_to(self) -> Self:
        if (self.by_span is None) == (self.to is None):
            raise ValueError(msg("say either by how much the end moves, or where to"))
        return self


class Extend(_Move):
    """Move the end of grace to a later time."""

    kind: Literal["extend"] = "extend"


class Shorten(_Move):
    """Move the end of grace to an earlier time, never below the runbook's minimum."""

    kind: Literal["shorten"] = "shorten"


class HoldScope(StrEnum):
    """The calls that a hold stops."""

    ALL = "all"
    """Every call that would change the service forward, and the purge."""
    PURGE = "purge"
    """The purge alone."""


class Hold(_Act):
    """Nothing changes the service forward while a hold stands; the clock goes on unless the runbook says otherwise."""

    kind: Literal["hold"] = "hold"
    reason: Why
    scope: HoldScope = HoldScope.ALL
    until: Moment | None = Field(default=None, exclude_if=is_default)
    """The provider's time at which it ends by itself, of a hold of the whole installation the real time; None: when
    it is released."""
    from_all: InstallationHoldId | None = Field(default=None, exclude_if=is_default)
    """The installation's hold that this one comes from, as ``a1``; None: of this run alone."""


class Release(_Act):
    """Lifts holds: the sender's own, one by its id, somebody's, or all of them."""

    kind: Literal["release"] = "release"
    reason: WhyIfAny = ""
    """Why. Needed for what other people hold."""
    everyone: bool = False
    """Lift the holds of other people too; needs a reason."""
    hold: Name | None = Field(default=None, exclude_if=is_default)
    """Lift only the hold with this id; needs a reason when it is somebody else's."""
    owner: Name | None = Field(default=None, exclude_if=is_default)
    """Lift only this person's holds; needs a reason when that is somebody else."""
    from_all: InstallationHoldId | None = Field(default=None, exclude_if=is_default)
    """Lift what this hold of the whole installation put on the run, as ``a1``; nothing else lifts that."""


class FreezeRun(_Act):
    """Nothing is purged between two moments: a freeze that the plan's calendars did not know."""

    kind: Literal["freeze"] = "freeze"
    begins: Moment
    ends: Moment
    name: Annotated[Why, Field(max_length=200)]
    reason: Why

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError(msg("a freeze ends after it begins"))
        return self


class Unfreeze(_Act):
    """Takes a freeze off this run, whether a calendar or a decision set it."""

    kind: Literal["unfreeze"] = "unfreeze"
    freeze: Name
    """Its id, as the status shows it."""
    reason: Why


class Remedy(StrEnum):
    """The way to deal with a parked step."""

    RETRY = "retry"
    SKIP = "skip"
    ENDED = "ended"
    """The provider ended the service by itself, and nobody can take that back: what is left is handover and proof."""


class Resolve(_Act):
    """Decides on a parked step."""

    kind: Literal["resolve"] = "resolve"
    step: Name
    remedy: Remedy
    reason: Why


class Amend(_Act):
    """Replaces what was stated or proved when a task was completed. The old one stays in the history."""

    kind: Literal["amend"] = "amend"
    step: Name
    fields: dict[Name, Annotated[str, Field(max_length=4000)]] = Field(default_factory=dict, max_length=100)
    """The fields that change; the others stay as they were stated."""
    evidence: Annotated[tuple[EvidenceRef, ...], Field(max_length=200)] = ()
    """The proofs that change, by type; the others stay."""
    reason: Why

    @model_validator(mode="after")
    def _amends_something(self) -> Self:
        if not self.fields and not self.evidence:
            raise ValueError(msg("say which field or proof changes"))
        return self


class Note(_Act):
    """A remark for everybody who reads the run. It decides nothing."""

    kind: Literal["note"] = "note"
    text: Why


Decision = Annotated[
    Complete
    | Amend
    | Note
    | Reject
    | Approve
    | Withdraw
    | Reactivate
    | Abort
    | Extend
    | Shorten
    | Hold
    | Release
    | FreezeRun
    | Unfreeze
    | Resolve,
    Field(discriminator="kind"),
]


class Envelope(Frozen):
    """The one argument of the update ``decide`` and the signal ``decision``."""

    decision: Decision


class Verdict(StrEnum):
    """The run's judgement on a decision."""

    ACCEPTED = "accepted"
    ALREADY = "already"
    """The same was decided before; nothing changed."""
    CONFLICT = "conflict"
    """Something else was decided before; nothing changed."""
    REFUSED = "refused"
    """It is not allowed."""
    NOT_OPEN = "not-open"
    """Nothing waits for this."""
    INVALID = "invalid"
    """The form or the evidence is incomplete."""


class DecisionResult(Frozen):
    """The workflow's judgement of a decision. Only the workflow judges."""

    decision: str
    verdict: Verdict
    message: MessageText
    """Short; it repeats nothing of the input at length."""
    at: Moment
    why: Refusal | None = Field(default=None, exclude_if=is_default)
    """Why it does not count, where that has to do with who sent it and how it was signed."""
    assurance: Assurance | None = Field(default=None, exclude_if=is_default)
    """How sure it was who decided; None where no policy rules and names are as stated."""
    fingerprint: Fingerprint | None = Field(default=None, exclude_if=is_default)
    """The key that proved it."""
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy by which it was judged."""

    @property
    def good(self) -> bool:
        """Whether what the sender wanted holds now."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.ALREADY)
