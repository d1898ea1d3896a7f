"""Who may do what: one person counts once, no order matters, and nobody loses a right to somebody else."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.policy.keys import ed25519
from unrack.model.access import (
    Duty,
    KeyFault,
    Place,
    Record,
    Right,
    assurance_of,
    console_key_fault,
    duty_fault,
    groups_of,
    key_fault,
    may,
    missing,
    missing_of,
    passed_over,
    person_of,
    principal_of_key,
    quorum_for,
    right_of,
    same_person,
    who,
    who_breaks_glass,
)
from unrack.model.assurance import Assurance
from unrack.model.policy import BreakGlass, Grant, Key, Person, Policy, Quorum, Revoked, Scope
from unrack.model.rights import Action, Duties

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
ANN, BEN, CAT = "ann@example.org", "ben@example.org", "cat@example.org"
PLACE = Place("ovhcloud", "default", "connect-direct", "ovhcloud-connect-direct", None, "immediate")
HANDOVER = Place("ovhcloud", "default", "connect-direct", "ovhcloud-connect-direct", "handover.cable", "immediate")


def person(principal: str, **more: object) -> Person:
    """A person with a key of their own."""
    return Person.model_validate({"principal": principal, "keys": (Key(key=ed25519(principal)),), **more})


def policy(**more: object) -> Policy:
    """Ann and Ben in network, Cat in finance; all may approve, network completes."""
    plain: dict[str, object] = {
        "version": 1,
        "installation": "test",
        "people": (person(ANN, names=("Ann Roy",)), person(BEN), person(CAT)),
        "groups": {"network": (ANN, BEN), "finance": (CAT,)},
        "grants": (
            Grant(actions=(Action.APPROVE, Action.LAUNCH, Action.ADMINISTER), groups=("network", "finance")),
            Grant(actions=(Action.COMPLETE, Action.SKIP), groups=("network",)),
        ),
    }
    return Policy.model_validate({**plain, **more})


def fingerprint(principal: str) -> str:
    """Of the key that `person` gives."""
    return Key(key=ed25519(principal)).fingerprint


def with_key(**dates: object) -> Policy:
    """A policy in which Ann's key has dates."""
    key = Key.model_validate({"key": ed25519(ANN), **dates})
    return policy(people=(Person(principal=ANN, keys=(key,)), person(BEN), person(CAT)))


# Keys


def test_a_key_leads_to_its_person() -> None:
    """And one that nobody has to nobody."""
    found = principal_of_key(policy(), fingerprint(BEN))

    assert found is not None
    assert found.principal == BEN
    assert principal_of_key(policy(), fingerprint("nobody")) is None
    assert key_fault(policy(), fingerprint("nobody"), AT) is KeyFault.UNKNOWN
    assert key_fault(policy(), fingerprint(BEN), AT) is None


@pytest.mark.parametrize(
    ("dates", "seconds", "fault"),
    [
        ({"valid_after": AT}, -1, KeyFault.NOT_YET),
        ({"valid_after": AT}, 0, None),
        ({"valid_before": AT}, 0, None),
        ({"valid_before": AT}, 0.9, None),
        ({"valid_before": AT}, 1, KeyFault.EXPIRED),
        ({"revoked": Revoked(at=AT, why="Stolen.")}, -1, None),
        ({"revoked": Revoked(at=AT, why="Stolen.")}, 0, KeyFault.REVOKED),
        ({"revoked": Revoked(at=AT, why="Stolen."), "valid_before": AT}, 5, KeyFault.REVOKED),
    ],
)
def test_a_key_counts_in_its_time(dates: dict[str, object], seconds: float, fault: KeyFault | None) -> None:
    """The first and the last second count, in whole seconds, as OpenSSH has it; what is revoked counts no more."""
    assert key_fault(with_key(**dates), fingerprint(ANN), AT + timedelta(seconds=seconds)) is fault


def test_an_authority_signs_for_whom_the_certificate_names() -> None:
    """One authority may stand with several people: then the certificate says who it was."""
    key = Key(key=ed25519("authority"), authority=True)
    shared = policy(people=(person(ANN, keys=(key,)), person(BEN, keys=(key,)), person(CAT)))

    assert principal_of_key(shared, key.fingerprint) is None
    assert principal_of_key(shared, key.fingerprint, CAT) is None
    found = principal_of_key(shared, key.fingerprint, BEN)
    assert found is not None
    assert found.principal == BEN
    assert key_fault(shared, key.fingerprint, AT, ANN) is None


def test_the_key_of_the_console_is_nobodys() -> None:
    """It vouches, and leads to no person."""
    key = Key(key=ed25519("console"), valid_before=AT)
    ruled = policy(console_keys=(key,))

    assert console_key_fault(ruled, key.fingerprint, AT) is None
    assert console_key_fault(ruled, key.fingerprint, AT + timedelta(days=1)) is KeyFault.EXPIRED
    assert console_key_fault(ruled, fingerprint(ANN), AT) is KeyFault.UNKNOWN
    assert key_fault(ruled, key.fingerprint, AT) is KeyFault.UNKNOWN


# Rights


def test_names_and_spellings_are_one_person() -> None:
    """By principal, by another name, in any letter case."""
    assert person_of(policy(), " ANN  roy ") == person_of(policy(), "Ann@Example.ORG")
    assert same_person(policy(), "ann roy", ANN)
    assert not same_person(policy(), ANN, BEN)
    assert same_person(policy(), "Somebody Else", "somebody  else")
    assert groups_of(policy(), "Ann Roy") == {"network"}
    assert groups_of(policy(), "stranger") == frozenset()


def test_a_grant_gives_its_groups_its_actions() -> None:
    """And nothing to others."""
    assert may(policy(), ANN, Action.COMPLETE, HANDOVER)
    assert not may(policy(), CAT, Action.COMPLETE, HANDOVER)
    assert not may(policy(), "stranger", Action.APPROVE, PLACE)
    assert [each.principal for each in who(policy(), Action.COMPLETE)] == [ANN, BEN]


@pytest.mark.parametrize(
    ("where", "applies"),
    [
        ({}, True),
        ({"provider": "ovhcloud", "timing": "immediate"}, True),
        ({"provider": "whc"}, False),
        ({"account": "other"}, False),
        ({"product": "connect-direct", "runbook": "ovhcloud-connect-direct"}, True),
        ({"step": "handover.cable"}, True),
        ({"step": "handover.*"}, True),
        ({"step": "handover.cab"}, False),
        ({"step": "detach.*"}, False),
        ({"step": "handover.*", "provider": "whc"}, False),
    ],
)
def test_a_right_applies_where_everything_written_holds(where: dict[str, str], applies: bool) -> None:
    """What is left out may be anything; without a place it is asked whether it applies anywhere."""
    grant = Grant(actions=(Action.COMPLETE,), groups=("finance",), where=Scope.model_validate(where))
    ruled = policy(grants=(*policy().grants, grant))

    assert may(ruled, CAT, Action.COMPLETE, HANDOVER) is applies
    assert may(ruled, CAT, Action.COMPLETE)


def test_a_narrow_right_is_none_where_the_place_is_not_known() -> None:
    """A right at one provider is none to hold everything."""
    grant = Grant(actions=(Action.HOLD_ALL,), groups=("finance",), where=Scope(provider="ovhcloud"))
    at_handover = Grant(actions=(Action.COMPLETE,), groups=("finance",), where=Scope(step="handover.*"))
    ruled = policy(grants=(*policy().grants, grant))

    assert not may(ruled, CAT, Action.HOLD_ALL, Place())
    assert not may(policy(grants=(at_handover,)), CAT, Action.COMPLETE, PLACE)
    assert may(ruled, CAT, Action.HOLD_ALL, Place(provider="ovhcloud"))


def test_who_breaks_the_glass_has_no_right_by_a_grant() -> None:
    """The right is told apart, and everybody who was passed over is known."""
    glass = BreakGlass(group="emergency", actions=(Action.COMPLETE,), where=Scope(provider="ovhcloud"))
    ruled = policy(groups={**policy().groups, "emergency": (CAT, ANN)}, break_glass=glass)

    assert right_of(ruled, CAT, Action.COMPLETE, HANDOVER) is Right.BREAK_GLASS
    assert not may(ruled, CAT, Action.COMPLETE, HANDOVER)
    assert right_of(ruled, ANN, Action.COMPLETE, HANDOVER) is Right.GRANTED
    assert right_of(ruled, CAT, Action.SKIP, HANDOVER) is Right.NONE
    assert right_of(ruled, CAT, Action.COMPLETE, Place(provider="whc")) is Right.NONE
    assert [each.principal for each in who_breaks_glass(ruled, Action.COMPLETE, HANDOVER)] == [CAT]
    assert [each.principal for each in passed_over(ruled, CAT, Action.COMPLETE, HANDOVER)] == [ANN, BEN]


def test_stated_is_never_enough_unless_it_is_written() -> None:
    """Vouched for claim, note and assign, signed for the rest."""
    light = {Action.CLAIM, Action.NOTE, Action.ASSIGN}

    assert {each for each in Action if assurance_of(policy(), each) is Assurance.VOUCHED} == light
    assert {each for each in Action if assurance_of(policy(), each) is Assurance.SIGNED} == set(Action) - light
    assert assurance_of(policy(assurance={Action.HOLD: Assurance.STATED}), Action.HOLD) is Assurance.STATED
    assert Assurance.SIGNED.suffices_for(Assurance.VOUCHED)
    assert not Assurance.STATED.suffices_for(Assurance.VOUCHED)


# Separation of duties


@pytest.mark.parametrize(
    ("action", "record", "fault"),
    [
        (Action.APPROVE, Record(launcher="Ann Roy"), Duty.LAUNCHER_APPROVES),
        (Action.SKIP, Record(launcher=ANN.upper()), Duty.LAUNCHER_SKIPS),
        (Action.COMPLETE, Record(rejecters=(BEN, "ann  ROY")), Duty.REJECTER_COMPLETES),
        (Action.APPROVE, Record(launcher=BEN, rejecters=(ANN,)), None),
        (Action.COMPLETE, Record(launcher=ANN, rejecters=(BEN,)), None),
        (Action.REJECT, Record(launcher=ANN, rejecters=(ANN,)), None),
        (Action.APPROVE, Record(), None),
    ],
)
def test_duties_are_separate(action: Action, record: Record, fault: Duty | None) -> None:
    """By the person, under whatever name they did the other thing."""
    none = Duties(launcher=False, rejecter=False, skipper=False)

    assert duty_fault(policy(), ANN, action, record) is fault
    assert duty_fault(policy(duties=none), ANN, action, record) is None


# Quorums


def test_every_quorum_that_applies_counts() -> None:
    """Of each group the largest number."""
    ruled = policy(
        quorums=(
            Quorum(of={"network": 1}),
            Quorum(of={"network": 2, "finance": 1}, where=Scope.model_validate({"timing": "immediate"})),
            Quorum(of={"finance": 5}, where=Scope(provider="whc")),
            Quorum(of={"network": 1}, where=Scope(provider="ovhcloud")),
        )
    )

    assert quorum_for(ruled, PLACE) == {"network": 2, "finance": 1}
    assert quorum_for(ruled, Place(provider="ovhcloud", timing="end-of-term")) == {"network": 1}


def test_two_of_network_and_one_of_finance_are_three_people() -> None:
    """Whoever is in both groups takes one seat, the one that helps."""
    quorum = {"network": 2, "finance": 1}
    both, one, two = (("both", ("network", "finance")), ("one", ("network",)), ("two", ("network",)))

    assert missing(quorum, [both, one]) in ({"finance": 1}, {"network": 1})
    assert missing(quorum, [both, one, two]) == {}
    assert missing(quorum, [one, two, ("three", ("network",))]) == {"finance": 1}
    assert missing(quorum, []) == quorum
    assert missing({}, [one]) == {}


def test_only_who_may_approve_fills_a_seat() -> None:
    """A seat in a quorum is no right."""
    grants = (Grant(actions=(Action.APPROVE, Action.ADMINISTER), groups=("network",)),)
    ruled = policy(grants=grants, quorums=(Quorum(of={"finance": 1, "network": 1}),))

    assert missing_of(ruled, PLACE, [ANN, CAT]) == {"finance": 1}
    assert missing_of(ruled, PLACE, ["ann roy", ANN, "stranger"]) == {"finance": 1}


GROUPS = ("a", "b", "c")
MEMBERS = st.dictionaries(st.sampled_from("pqrstu"), st.sets(st.sampled_from(GROUPS)), max_size=5)
SEATS = st.dictionaries(st.sampled_from(GROUPS), st.integers(1, 2), max_size=3)


def most_seated(seats: Mapping[str, int], people: Mapping[str, Iterable[str]]) -> int:
    """The largest number of seats that are filled, by trying everything."""
    best = 0
    for choice in product(*(sorted({*groups} & seats.keys()) or [None] for groups in people.values())):
        counts = {group: min(choice.count(group), number) for group, number in seats.items()}
        best = max(best, sum(counts.values()))
    return best


@given(SEATS, MEMBERS)
def test_the_matching_fills_as_many_seats_as_trying_everything(
    seats: dict[str, int], people: dict[str, set[str]]
) -> None:
    """No distribution of people fills more seats than the one that counts."""
    left = missing(seats, people.items())

    assert sum(left.values()) == sum(seats.values()) - most_seated(seats, people)
    assert all(0 < number <= seats[group] for group, number in left.items())


@given(SEATS, MEMBERS)
def test_no_order_of_approvals_changes_anything(seats: dict[str, int], people: dict[str, set[str]]) -> None:
    """Nor who approved first, nor in which order their groups stand."""
    approvals = [(name, sorted(groups)) for name, groups in people.items()]
    told = missing(seats, approvals)

    assert all(missing(seats, each) == told for each in list(permutations(approvals))[:24])
    assert missing(seats, [(name, groups[::-1]) for name, groups in approvals]) == told


@given(
    SEATS,
    st.sets(st.sampled_from(GROUPS)),
    st.lists(st.sampled_from(["Ann Roy", " ann  ROY", ANN, ANN.upper()]), min_size=1),
)
def test_one_person_never_fills_two_seats(seats: dict[str, int], groups: set[str], names: list[str]) -> None:
    """With several names, keys or groups: one approval or ten, it is one seat at most."""
    keys = tuple(Key(key=ed25519(each)) for each in "xyz")
    ruled = policy(
        people=(person(ANN, names=("Ann Roy",), keys=keys), person(BEN)),
        groups={group: ((ANN,) if group in groups else ()) for group in GROUPS},
        grants=(Grant(actions=(Action.APPROVE,), groups=GROUPS),),
        quorums=(Quorum(of=seats),) if seats else (),
    )
    by_key = [found.principal for key in keys if (found := principal_of_key(ruled, key.fingerprint)) is not None]

    left = missing_of(ruled, PLACE, [*names, *by_key])

    assert sum(seats.values()) - sum(left.values()) == (1 if groups & seats.keys() else 0)


ACTIONS = st.sampled_from(list(Action))


@given(
    st.lists(
        st.tuples(st.sets(ACTIONS, min_size=1, max_size=4), st.sets(st.sampled_from(GROUPS), min_size=1)), min_size=1
    ),
    st.dictionaries(st.sampled_from(GROUPS), st.sets(st.sampled_from([ANN, BEN, CAT])), min_size=1),
    st.sets(st.sampled_from(GROUPS)),
)
def test_a_further_person_takes_no_right_from_anybody(
    rights: list[tuple[set[Action], set[str]]], groups: dict[str, set[str]], joins: set[str]
) -> None:
    """Whatever groups they join: everybody else may what they might."""
    grants = tuple(Grant(actions=tuple(sorted(actions)), groups=tuple(sorted(those))) for actions, those in rights)
    members = {group: tuple(sorted(those)) for group, those in groups.items()}
    more = {group: (*those, "new@example.org") if group in joins else those for group, those in members.items()}
    before = policy(grants=grants, groups=members)
    after = policy(grants=grants, groups=more, people=(*before.people, person("new@example.org")))

    for action, each in product(Action, (ANN, BEN, CAT)):
        assert may(before, each, action, PLACE) == may(after, each, action, PLACE)
        assert groups_of(before, each) == groups_of(after, each)
