"""Holds of a whole installation: a register that is a pure fold over what was recorded, so that anybody can compute it.

The workflow that keeps the register, and everybody who reads it from the recorded signals without any worker, come to
the same holds under the same ids. So nothing here depends on when it is computed: times are taken over, never judged.
Every part is bounded, since anybody may send anything.

Where no policy rules, an order counts as it arrives. Where one does, it waits apart until a worker has judged it, and
does nothing until then (`unrack.model.judged_orders`).
"""

from datetime import datetime
from typing import Any, TypeGuard

from pydantic import Field

from unrack.model.base import Frozen, Moment, is_default
from unrack.model.decision import Actor, DecisionId, HoldScope, InstallationHoldId, Sender
from unrack.model.installation_order import (
    MOST_PROVED,
    MOST_STANDING,
    DeniedOrder,
    LiftHolds,
    Order,
    OrderProof,
    PlaceHold,
    Reason,
    Selector,
    WaitingOrder,
    digest_of_order,
    told_as,
    waiting_order,
)
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import (
    Policies,
    PoliciesOfWorkers,
    RegisterPolicy,
    of_workers,
    registered,
    silent_workers,
)
from unrack.model.statement import Refusal

__all__ = [
    "MOST_PROVED",
    "MOST_STANDING",
    "AnyOrder",
    "HoldRegister",
    "InstallationHold",
    "LiftHolds",
    "LiftedHold",
    "Order",
    "PlaceHold",
    "Recorded",
    "Selector",
    "counted",
    "denied",
    "fold",
    "refuse",
    "told_as",
]

MOST_LIFTED = 50
"""Lifted holds that the register still knows in full; of older ones it knows that they were."""

MOST_ANSWERS = 500
"""Orders whose answer the register remembers, so that the same order twice is one."""

MOST_REFUSALS = 20

MOST_WAITING = 50
"""Orders that wait until a worker takes them, beside those that one judges. More are refused at once."""

MOST_WAITING_BYTES = 200_000
"""And their bytes as JSON: they travel with the register from one history to the next."""

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
    proven: Actor | None = Field(default=None, exclude_if=is_default)
    """Who a worker says gave the order; None: they stated it."""

    @property
    def known(self) -> Actor:
        """Who gave the order, as sure as that is."""
        return self.proven or self.by

    def is_as_sure_as(self, by: Actor | None) -> bool:
        """Whether who gave the order is proven as well as `by` is: what is only stated stands for no signed order."""
        return by is None or self.known.assurance.suffices_for(by.assurance)

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
    proven: Actor | None = Field(default=None, exclude_if=is_default)
    """See `InstallationHold.proven`."""

    @property
    def known(self) -> Actor:
        """Who lifted it, as sure as that is."""
        return self.proven or self.by


class Recorded(Frozen):
    """The recorded answer to an order."""

    holds: tuple[str, ...] = ()
    """Ids of the holds that stand, or no longer stand, as the order wants it."""
    refused: MessageText = ""
    """Why it was refused; empty when it was not."""
    why: Refusal | None = Field(default=None, exclude_if=is_default)
    """In one word, where that has to do with who gave it and how it was signed."""
    waits: bool = Field(default=False, exclude_if=is_default)
    """No worker has judged it yet; `holds` are those that it places if it counts."""


class HoldRegister(Frozen):
    """Every hold of the installation, as recorded so far."""

    placed: int = 0
    """How many ids were given: they count on. Of an order that does not count the id stays unused."""
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
    waiting: tuple[WaitingOrder, ...] = Field(default=(), exclude_if=is_default)
    """Orders that no worker has taken yet, in order of arrival."""
    under_way: tuple[WaitingOrder, ...] = Field(default=(), exclude_if=is_default)
    """Those that a worker judges."""
    denied: tuple[DeniedOrder, ...] = Field(default=(), exclude_if=is_default)
    """The last ones that do not count, for who asks."""
    ruled: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy by which orders were judged last: there is no way back to an older one, or to none."""

    @property
    def unjudged(self) -> tuple[WaitingOrder, ...]:
        """Orders that do nothing yet, in order of arrival."""
        return (*self.under_way, *self.waiting)

    def waits(self, order: Order) -> Recorded | None:
        """That `order` waits to be judged; None: it does not."""
        digest = digest_of_order(order)
        found = next((each for each in self.unjudged if each.digest == digest), None)
        return found and Recorded(holds=(found.hold,) if found.hold else (), waits=True)

    def hold(self, hold: str) -> InstallationHold | None:
        """The standing hold with this id."""
        return next((each for each in self.standing if each.id == hold), None)

    def lift(self, hold: str) -> LiftedHold | None:
        """How the hold with this id was lifted, if that is still known."""
        return next((each for each in self.lifted if each.hold.id == hold), None)

    def placing(self, order: PlaceHold) -> InstallationHold | None:
        """The hold that `order` places, or the same one that stands or waits already; None: there is no place."""
        standing = tuple(each for each in self.standing if order.proof is None or each.proven is not None)
        if len(self.standing) >= MOST_STANDING:
            return next((each for each in standing if each.same_as(order)), None)
        waiting = (hold_of(each, each.order) for each in self.unjudged if _is_like(each.order, order))
        return next((each for each in (*standing, *waiting) if each.same_as(order)), None)

    def to_lift(self) -> tuple[str, ...]:
        """Ids of what an order to lift everything means: what stands, then what waits and is signed."""
        waiting = (each.hold for each in self.unjudged if each.hold is not None and each.order.proof is not None)
        return (*(each.id for each in self.standing), *waiting)[:MOST_STANDING]

    def over(self, provider: str, account: str, now: datetime) -> tuple[InstallationHold, ...]:
        """The holds that stand at `now` over a run at `provider` with the credential `account`."""
        return tuple(each for each in self.standing if each.stands(now) and each.which.matches(provider, account))

    def waiting_over(self, provider: str, account: str, now: datetime) -> tuple[WaitingOrder, ...]:
        """Orders to hold such a run that are not judged yet."""
        return tuple(each for each in self.unjudged if _is_over(each.order, provider, account, now))

    def dated(self, hold: str, since: datetime) -> "HoldRegister":
        """The register with the exact time at which a hold was recorded."""
        known = tuple(e.model_copy(update={"since": since}) if e.id == hold else e for e in self.standing)
        return self.model_copy(update={"standing": known})

    def without_ended(self, now: datetime) -> "HoldRegister":
        """The register without the holds that ended by themselves before `now`."""
        return self.model_copy(update={"standing": tuple(each for each in self.standing if each.stands(now))})


def _is_over(order: Order, provider: str, account: str, now: datetime) -> bool:
    if isinstance(order, LiftHolds):
        return False
    return (order.until is None or now < order.until) and order.which.matches(provider, account)


def _is_like(waiting: Order, order: PlaceHold) -> TypeGuard[PlaceHold]:
    """Whether it is as sure who gave it: an unsigned copy that was sent first stands for no signed order."""
    return isinstance(waiting, PlaceHold) and (waiting.proof is None) is (order.proof is None)


def fold(register: HoldRegister, order: AnyOrder, at: datetime) -> HoldRegister:
    """The register after `order`, recorded `at`. The same order again changes nothing."""
    if isinstance(order, RegisterPolicy):
        policies, workers = registered(register.policies, order, at), of_workers(register.workers, order)
        silent = silent_workers(register.silent, order)
        return register.model_copy(update={"policies": policies, "workers": workers, "silent": silent})
    if register.policies:
        return _arrived(register, order, at)
    if order.id in register.answers:
        return register
    hold = f"a{register.placed + 1}" if isinstance(order, PlaceHold) else None
    changed, answer = counted(register, waiting_order(order, at, hold), None)
    used = hold is not None and hold in answer.holds
    return answered(changed.model_copy(update={"placed": register.placed + used}), order, answer)


def answered(register: HoldRegister, order: Order, answer: Recorded) -> HoldRegister:
    """The register, which remembers the `answer` to `order`."""
    kept = list(register.answers.items())[-(MOST_ANSWERS - 1) :]
    return register.model_copy(update={"answers": {**dict(kept), order.id: answer}})


def denied(
    register: HoldRegister, waiting: WaitingOrder, why: Refusal, words: str, policy: PolicyRef | None = None
) -> HoldRegister:
    """The register after an order that does not count."""
    order = waiting.order
    new = DeniedOrder(
        id=order.id,
        kind=order.kind,
        by=order.by,
        at=waiting.at,
        why=why,
        words=words,
        digest=waiting.digest,
        policy=policy,
    )
    return register.model_copy(update={"denied": (*register.denied, new)[-MOST_REFUSALS:]})


def counted(
    register: HoldRegister, waiting: WaitingOrder, proven: Actor | None, may: tuple[str, ...] | None = None
) -> tuple[HoldRegister, Recorded]:
    """The register after an order that counts, and the answer to it.

    Args:
        register: The register before.
        waiting: The order, with the id of the hold that it places.
        proven: Who gave it, if that is proven.
        may: The holds that they may lift; None: any.
    """
    if isinstance(waiting.order, PlaceHold):
        return _place(register, waiting.order, waiting, proven)
    return _lift(register, waiting.order, waiting.at, proven, may)


def _arrived(register: HoldRegister, order: Order, at: datetime) -> HoldRegister:
    """Nothing here depends on what workers have said: whoever computes it may learn of that sooner or later."""
    placed = register.placed + isinstance(order, PlaceHold)
    waiting = waiting_order(order, at, f"a{placed}" if isinstance(order, PlaceHold) else None)
    if any(each.digest == waiting.digest for each in register.waiting):
        return register
    register = register.model_copy(update={"placed": placed})
    size = sum(each.size for each in register.waiting) + waiting.size
    if len(register.waiting) >= MOST_WAITING or size > MOST_WAITING_BYTES:
        words = msg("too many orders wait to be verified: send it again in a moment")
        return denied(register, waiting, Refusal.FLOOD, words)
    return register.model_copy(update={"waiting": (*register.waiting, waiting)})


def refuse(register: HoldRegister, why: str) -> HoldRegister:
    """The register after something arrived that is no order."""
    return register.model_copy(update={"refusals": (*register.refusals, why[:300])[-MOST_REFUSALS:]})


def _place(
    register: HoldRegister, order: PlaceHold, waiting: WaitingOrder, proven: Actor | None
) -> tuple[HoldRegister, Recorded]:
    same = next((each for each in register.standing if each.same_as(order) and each.is_as_sure_as(proven)), None)
    if same is not None:
        return register, Recorded(holds=(same.id,))
    if len(register.standing) >= MOST_STANDING:
        why = msg(
            "{most_standing} holds of the whole installation stand already: release some of them first",
            most_standing=MOST_STANDING,
        )
        return register, Recorded(refused=why)
    hold = hold_of(waiting, order, proven)
    return register.model_copy(update={"standing": (*register.standing, hold)}), Recorded(holds=(hold.id,))


def hold_of(waiting: WaitingOrder, order: PlaceHold, proven: Actor | None = None) -> InstallationHold:
    """The hold that `order` places, under the id that was given when it arrived."""
    return InstallationHold(
        id=waiting.hold or "",
        scope=order.scope,
        which=order.which,
        by=order.by,
        reason=order.reason,
        since=waiting.at,
        until=order.until,
        order=order.id,
        proof=order.proof,
        proven=proven,
    )


def _lift(
    register: HoldRegister, order: LiftHolds, at: datetime, proven: Actor | None, may: tuple[str, ...] | None
) -> tuple[HoldRegister, Recorded]:
    if order.hold is not None and (refusal := _unknown(register, order.hold)):
        return register, Recorded(refused=refusal)
    named = tuple(each for each in register.standing if not order.named or each.id in order.named)
    gone = tuple(each for each in named if may is None or each.id in may)
    said = {"by": order.by, "reason": order.reason, "at": at, "order": order.id, "proof": order.proof, "proven": proven}
    register, again = _lifted_again(register, order, said, may)
    if not gone:
        return register, Recorded(holds=again or ((order.hold,) if order.hold else ()))
    lifts = (LiftedHold.model_validate({"hold": each, **said}) for each in gone)
    less = {
        "standing": tuple(each for each in register.standing if each not in gone),
        "lifted": (*register.lifted, *lifts)[-MOST_LIFTED:],
    }
    return register.model_copy(update=less), Recorded(holds=(*(each.id for each in gone), *again))


def _lifted_again(
    register: HoldRegister, order: LiftHolds, said: dict[str, Any], may: tuple[str, ...] | None
) -> tuple[HoldRegister, tuple[str, ...]]:
    """Holds that were lifted by word alone are lifted for sure: a run that a policy rules keeps them till then."""
    proven = said["proven"]
    if proven is None:
        return register, ()
    again = tuple(
        each.hold.id
        for each in register.lifted
        if each.hold.id in order.named
        and (may is None or each.hold.id in may)
        and not each.known.assurance.suffices_for(proven.assurance)
    )
    lifted = tuple(
        LiftedHold.model_validate({"hold": each.hold, **said}) if each.hold.id in again else each
        for each in register.lifted
    )
    return register.model_copy(update={"lifted": lifted}), again


def _unknown(register: HoldRegister, hold: str) -> str:
    """Why there is no such hold to lift; empty when there is, or was. Where a policy rules, not every id was used."""
    if register.hold(hold) is not None or register.lift(hold) is not None:
        return ""
    if register.ruled is None and int(hold[1:]) <= register.placed:
        return ""
    known = ", ".join(each.id for each in register.standing) or "none"
    return msg("the installation has no hold {hold}; those that stand: {known}", hold=hold, known=known)
