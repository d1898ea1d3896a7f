"""What a run knows of the policy that rules it, and the decisions that nobody has judged yet. Pure data.

A run carries no policy: it carries what its workflow must know without asking anybody. Whose a key is and what its
owner may, a worker says, by the policy that rules then.
"""

from pydantic import Field

from unrack.model.assurance import Assurance
from unrack.model.base import Frozen, Moment, is_default
from unrack.model.decision import Actor, DecisionResult
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action, Duties

MOST_KEYS = 2_000
"""Keys that a run knows by heart. Where more people may stop it, every key does until its decision is judged."""

MOST_DENIED = 20
MOST_BROKEN = 20


class GlassBroken(Frozen):
    """Somebody used a right that is for emergencies alone."""

    by: Actor
    action: Action
    decision: str
    at: Moment
    """The provider's time."""
    passed_over: tuple[str, ...] = ()
    """Principals of those who had the right by a grant; the first ones, if they are many."""


class Access(Frozen):
    """By what a run judges who decides. The default is a run without a policy: everybody is who they say."""

    stated: bool = True
    """Whether names count as they are stated: no policy rules the run."""
    allowed_stated: bool = Field(default=False, exclude_if=is_default)
    """Whether the provider is real and a worker was told to do without a policy. It is shown wherever the run is."""
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy that ruled when somebody was verified last."""
    installation: str = Field(default="", exclude_if=is_default)
    """The name of the installation, which signatures bind."""
    execution: str = Field(default="", exclude_if=is_default)
    """The run id of the run's first execution, which signatures bind."""
    keys: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Fingerprints of the keys and authorities of everybody who may stop this run."""
    too_many_keys: bool = Field(default=False, exclude_if=is_default)
    """Whether there are more than it carries."""
    needs: dict[Action, Assurance] = Field(default_factory=dict[Action, Assurance], exclude_if=is_default)
    """How sure it must be who acts, by action; signed where nothing is said."""
    quorum: dict[str, int] = Field(default_factory=dict[str, int], exclude_if=is_default)
    """How many people of which groups must approve, beside the number that the plan asks for."""
    duties: Duties = Field(default_factory=Duties)
    broken_glass: tuple[GlassBroken, ...] = Field(default=(), exclude_if=is_default)
    """Uses of emergency rights, the last ones; the mark never goes."""
    glass: int = Field(default=0, exclude_if=is_default)
    """How many there ever were."""
    ended_keys: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Fingerprints of keys that decided here, count no more, and of which people were told."""

    def need(self, action: Action) -> Assurance:
        """How sure it must be who does `action`, at least."""
        return Assurance.STATED if self.stated else self.needs.get(action, Assurance.SIGNED)

    def may_stop(self, fingerprint: str) -> bool:
        """Whether a decision with this key keeps the run from going on until it is judged."""
        return self.too_many_keys or fingerprint in self.keys

    def ruled_by(self, other: "Access") -> "Access":
        """This access under what another policy says; what the run itself remembers stays."""
        kept = {name: getattr(self, name) for name in ("execution", "broken_glass", "glass", "ended_keys")}
        return other.model_copy(update=kept)

    def broken(self, glass: GlassBroken) -> "Access":
        """This access, marked for ever by one more use of an emergency right."""
        more = (*self.broken_glass, glass)[-MOST_BROKEN:]
        return self.model_copy(update={"broken_glass": more, "glass": self.glass + 1})


class Unjudged(Frozen):
    """A decision that has arrived and that nobody has judged yet."""

    id: str
    kind: str
    by: str
    """Who it says that it is from."""
    since: Moment
    """The provider's time at which it arrived."""
    blocks: bool
    """Whether nothing changes the service until it is judged."""


class Denied(Frozen):
    """A decision that was refused before anybody knew who sent it, or whose sender may not decide it.

    It takes no decision id: whoever copies one in transit must not be able to use it up.
    """

    digest: str
    """Of the decision as it was sent."""
    answer: DecisionResult
