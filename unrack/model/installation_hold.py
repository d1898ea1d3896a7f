"""Holds of a whole installation: a register that is a pure fold over what was recorded, so that anybody can compute it.

The workflow that keeps the register, and everybody who reads it from the recorded signals without any worker, come to
the same holds under the same ids. So nothing here depends on when it is computed: times are taken over, never judged.
Every part is bounded, since anybody may send anything.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from unrack.model.base import Frozen, Moment, digest_of, is_default
from unrack.model.decision import DecisionId, HoldScope, InstallationHoldId, Sender
from unrack.model.message import joined, msg
from unrack.model.message_text import MessageText
from unrack.model.people import Why
from unrack.model.policy_register import (
    Policies,
    PoliciesOfWorkers,
    RegisterPolicy,
    of_workers,
    registered,
    silent_workers,
)
from unrack.model.statement import Proof

MOST_STANDING = 30
"""Holds that stand at once. Nobody needs as many; more would be a mistake or an attack, and runs carry them all."""

MOST_LIFTED = 50
"""Lifted holds that the register still knows in full; of older ones it knows that they were."""

MOST_ANSWERS = 500
"""Orders whose answer the register remembers, so that the same order twice is one."""

MOST_REFUSALS = 20

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
    """None: all that stand."""
    proof: OrderProof | None = Field(default=None, exclude_if=is_default)


Order = PlaceHold | LiftHolds
"""What people order."""


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


AnyOrder = PlaceHold | LiftHolds | RegisterPolicy
"""Everything that the register takes."""


class InstallationHold(Frozen):
    """A hold over every run that is meant, those to come included."""

    id: InstallationHoldId
    """``a1``, ``a2``: by which it is lifted. No id is used twice."""
    scope: HoldScope
    which: Selector
    by: Sender
    reason: Reason
    since: Moment
    """The server's time at which it was recorded."""
    until: Moment | None = None
    order: DecisionId
    """The order that placed it: what makes signals to runs repeatable."""
    proof: OrderProof | None = Field(default=None, exclude_if=is_default)

    def stands(self, now: datetime) -> bool:
        """Whether it has not ended by itself at the real time `now`."""
        return self.until is None or now < self.until

    def same_as(self, order: PlaceHold) -> bool:
        """Whether `order` asks for nothing but what this hold does."""
        mine = (self.scope, self.which, self.until, self.reason.strip())
        return mine == (order.scope, order.which, order.until, order.reason.strip()) and self.by.is_same_as(order.by)


class LiftedHold(Frozen):
    """A hold that was lifted, by whom and why."""

    hold: InstallationHold
    by: Sender
    reason: Reason
    at: Moment
    order: DecisionId
    proof: OrderProof | None = Field(default=None, exclude_if=is_default)


class Recorded(Frozen):
    """The recorded answer to an order."""

    holds: tuple[str, ...] = ()
    """Ids of the holds that stand, or no longer stand, as the order wants it."""
    refused: MessageText = ""
    """Why it was refused; empty when it was not."""


class HoldRegister(Frozen):
    """Every hold of the installation, as recorded so far."""

    placed: int = 0
    """How many there ever were: the ids count on."""
    standing: tuple[InstallationHold, ...] = ()
    """Those that nobody lifted; one that ended by itself stays until it is lifted or cleared away."""
    lifted: tuple[LiftedHold, ...] = ()
    """The last ones, oldest first."""
    answers: dict[str, Recorded] = Field(default_factory=dict)
    """By the order's id, oldest first."""
    policies: Policies = Field(default=(), exclude_if=is_default)
    """Those that workers registered, in the order in which they did."""
    workers: PoliciesOfWorkers = Field(default_factory=dict, exclude_if=is_default)
    silent: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """The workers that mail nobody, though their policy has addresses of people."""
    refusals: tuple[MessageText, ...] = ()
    """Messages about the last orders that could not be read."""

    def hold(self, hold: str) -> InstallationHold | None:
        """The standing hold with this id."""
        return next((each for each in self.standing if each.id == hold), None)

    def lift(self, hold: str) -> LiftedHold | None:
        """How the hold with this id was lifted, if that is still known."""
        return next((each for each in self.lifted if each.hold.id == hold), None)

    def over(self, provider: str, account: str, now: datetime) -> tuple[InstallationHold, ...]:
        """The holds that stand at `now` over a run at `provider` with the credential `account`."""
        return tuple(each for each in self.standing if each.stands(now) and each.which.matches(provider, account))

    def dated(self, hold: str, since: datetime) -> "HoldRegister":
        """The register with the exact time at which a hold was recorded."""
        known = tuple(e.model_copy(update={"since": since}) if e.id == hold else e for e in self.standing)
        return self.model_copy(update={"standing": known})

    def without_ended(self, now: datetime) -> "HoldRegister":
        """The register without the holds that ended by themselves before `now`."""
        return self.model_copy(update={"standing": tuple(each for each in self.standing if each.stands(now))})


def fold(register: HoldRegister, order: AnyOrder, at: datetime) -> HoldRegister:
    """The register after `order`, recorded `at`. The same order again changes nothing."""
    if isinstance(order, RegisterPolicy):
        policies, workers = registered(register.policies, order, at), of_workers(register.workers, order)
        silent = silent_workers(register.silent, order)
        return register.model_copy(update={"policies": policies, "workers": workers, "silent": silent})
    if order.id in register.answers:
        return register
    changed, answer = _place(register, order, at) if isinstance(order, PlaceHold) else _lift(register, order, at)
    kept = list(register.answers.items())[-(MOST_ANSWERS - 1) :]
    return changed.model_copy(update={"answers": {**dict(kept), order.id: answer}})


def refuse(register: HoldRegister, why: str) -> HoldRegister:
    """The register after something arrived that is no order."""
    return register.model_copy(update={"refusals": (*register.refusals, why[:300])[-MOST_REFUSALS:]})


def _place(register: HoldRegister, order: PlaceHold, at: datetime) -> tuple[HoldRegister, Recorded]:
    same = next((each for each in register.standing if each.same_as(order)), None)
    if same is not None:
        return register, Recorded(holds=(same.id,))
    if len(register.standing) >= MOST_STANDING:
        why = msg(
            "{most_standing} holds of the whole installation stand already: release some of them first",
            most_standing=MOST_STANDING,
        )
        return register, Recorded(refused=why)
    hold = InstallationHold(
        id=f"a{register.placed + 1}",
        scope=order.scope,
        which=order.which,
        by=order.by,
        reason=order.reason,
        since=at,
        until=order.until,
        order=order.id,
        proof=order.proof,
    )
    more = {"placed": register.placed + 1, "standing": (*register.standing, hold)}
    return register.model_copy(update=more), Recorded(holds=(hold.id,))


def _lift(register: HoldRegister, order: LiftHolds, at: datetime) -> tuple[HoldRegister, Recorded]:
    if order.hold is not None and (refusal := _unknown(register, order.hold)):
        return register, Recorded(refused=refusal)
    gone = tuple(each for each in register.standing if order.hold in (None, each.id))
    if not gone:
        return register, Recorded(holds=(order.hold,) if order.hold else ())
    said = {"by": order.by, "reason": order.reason, "at": at, "order": order.id, "proof": order.proof}
    lifts = (LiftedHold.model_validate({"hold": each, **said}) for each in gone)
    less = {
        "standing": tuple(each for each in register.standing if each not in gone),
        "lifted": (*register.lifted, *lifts)[-MOST_LIFTED:],
    }
    return register.model_copy(update=less), Recorded(holds=tuple(each.id for each in gone))


def _unknown(register: HoldRegister, hold: str) -> str:
    """Why there is no such hold to lift; empty when there is, or was."""
    if int(hold[1:]) <= register.placed:
        return ""
    known = ", ".join(each.id for each in register.standing) or "none"
    return msg("the installation has no hold {hold}; those that stand: {known}", hold=hold, known=known)
