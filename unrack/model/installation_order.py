"""Orders to the whole installation: what people send, how it waits to be judged, and what a worker says of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from unrack.model.base import Frozen, Moment, digest_of, is_default
from unrack.model.decision import Actor, DecisionId, HoldScope, InstallationHoldId, Sender
from unrack.model.message import joined, msg
from unrack.model.message_text import MessageText
from unrack.model.people import Why
from unrack.model.policy_ref import PolicyRef
from unrack.model.statement import Proof, Refusal

MOST_STANDING = 30
"""Holds that stand at once. Nobody needs as many; more would be a mistake or an attack, and runs carry them all."""

Reason = Annotated[Why, Field(max_length=1000)]


MOST_PROVED = 9_000
"""Bytes of an order's proof as JSON, which is how the register travels: every run reads it, and all that it holds must
stay under the two million bytes that the server takes at once."""


def _short(proof: Proof) -> Proof:
    if proof.manifest is not None or len(proof.model_dump_json().encode()) > MOST_PROVED:
        raise ValueError(msg("an order is signed by itself, and its proof has at most {most} bytes", most=MOST_PROVED))
    return proof


OrderProof = Annotated[Proof, AfterValidator(_short)]
"""The signature of who ordered it. It counts where somebody verified it."""


class Selector(Frozen):
    """Which runs are meant: all, those of a provider, or those of an account."""

    provider: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,49}$")] | None = None
    account: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def matches(self, provider: str, account: str) -> bool:
        """Whether a run at `provider` with the credential `account` is meant."""
        return self.provider in (None, provider) and self.account in (None, account)

    @property
    def words(self) -> str:
        """The runs that are meant, in words."""
        whose = [msg("provider {name}", name=self.provider)] if self.provider else []
        whose += [msg("account {name}", name=self.account)] if self.account else []
        return msg("every run of {join}", join=joined(", ", whose)) if whose else msg("every run")


class PlaceHold(Frozen):
    """The order to hold every run that is meant."""

    kind: Literal["hold"] = "hold"
    id: DecisionId
    """Made by the sender; the same id is the same order, however often it arrives."""
    by: Sender
    reason: Reason
    scope: HoldScope = HoldScope.ALL
    which: Selector = Selector()
    until: Moment | None = None
    """The real time at which it ends by itself."""
    proof: OrderProof | None = Field(default=None, exclude_if=is_default)


class LiftHolds(Frozen):
    """The order to lift one hold of the installation, or all of them."""

    kind: Literal["release"] = "release"
    id: DecisionId
    by: Sender
    reason: Reason
    hold: InstallationHoldId | None = None
    """None: those of `holds`."""
    holds: Annotated[tuple[InstallationHoldId, ...], Field(max_length=MOST_STANDING)] = Field(
        default=(), exclude_if=is_default
    )
    """The holds that stood when it was ordered. None named at all: all that stand when it is judged. What is signed
    names each: no id is used twice, so that nobody who sends it again lifts what came later."""
    proof: OrderProof | None = Field(default=None, exclude_if=is_default)

    @property
    def named(self) -> tuple[str, ...]:
        """The holds that it names; empty: it means all."""
        return self.holds if self.hold is None else (self.hold, *self.holds)


Order = PlaceHold | LiftHolds
"""What people order."""


class WaitingOrder(Frozen):
    """An order that has arrived where a policy rules, and that no worker has judged yet: it does nothing."""

    order: Annotated[PlaceHold | LiftHolds, Field(discriminator="kind")]
    at: Moment
    """The server's time at which it arrived."""
    hold: InstallationHoldId | None = None
    """The id of the hold that it places, if it counts."""
    digest: str
    """Of all that was sent: whoever copies an order's id keeps no other order from being judged."""
    size: int
    """Bytes, as JSON."""


def waiting_order(order: Order, at: datetime, hold: str | None = None) -> WaitingOrder:
    """`order` as it waits."""
    size = len(order.model_dump_json().encode())
    return WaitingOrder(order=order, at=at, hold=hold, digest=digest_of_order(order), size=size)


def digest_of_order(order: Order) -> str:
    """Digest of everything that was sent, the signature included."""
    return digest_of(order.model_dump(mode="json"))


class JudgedOrder(Frozen):
    """What a worker says of one order."""

    digest: str
    at: Moment
    """When it arrived, exactly."""
    by: Actor | None = None
    """Who gave it, as far as that is proven; None: it does not count."""
    lifts: tuple[str, ...] | None = None
    """The holds that who gave it may lift; None: any."""
    why: Refusal | None = None
    words: MessageText = ""


class Judgement(Frozen):
    """What a worker says of orders."""

    judged: tuple[JudgedOrder, ...]
    policy: PolicyRef | None = None
    """The policy that says so; None: none rules, and orders count as they are stated."""


class DeniedOrder(Frozen):
    """An order that does not count. It changed nothing."""

    id: DecisionId
    kind: Literal["hold", "release"]
    by: Actor
    """Who it says that it is from."""
    at: Moment
    why: Refusal
    words: MessageText
    digest: str
    policy: PolicyRef | None = None
    """By which a worker judged it; None: nobody was asked."""


def told_as(order: str, run: str, lifts: str | None = None) -> str:
    """Id of the decision by which an order is told to a run, whoever tells it.

    An order places one hold, and lifts each but once: whoever copies one and sends it again gets the answer of then.

    Args:
        order: The order's id.
        run: The run's id.
        lifts: The hold that the order lifts; None: it places one.
    """
    content = {"order": order, "run": run} if lifts is None else {"order": order, "run": run, "hold": lifts}
    return f"{'hold' if lifts is None else 'release'}-{digest_of(content)[7:39]}"
