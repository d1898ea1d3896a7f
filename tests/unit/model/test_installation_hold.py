"""The register of the installation's holds: whatever is sent, in any order and however often, it is the same to all."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from unrack.contracts.installation_holds import HOLD_SIGNAL, RELEASE_SIGNAL, NoOrderError, order_of
from unrack.model.decision import Actor, HoldScope
from unrack.model.installation_hold import (
    MOST_ANSWERS,
    MOST_LIFTED,
    MOST_PROVED,
    MOST_REFUSALS,
    MOST_STANDING,
    HoldRegister,
    LiftHolds,
    Order,
    PlaceHold,
    Selector,
    fold,
    refuse,
)
from unrack.model.statement import Proof

DANA = Actor(name="dana")
EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "100"))
BEGIN = datetime(2026, 11, 30, 9, tzinfo=UTC)
NAMES = ("dana", "omar", "Dana ")

selectors = st.builds(
    Selector, provider=st.sampled_from((None, "ovhcloud", "whmcs")), account=st.sampled_from((None, "default", "lab"))
)
ids = st.integers(0, 12).map(lambda number: f"order-{number:04}")
actors = st.sampled_from(NAMES).map(lambda name: Actor(name=name))
places = st.builds(
    PlaceHold,
    id=ids,
    by=actors,
    reason=st.sampled_from(("incident", "audit")),
    scope=st.sampled_from(HoldScope),
    which=selectors,
    until=st.sampled_from((None, BEGIN + timedelta(hours=2))),
)
lifts = st.builds(
    LiftHolds,
    id=ids,
    by=actors,
    reason=st.just("over"),
    hold=st.sampled_from((None, "a1", "a2", "a3", "a9")),
)
orders = st.lists(places | lifts, max_size=30)


def after(sent: Sequence[Order], register: HoldRegister | None = None) -> HoldRegister:
    """The register after everything in `sent`, a minute between two."""
    register = register or HoldRegister()
    for number, order in enumerate(sent):
        register = fold(register, order, BEGIN + timedelta(minutes=number))
    return register


def place(number: int, **changes: object) -> PlaceHold:
    """One of many different holds."""
    fields = {"id": f"place-{number:05}", "by": Actor(name="dana"), "reason": f"reason {number}", **changes}
    return PlaceHold.model_validate(fields)


@settings(max_examples=EXAMPLES, deadline=None)
@given(orders)
def test_whatever_is_sent_no_id_is_used_twice_and_none_is_lost(sent: list[Order]) -> None:
    """Every hold that was ever placed stands or was lifted, exactly one of both, and its id was given once."""
    register = after(sent)

    known = [hold.id for hold in register.standing] + [lift.hold.id for lift in register.lifted]
    assert sorted(known) == sorted(f"a{number}" for number in range(1, register.placed + 1))
    assert set(register.answers) == {order.id for order in sent}
    assert len(register.standing) <= MOST_STANDING


@settings(max_examples=EXAMPLES, deadline=None)
@given(orders, st.data())
def test_an_order_that_arrives_again_changes_nothing(sent: list[Order], data: st.DataObject) -> None:
    """Whenever, and however often: the first one with an id counts, and its answer stays."""
    again = data.draw(st.lists(st.sampled_from(sent), max_size=10)) if sent else []

    register = after(sent)

    assert after(again, register) == register
    assert all(after([*sent, *again]).answers[order.id] == register.answers[order.id] for order in sent)


@settings(max_examples=EXAMPLES, deadline=None)
@given(orders, st.integers(0, 30), st.integers(1, 90))
def test_a_fresh_history_and_another_clock_change_no_hold(sent: list[Order], cut: int, later: int) -> None:
    """Carried over as JSON in the middle, and folded by somebody whose clock shows something else: the same holds."""
    whole = after(sent)
    carried = HoldRegister.model_validate_json(after(sent[:cut]).model_dump_json())
    halves = after(sent[cut:], carried)
    elsewhere = HoldRegister()
    for order in sent:
        elsewhere = fold(elsewhere, order, BEGIN + timedelta(days=later))

    def undated(register: HoldRegister) -> dict[str, object]:
        return register.model_dump(exclude={"standing": {"__all__": {"since"}}, "lifted": True})

    assert undated(halves) == undated(whole) == undated(elsewhere)
    assert [lift.hold.id for lift in elsewhere.lifted] == [lift.hold.id for lift in whole.lifted]


@settings(max_examples=EXAMPLES, deadline=None)
@given(places, st.sampled_from(("dana", " DANA", "Dana ")), st.sampled_from(("incident", "incident ")))
def test_the_same_hold_again_is_the_same_hold(first: PlaceHold, name: str, reason: str) -> None:
    """The same person, however spelt, reason, scope, runs and end: its id is the answer; anything else is another."""
    first = first.model_copy(update={"by": Actor(name="dana"), "reason": "incident"})
    again = first.model_copy(update={"id": "order-again", "by": Actor(name=name), "reason": reason})
    scope = HoldScope.PURGE if first.scope is HoldScope.ALL else HoldScope.ALL
    others = [
        first.model_copy(update={"id": "order-other", **changed})
        for changed in (
            {"by": Actor(name="omar")},
            {"reason": "audit"},
            {"scope": scope},
            {"which": Selector(provider="cloudcraft")},
            {"until": BEGIN + timedelta(hours=3)},
        )
    ]

    assert after([first, again]).answers["order-again"].holds == ("a1",)
    assert [after([first, other]).answers["order-other"].holds for other in others] == [("a2",)] * len(others)


def test_a_lifted_hold_stands_no_more_and_is_known() -> None:
    """By whom and why; lifted again it is the same, and an id that never was is refused with those that stand."""
    release = LiftHolds(id="release-1", by=Actor(name="omar"), reason="over", hold="a1")
    register = after([place(1), place(2), release])

    again = fold(register, release.model_copy(update={"id": "release-2"}), BEGIN)
    never = fold(register, release.model_copy(update={"id": "release-3", "hold": "a7"}), BEGIN)

    assert [hold.id for hold in register.standing] == ["a2"]
    assert [(lift.hold.id, lift.by.name, lift.reason) for lift in register.lifted] == [("a1", "omar", "over")]
    assert again.answers["release-2"].holds == ("a1",)
    assert again.standing == register.standing
    assert never.answers["release-3"].refused == "the installation has no hold a7; those that stand: a2"


def test_a_register_stays_small_whatever_is_sent() -> None:
    """Too many holds are refused and change nothing; old answers, lifts and refusals are forgotten."""
    register = after([place(number) for number in range(MOST_STANDING + 5)])
    assert len(register.standing) == register.placed == MOST_STANDING
    assert "release some of them first" in register.answers[f"place-{MOST_STANDING + 4:05}"].refused

    for number in range(MOST_ANSWERS):
        register = fold(register, place(10_000 + 2 * number), BEGIN)
        lift = LiftHolds(id=f"lift-{number:05}", by=Actor(name="omar"), reason="x" * 1000)
        register = refuse(fold(register, lift, BEGIN), "y" * 5000)

    assert len(register.answers) == MOST_ANSWERS
    assert len(register.lifted) == MOST_LIFTED
    assert len(register.refusals) == MOST_REFUSALS
    assert len(register.model_dump_json()) < 500_000


def test_a_proof_is_measured_in_bytes_as_it_travels() -> None:
    """A letter of another script has three, a quotation mark two: the register must fit into what the server takes."""
    for text in ("x", "火", '"'):
        short, long = (Proof(signed=count * text, signature="x") for count in (MOST_PROVED // 4, MOST_PROVED))
        assert PlaceHold(id="order-0001", by=DANA, reason="fire", proof=short).proof == short
        with pytest.raises(ValidationError, match="bytes"):
            PlaceHold(id="order-0001", by=DANA, reason="fire", proof=long)
    half = Proof(signed=MOST_PROVED // 2 * "火", signature="x")
    with pytest.raises(ValidationError, match="bytes"):
        PlaceHold(id="order-0001", by=DANA, reason="fire", proof=half)


def test_a_hold_is_over_the_runs_that_are_meant_until_it_ends() -> None:
    """By provider, by account, by both, by neither; and no longer than it was set for."""
    ends = BEGIN + timedelta(hours=1)
    register = after(
        [
            place(1),
            place(2, which=Selector(provider="ovhcloud")),
            place(3, which=Selector(account="lab")),
            place(4, which=Selector(provider="ovhcloud", account="lab"), until=ends),
        ]
    )

    def over(provider: str, account: str, now: datetime = BEGIN) -> list[str]:
        return [hold.id for hold in register.over(provider, account, now)]

    assert over("ovhcloud", "lab") == ["a1", "a2", "a3", "a4"]
    assert over("ovhcloud", "lab", ends) == ["a1", "a2", "a3"]
    assert over("ovhcloud", "default") == ["a1", "a2"]
    assert over("whmcs", "default") == ["a1"]
    assert [hold.id for hold in register.without_ended(ends).standing] == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    "given",
    [
        (),
        ({}, {}),
        (None,),
        ("stop everything",),
        (7,),
        ({"id": "order-0001", "by": {"name": "dana"}},),
        ({"id": "order-0001", "by": {"name": "da\u200bna"}, "reason": "incident"},),
        ({"id": "order-0001", "by": {"name": "dana"}, "reason": "  "},),
        ({"id": "order-0001", "by": {"name": "dana"}, "reason": "x" * 1001},),
        ({"id": "order-0001", "by": {"name": "dana"}, "reason": "incident", "everything": True},),
        ({"id": "order-0001", "by": {"name": "dana"}, "reason": "incident", "until": "2026-12-01T00:00:00"},),
        ({"kind": "release", "id": "order-0001", "by": {"name": "dana"}, "reason": "incident"},),
        (b"\xff",),
    ],
)
def test_what_is_no_order_is_told_without_its_values(given: tuple[object, ...]) -> None:
    """Anybody may send anything: a clear error with the field, and nothing of what was sent."""
    with pytest.raises(NoOrderError) as refused:
        order_of(HOLD_SIGNAL, given)

    assert HOLD_SIGNAL in str(refused.value)
    assert "stop everything" not in str(refused.value)
    assert "x" * 50 not in str(refused.value)


def test_an_order_comes_out_as_it_was_sent() -> None:
    """As the JSON that Temporal's own page sends; a hold's id has its form."""
    sent = place(1, which=Selector(provider="ovhcloud"))
    assert order_of(HOLD_SIGNAL, (sent.model_dump(mode="json"),)) == sent
    wrong = {"id": "order-0001", "by": {"name": "dana"}, "reason": "over", "hold": "h1"}
    with pytest.raises(NoOrderError, match="hold"):
        order_of(RELEASE_SIGNAL, (wrong,))
    with pytest.raises(ValidationError):
        Selector(provider="'; DROP")
    assert get_args(Order) == (PlaceHold, LiftHolds)
