"""The register where a policy rules: orders do nothing until a worker has judged them, and forged ones never do."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrack.contracts.installation_holds import POLICY_SIGNAL, NoOrderError, order_of
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor
from unrack.model.installation_hold import (
    MOST_REFUSALS,
    MOST_STANDING,
    MOST_WAITING,
    HoldRegister,
    LiftHolds,
    Order,
    PlaceHold,
    fold,
)
from unrack.model.installation_order import JudgedOrder, Judgement
from unrack.model.judged_orders import selectors, settled, taken
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import RegisterPolicy
from unrack.model.statement import Refusal

EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "100"))
BEGIN = datetime(2026, 11, 30, 9, tzinfo=UTC)
POLICY = PolicyRef(version=1, digest="sha256:" + "1" * 64)
OMAR, EVE = Actor(name="omar@example.org"), Actor(name="eve@example.org")


def ruled() -> HoldRegister:
    """A worker has registered its policy."""
    return fold(HoldRegister(), RegisterPolicy(id="policy-1-1", policy=POLICY, size=1, worker="w"), BEGIN)


def place(number: int = 1, by: Actor = OMAR) -> PlaceHold:
    """One of many holds."""
    return PlaceHold(id=f"place-{number:05}", by=by, reason=f"reason {number}")


def lift(number: int, *holds: str, by: Actor = OMAR) -> LiftHolds:
    """Lifts these."""
    return LiftHolds(id=f"lift-{number:06}", by=by, reason="over", holds=holds)


def after(register: HoldRegister, sent: Sequence[Order]) -> HoldRegister:
    """The register once these have arrived."""
    for order in sent:
        register = fold(register, order, BEGIN)
    return register


def judge(register: HoldRegister) -> HoldRegister:
    """A worker judges everybody who waits: Omar counts, and nobody else."""
    register = taken(register)
    judged = tuple(
        JudgedOrder(digest=each.digest, at=each.at, by=OMAR.model_copy(update={"assurance": Assurance.SIGNED}))
        if each.order.by == OMAR
        else JudgedOrder(digest=each.digest, at=each.at, why=Refusal.KEY_UNKNOWN, words="a stranger's key")
        for each in register.under_way
    )
    return settled(register, Judgement(judged=judged, policy=POLICY))


def ids(register: HoldRegister) -> list[str]:
    """Of the holds that stand."""
    return [each.id for each in register.standing]


def test_an_order_does_nothing_until_it_is_judged() -> None:
    """Neither holds nor lifts; then the hold stands, and says who is known to have signed it."""
    waits = fold(ruled(), place(), BEGIN)
    stands = judge(waits)
    lifted = fold(stands, lift(1, "a1"), BEGIN)

    assert ids(waits) == []
    assert waits.waits(place()) is not None
    assert ids(stands) == ids(lifted) == ["a1"]
    assert stands.standing[0].known.assurance is Assurance.SIGNED
    assert ids(judge(lifted)) == []


def test_a_strangers_release_lifts_nothing_and_the_right_people_still_lift() -> None:
    """It is refused with the word, for who asks; what stands stands, and Omar's own order lifts it."""
    stands = judge(fold(ruled(), place(), BEGIN))

    tried = judge(fold(stands, lift(1, "a1", by=EVE), BEGIN))

    assert ids(tried) == ["a1"]
    assert [(each.id, each.why) for each in tried.denied] == [("lift-000001", Refusal.KEY_UNKNOWN)]
    assert ids(judge(fold(tried, lift(2, "a1"), BEGIN))) == []


def test_strangers_fill_no_places() -> None:
    """However many they send, and however often they are judged."""
    register = ruled()
    for number in range(3 * MOST_STANDING):
        register = judge(fold(register, place(number, by=EVE), BEGIN))
    register = judge(fold(register, place(999), BEGIN))

    assert [each.reason for each in register.standing] == ["reason 999"]
    assert len(register.denied) == MOST_REFUSALS


def test_a_replayed_lift_lifts_nothing_that_came_later() -> None:
    """Sent again, even once its answer is forgotten: it names what stood then, and an id is used once."""
    first = lift(1, "a1")
    register = judge(fold(judge(fold(ruled(), place(1), BEGIN)), first, BEGIN))
    register = judge(fold(register, place(2), BEGIN))

    again = judge(fold(register, first, BEGIN + timedelta(minutes=5)))
    forgotten = judge(fold(register.model_copy(update={"answers": {}}), first, BEGIN))

    assert ids(register) == ids(again) == ids(forgotten) == ["a2"]
    assert [each.why for each in again.denied] == [Refusal.REPLAYED]


def test_a_replayed_hold_places_nothing() -> None:
    """Nor when the answer of then is forgotten, while it is known that it was lifted."""
    register = judge(fold(judge(fold(ruled(), place(1), BEGIN)), lift(1, "a1"), BEGIN))
    forgotten = register.model_copy(update={"answers": {}})

    for before in (register, forgotten):
        again = judge(fold(before, place(1), BEGIN))
        assert ids(again) == []
        assert again.denied[-1].why is Refusal.REPLAYED


def test_a_flood_forgets_nothing_and_leaves_the_register_small() -> None:
    """Thousands of forged orders: what stands stands, what was answered is known, and the excess is refused at once."""
    register = judge(fold(ruled(), place(1), BEGIN))
    first = register.answers[place(1).id]
    for number in range(1000):
        forged = place(10_000 + number, by=EVE) if number % 2 else lift(number, "a1", by=EVE)
        register = fold(register, forged.model_copy(update={"reason": "x" * 1000}), BEGIN)

    assert len(register.waiting) == MOST_WAITING
    assert register.denied[-1].why is Refusal.FLOOD
    assert len(register.model_dump_json()) < 500_000
    register = judge(register)
    assert ids(register) == ["a1"]
    assert register.answers == {place(1).id: first}
    assert len(register.denied) == MOST_REFUSALS


def test_who_copies_an_orders_id_spoils_nothing() -> None:
    """The stranger's copy comes first, under the same id: the real one is judged all the same."""
    register = judge(after(ruled(), [place(1, by=EVE), place(1)]))

    assert [each.known.name for each in register.standing] == [OMAR.name]
    assert [each.why for each in register.denied] == [Refusal.KEY_UNKNOWN]


orders = st.lists(
    st.builds(place, st.integers(0, 5), st.sampled_from((OMAR, EVE)))
    | st.builds(lift, st.integers(0, 5), st.sampled_from(("a1", "a2", "a3")), by=st.sampled_from((OMAR, EVE))),
    max_size=12,
)


strangers = st.lists(
    st.builds(place, st.integers(0, 30), st.just(EVE))
    | st.builds(lift, st.integers(0, 30), st.just("a1"), by=st.just(EVE)),
    max_size=30,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(orders, orders, orders)
def test_whether_an_answer_or_an_order_is_seen_first_changes_no_hold(
    before: list[Order], meanwhile: list[Order], later: list[Order]
) -> None:
    """A worker answers while orders arrive: a workflow sees them first, a reader of its history the answer."""
    asked = taken(after(judge(after(ruled(), before)), meanwhile))
    answer = Judgement(
        judged=tuple(
            JudgedOrder(digest=each.digest, at=each.at, by=OMAR)
            if each.order.by == OMAR
            else JudgedOrder(digest=each.digest, at=each.at, why=Refusal.UNSIGNED)
            for each in asked.under_way
        ),
        policy=POLICY,
    )

    one, other = settled(after(asked, later), answer), after(settled(asked, answer), later)

    order_of = {"denied": True}
    assert one.model_dump(exclude=order_of) == other.model_dump(exclude=order_of)


@settings(max_examples=EXAMPLES, deadline=None)
@given(strangers)
def test_no_order_of_strangers_changes_what_stands(sent: list[Order]) -> None:
    """In any order and number, also carried into a fresh history before it is judged."""
    stands = judge(fold(ruled(), place(99), BEGIN))
    register = after(stands, sent)
    carried = HoldRegister.model_validate_json(register.model_dump_json())

    for each in (judge(register), judge(carried), judge(judge(carried))):
        assert (each.standing, each.lifted, each.answers) == (stands.standing, stands.lifted, stands.answers)


def test_a_hold_and_its_end_are_judged_in_their_order() -> None:
    """Both waited for a worker: the hold is placed, then lifted, and whoever judges sees what it selects."""
    register = taken(after(ruled(), [place(1), lift(1, "a1")]))

    assert set(selectors(register)) == {"a1"}
    assert ids(judge(register)) == []
    assert [each.hold.id for each in judge(register).lifted] == ["a1"]


def test_without_a_policy_an_order_counts_as_it_arrives() -> None:
    """As it is stated; and there is no way back once a policy judged."""
    register = fold(HoldRegister(), place(), BEGIN)

    assert ids(register) == ["a1"]
    assert register.standing[0].known.assurance is Assurance.STATED
    assert judge(fold(ruled(), place(), BEGIN)).ruled == POLICY


def test_a_stated_hold_from_before_the_policy_swallows_no_signed_one() -> None:
    """Runs that a policy rules leave the stated hold out: what Omar signs in the same words stands by itself."""
    stated = fold(HoldRegister(), place(1), BEGIN)
    register = fold(stated, RegisterPolicy(id="policy-1-1", policy=POLICY, size=1, worker="w"), BEGIN)

    register = judge(fold(register, place(1).model_copy(update={"id": "signed-now"}), BEGIN))
    again = judge(fold(register, place(1).model_copy(update={"id": "signed-twice"}), BEGIN))

    assert [(each.id, each.known.assurance) for each in register.standing] == [
        ("a1", Assurance.STATED),
        ("a2", Assurance.SIGNED),
    ]
    assert register.answers["signed-now"].holds == ("a2",)
    assert again.standing == register.standing


def test_what_somebody_only_stated_to_lift_is_lifted_for_sure_by_who_signs_it() -> None:
    """Else a signed hold that was lifted by word alone, before a policy ruled, stands in every later run for ever."""
    lifted = fold(fold(HoldRegister(), place(1), BEGIN), lift(1, "a1", by=EVE), BEGIN)
    register = fold(lifted, RegisterPolicy(id="policy-1-1", policy=POLICY, size=1, worker="w"), BEGIN)

    register = judge(fold(register, lift(2, "a1"), BEGIN))
    later = judge(fold(register, lift(3, "a1"), BEGIN))

    assert [(each.order, each.known.assurance) for each in register.lifted] == [("lift-000002", Assurance.SIGNED)]
    assert register.answers["lift-000002"].holds == ("a1",)
    assert later.lifted == register.lifted


def test_a_policys_version_is_a_number_that_a_policy_can_have() -> None:
    """The register carries every version that anybody names, a hundred times: it must stay small."""
    sent = RegisterPolicy(id="policy-1-1", policy=POLICY, size=1).model_dump(mode="json")
    sent["policy"]["version"] = 2**31 + 1

    with pytest.raises(NoOrderError):
        order_of(POLICY_SIGNAL, [sent])
