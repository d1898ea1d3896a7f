"""Who proved to be who: asked of a worker, which has the policy and verifies signatures. Touches no provider.

A workflow passes what it has checked itself (which run, which plan, what is decided, when it arrived); a worker says
whose the signature is and what that person may. The workflow judges.
"""

from abc import ABC, abstractmethod

from pydantic import Field
from temporalio import activity

from unrack.contracts.workflows import Resumption
from unrack.model.access import KeyFault, Place, Right
from unrack.model.authority import Access
from unrack.model.base import Frozen, Moment, is_default
from unrack.model.decision import Actor
from unrack.model.message_text import MessageText
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action
from unrack.model.statement import Proof, Refusal

MOST_TOGETHER = 50
"""Decisions that one call verifies."""

MOST_BYTES = 1_000_000
"""Bytes of proofs, as JSON, in one call: the server takes two million for all of its input."""


class AdmitCall(Frozen):
    """Somebody wants to launch a run, or to go on with one that is gone."""

    run: str
    execution: str
    """The run id of the run's first execution."""
    plan: str
    """Digest of the plan."""
    place: Place
    rehearsal: bool
    """Whether the provider was simulated when the facts were read. Each call that changes something proves it again."""
    by: str
    """Who it says that it is."""
    at: Moment
    """The server's time at which it began."""
    proof: Proof | None = None
    resumed: Resumption | None = None
    """Set when a run is resumed."""
    before: Access | None = None
    """Of a run that is resumed: by what it was judged until then."""
    revision: int = 1
    people: tuple[str, ...] = ()
    """Of a run that is resumed: see `VerifyCall`."""


class AdmitResult(Frozen):
    """Whether the run may begin, and by what its decisions are judged."""

    access: Access | None = None
    """None: it may not."""
    by: Actor | None = None
    """Who launched or resumed it, as far as that is proven."""
    right: Right = Field(default=Right.GRANTED, exclude_if=is_default)
    """By what that person may."""
    passed_over: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """As `Checked.passed_over`."""
    why: Refusal | None = None
    words: MessageText = ""
    """Why it may not."""
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy that says so; where it may begin, `access` names it."""


class ToVerify(Frozen):
    """One decision that the workflow found in order, as far as it can see."""

    id: str
    action: Action
    step: str | None = None
    by: str
    """Who it says that it is from."""
    at: Moment
    """The server's time at which it arrived: by this, keys and rights are judged."""
    since: Moment | None = None
    """The earliest time at which the server can have had it; None: it had it at `at`."""
    proof: Proof | None = None


class UsedKey(Frozen):
    """A key by which a decision of the run counts."""

    fingerprint: str
    authority: str | None = Field(default=None, exclude_if=is_default)
    """The authority whose certificate stood for it; None: the policy itself named the key."""
    by: str
    """Who decided with it, by the name by which the run knows them."""
    vouched: bool = Field(default=False, exclude_if=is_default)
    """Whether it is the console's, which vouched for people."""

    @property
    def name(self) -> str:
        """What tells it from other keys: one key counts by the policy, and apart from that by an authority."""
        return self.fingerprint if self.authority is None else f"{self.fingerprint}@{self.authority}"


class VerifyCall(Frozen):
    """Decisions in the order in which they arrived; none: the run only asks about keys."""

    run: str
    place: Place
    policy: PolicyRef | None
    """The policy that the run knows."""
    decisions: tuple[ToVerify, ...]
    people: tuple[str, ...] = ()
    """Names by which the run knows people already. Whoever is one of them keeps that name, whatever a later policy
    calls them: else one person could count twice."""
    keys: tuple[UsedKey, ...] = Field(default=(), exclude_if=is_default)
    """Keys by which earlier decisions of the run count: whether they still do, people must know."""
    at: Moment
    """The server's time at which it asks: by this, those keys are judged."""


class EndedKey(Frozen):
    """A key that decided in the run and counts no more by now. What it signed before stands."""

    key: UsedKey
    fault: KeyFault
    """`UNKNOWN`: the policy does not have it any more, or not its authority."""
    by_authority: bool = Field(default=False, exclude_if=is_default)
    """Whether it is the authority that counts no more."""
    why: str = ""
    """Why it was revoked, as the policy says."""


class Checked(Frozen):
    """Who one decision is from."""

    id: str
    by: Actor | None = None
    """None: nobody proved to be anybody."""
    groups: tuple[str, ...] = ()
    right: Right = Right.NONE
    passed_over: tuple[str, ...] = ()
    """Where the right is for emergencies alone: principals of those who have it by a grant."""
    why: Refusal | None = None
    words: MessageText = ""


class VerifyResult(Frozen):
    """Who the decisions are from, in their order."""

    checked: tuple[Checked, ...]
    policy: PolicyRef
    """The policy that rules."""
    access: Access | None = Field(default=None, exclude_if=is_default)
    """Set when that is another one than the run knows."""
    ended: tuple[EndedKey, ...] = Field(default=(), exclude_if=is_default)
    """Of the keys that the call asks about, those that count no more."""


class VerifyActivities(ABC):
    """Verifies signatures by the policy that rules."""

    @activity.defn(name="admit")
    @abstractmethod
    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Whether a run may begin."""

    @activity.defn(name="verify")
    @abstractmethod
    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from."""
