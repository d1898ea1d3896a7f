"""Which holds of the whole installation count where a policy rules."""

from datetime import UTC, datetime, timedelta

from tests.workflows.office import EVE, INSTALLATION, LEA, OMAR, policy, signed
from unrack.contracts.installation_holds import HoldsResult
from unrack.model.decision import Actor
from unrack.model.installation_hold import HoldRegister, LiftHolds, Order, PlaceHold, fold
from unrack.model.statement import HoldAllStatement, act_of
from unrack.policy.orders import orders_that_count

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


def test_an_order_to_lift_all_lifts_nothing_that_came_after_it() -> None:
    """Sent again weeks later it must not lift the hold of then."""
    every = LiftHolds(id="lift-all-1", by=Actor(name=OMAR), reason="out")
    old = _signed(every, at=NOW - timedelta(hours=20))

    assert [hold.id for hold in _found(_signed(HOLD), old).standing] == ["a1"]
    assert not _found(_signed(HOLD), _signed(every, LEA)).standing
