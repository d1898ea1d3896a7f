"""Holds of a whole installation: one workflow for each task queue keeps them; activities spread and read them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pydantic import Field, ValidationError
from pydantic_core import to_json
from temporalio import activity

from unrack.model.base import Frozen, Moment, is_default
from unrack.model.installation_hold import AnyOrder, HoldRegister, InstallationHold, LiftedHold, LiftHolds, PlaceHold
from unrack.model.installation_order import Judgement, Selector, WaitingOrder
from unrack.model.message import msg
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import RegisterPolicy
from unrack.model.shortened import complaints

INSTALLATION_HOLDS = "InstallationHolds"
"""Workflow: takes a `HoldsStart`, never ends; goes on in a fresh history now and then."""

HOLD_SIGNAL = "hold"
"""Signal: a `PlaceHold`."""
RELEASE_SIGNAL = "release"
"""Signal: a `LiftHolds`."""

POLICY_SIGNAL = "policy"
"""Signal: a `RegisterPolicy`."""

JUDGE_ORDERS = "judge-orders"
"""Activity: what it answers is part of the register, for everybody who reads the history."""

_ORDERS: dict[str, type[PlaceHold] | type[LiftHolds] | type[RegisterPolicy]] = {
    HOLD_SIGNAL: PlaceHold,
    RELEASE_SIGNAL: LiftHolds,
    POLICY_SIGNAL: RegisterPolicy,
}
SIGNALS = tuple(_ORDERS)
"""Every signal that changes the register."""


def signal_of(order: AnyOrder) -> str:
    """The signal that carries `order`."""
    return next(signal for signal, kind in _ORDERS.items() if isinstance(order, kind))


def holds_id(queue: str) -> str:
    """The id of the workflow that keeps the holds of the installation whose workers serve `queue`."""
    return f"unrack-holds/{queue}"


class HoldsStart(Frozen):
    """The input of ``InstallationHolds``: the holds recorded before this history."""

    holds: HoldRegister = HoldRegister()
    to_spread: tuple[str, ...] = ()
    """Ids of the holds about which the runs are still to be told."""
    registered: tuple[PolicyRef, ...] = Field(default=(), exclude_if=is_default)
    """The policies of which the runs are still to be told."""
    keys_at: Moment | None = Field(default=None, exclude_if=is_default)
    """When the runs must look at their keys again; None: nobody has asked yet."""
    moves: int = 0
    """Moves to newer workers in a row that did not arrive at the newest."""


class HoldsCall(Frozen):
    """For whom the holds are read."""

    run: str
    provider: str
    account: str
    known: tuple[str, ...] = ()
    """Ids of the installation's holds that the run carries."""
    ruled: bool = Field(default=False, exclude_if=is_default)
    """Whether a policy rules the run: then only orders count whose signature a worker verified."""


class HoldsResult(Frozen):
    """The holds of the installation that concern a run."""

    standing: tuple[InstallationHold, ...] = ()
    """Those that stand over it now."""
    lifted: tuple[LiftedHold, ...] = ()
    """Of those that it carries: how they were lifted, as far as that is still known. Where a policy rules, of all."""
    left_out: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Ids of the holds that stand by orders of which nobody could verify that somebody with the right gave them."""
    waiting: tuple[WaitingOrder, ...] = Field(default=(), exclude_if=is_default)
    """Orders to hold this run that are not judged yet. They go to who verifies them, and to no run."""


class JudgeCall(Frozen):
    """Orders to the whole installation, in the order in which they arrived."""

    orders: tuple[WaitingOrder, ...]
    holds: dict[str, Selector] = Field(default_factory=dict)
    """What the holds select that orders may lift."""
    policy: PolicyRef | None = None
    """The policy by which orders were judged before; None: none ever ruled."""


class SpreadCall(Frozen):
    """The hold, or its lifting, to pass on to every open run in its scope."""

    hold: InstallationHold
    lifted: LiftedHold | None = None
    """None: that the hold stands. Else: that it was lifted."""


class SpreadResult(Frozen):
    """How far it got."""

    reached: int
    """Open runs for which the server has the signal."""
    confirmed: int
    """Those that show it."""
    not_reached: int
    since: Moment | None = None
    """The server's time at which the hold was recorded; None where it stands no more."""


class KeysCall(Frozen):
    """The open runs must look whether the keys that decided in them still count."""

    registered: tuple[PolicyRef, ...] = ()
    """The policies that were registered since; none: a key has ended by itself."""


class KeyNews(Frozen):
    """What the policy that rules has to say about keys."""

    rules: bool
    """Whether it is one of those that were registered."""
    again_at: Moment | None = None
    """When its next key ends by itself."""


class KeysResult(Frozen):
    """How far it got."""

    reached: int = 0
    """Open runs for which the server has the signal."""
    not_reached: int = 0
    again_at: Moment | None = None
    """When they must look again, since a key ends by itself."""


class HoldActivities(ABC):
    """Reads the holds of the installation, and tells its runs of them. Touches no provider."""

    @activity.defn(name="installation-holds")
    @abstractmethod
    async def installation_holds(self, call: HoldsCall) -> HoldsResult:
        """The holds that concern a run."""

    @activity.defn(name=JUDGE_ORDERS)
    @abstractmethod
    async def judge_orders(self, call: JudgeCall) -> Judgement:
        """Which orders to the whole installation count."""

    @activity.defn(name="spread-hold")
    @abstractmethod
    async def spread_hold(self, call: SpreadCall) -> SpreadResult:
        """Tells every open run that is meant, those launched meanwhile included. May run twice with one effect."""

    @activity.defn(name="spread-keys")
    @abstractmethod
    async def spread_keys(self, call: KeysCall) -> KeysResult:
        """Has every open run look at its keys. May run twice with one effect."""


class NoOrderError(ValueError):
    """A signal carried no valid order. The text names the fields that do not fit, never their values."""


def order_of(signal: str, given: Sequence[object]) -> AnyOrder:
    """The one order in `given`, the arguments of `signal`. Anybody may send anything.

    Raises:
        NoOrderError: there is not exactly one, or it is none.
    """
    if len(given) != 1:
        raise NoOrderError(msg("the signal '{signal}' has one argument, not {len}", signal=signal, len=len(given)))
    try:
        return _ORDERS[signal].model_validate_json(to_json(given[0]))
    except ValidationError as error:
        raise NoOrderError(
            msg("the signal '{signal}' has no order: {complaints}", signal=signal, complaints=complaints(error))
        ) from None
    except ValueError:
        raise NoOrderError(msg("the signal '{signal}' has no order: it is not JSON", signal=signal)) from None
