"""Which holds of the whole installation count where a policy rules."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.office import EVE, INSTALLATION, LEA, OMAR, policy, signed
from unrack.contracts.installation_holds import HoldsResult, JudgeCall
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor
from unrack.model.errors import UnrackError
from unrack.model.installation_hold import HoldRegister, LiftHolds, Order, PlaceHold, Selector, fold
from unrack.model.installation_order import JudgedOrder, waiting_order
from unrack.model.policy import Policy
from unrack.model.statement import HoldAllStatement, Refusal, act_of
from unrack.policy.enforcement import Enforcement, nothing_rules
from unrack.policy.orders import judgement_of, orders_that_count
from unrack.policy.proving import ref_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOLD = PlaceHold(id="hold-1234", by=Actor(name=OMAR), reason="fire")
LIFT = LiftHolds(id="lift-1234", by=Actor(name=OMAR), reason="out", hold="a1")


def _signed(order: Order, by: str = OMAR, at: datetime = NOW) -> Order:
    sent = order.model_copy(update={"by": Actor(name=by)})
    statement = HoldAllStatement(
        installation=INSTALLATION, order=act_of(sent), signer=by, at=at, expires=at + timedelta(days=1)
    )
    return sent.model_copy(update={"proof": signed(statement, by)})


def _found(*orders: Order) -> HoldsResult:
    register = HoldRegister()
    for number, order in enumerate(orders):
        register = fold(register, order, NOW + timedelta(minutes=number))
    return orders_that_count(policy(), HoldsResult(standing=register.standing, lifted=register.lifted), NOW)


def test_a_signed_order_counts() -> None:
    """Until somebody with the right lifts it."""
    assert [hold.id for hold in _found(_signed(HOLD)).standing] == ["a1"]
    assert not _found(_signed(HOLD), _signed(LIFT)).standing


def test_what_nobody_with_the_right_signed_is_left_out() -> None:
    """Unsigned, signed by who may not, or altered: it stops no run, and it is said."""
    altered = _signed(HOLD).model_copy(update={"reason": "another"})
    for order in (HOLD, _signed(HOLD, EVE), altered):
        found = _found(order)
        assert not found.standing
        assert found.left_out == ("a1",)


def test_a_hold_that_nobody_with_the_right_lifted_stands() -> None:
    """Whoever reaches the server can send a release: it releases nothing."""
    for lift in (LIFT, _signed(LIFT, EVE)):
        found = _found(_signed(HOLD), lift)
        assert [hold.id for hold in found.standing] == ["a1"]
        assert not found.lifted


def _judged(order: Order, *, holds: dict[str, Selector] | None = None, at: datetime = NOW) -> JudgedOrder:
    call = JudgeCall(orders=(waiting_order(order, at, "a1"),), holds={"a1": Selector()} if holds is None else holds)
    (found,) = judgement_of(policy(), call).judged
    return found


def test_a_worker_says_who_gave_an_order() -> None:
    """Signed by who may: with the key; an order to lift, with the holds that they may lift."""
    hold, lift = _judged(_signed(HOLD)), _judged(_signed(LIFT))

    assert hold.by is not None
    assert (hold.by.name, hold.by.assurance, hold.lifts) == (OMAR, Assurance.SIGNED, None)
    assert lift.lifts == ("a1",)


def test_each_order_that_does_not_count_is_refused_in_a_word() -> None:
    """Unsigned, by who may not, altered, in the name of who did not sign, too late, signed for another installation."""
    signed_by_eve = _signed(LIFT, EVE)
    foreign = HoldAllStatement(
        installation="elsewhere", order=act_of(HOLD), signer=OMAR, at=NOW, expires=NOW + timedelta(days=1)
    )
    here = foreign.model_copy(update={"installation": INSTALLATION})
    every = LIFT.model_copy(update={"hold": None})
    refused = [
        _judged(HOLD),
        _judged(LIFT),
        _judged(_signed(HOLD, EVE)),
        _judged(signed_by_eve),
        _judged(signed_by_eve, holds={}),
        _judged(_signed(HOLD).model_copy(update={"reason": "another"})),
        _judged(signed_by_eve.model_copy(update={"by": Actor(name=OMAR)})),
        _judged(_signed(HOLD), at=NOW + timedelta(days=2)),
        _judged(_signed(HOLD), at=NOW - timedelta(hours=1)),
        _judged(HOLD.model_copy(update={"proof": signed(foreign, OMAR)})),
        _judged(HOLD.model_copy(update={"proof": signed(here, EVE)})),
        _judged(_signed(every)),
    ]

    assert [each.why for each in refused] == [
        Refusal.UNSIGNED,
        Refusal.UNSIGNED,
        Refusal.RIGHT_MISSING,
        Refusal.RIGHT_MISSING,
        Refusal.RIGHT_MISSING,
        Refusal.ALTERED,
        Refusal.KEY_UNKNOWN,
        Refusal.EXPIRED,
        Refusal.AHEAD,
        Refusal.FOREIGN_RUN,
        Refusal.KEY_UNKNOWN,
        Refusal.ALTERED,
    ]
    assert not any(each.by for each in refused)


async def test_a_run_waits_for_a_hold_that_counts_and_is_not_in_the_register_yet() -> None:
    """Of one that nobody with the right signed it takes no notice: a flood of those holds nothing up."""

    async def ruling() -> Policy:
        return policy()

    worker = Enforcement(ruling, allow_stated=False)
    real, forged = (HoldsResult(waiting=(waiting_order(each, NOW, "a1"),)) for each in (_signed(HOLD), HOLD))

    assert not (await worker.ordered(forged)).standing
    with pytest.raises(UnrackError, match="not in the register yet"):
        await worker.ordered(real)


async def test_a_worker_without_a_policy_judges_nothing_that_a_policy_judged() -> None:
    """Whoever has the register forget that a policy was registered must not bring back what people merely state."""
    worker = Enforcement(nothing_rules, allow_stated=True)
    call = JudgeCall(orders=(waiting_order(HOLD, NOW, "a1"),))

    assert (await worker.judge(call)).judged[0].by == Actor(name=OMAR)
    with pytest.raises(UnrackError, match="judged by one before"):
        await worker.judge(call.model_copy(update={"policy": ref_of(policy())}))


def test_an_order_to_lift_all_lifts_nothing_that_came_after_it() -> None:
    """Sent again weeks later it must not lift the hold of then."""
    every = LiftHolds(id="lift-all-1", by=Actor(name=OMAR), reason="out", holds=("a7",))
    unnamed = every.model_copy(update={"holds": ()})
    old = _signed(every, at=NOW - timedelta(hours=20))

    assert [hold.id for hold in _found(_signed(HOLD), old).standing] == ["a1"]
    assert [hold.id for hold in _found(_signed(HOLD), _signed(unnamed)).standing] == ["a1"]
    assert not _found(_signed(HOLD), _signed(every.model_copy(update={"holds": ("a1",)}), LEA)).standing
