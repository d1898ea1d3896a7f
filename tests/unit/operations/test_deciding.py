"""What is checked before a decision is sent."""

from collections.abc import Callable

import pytest

from tests.workflows.plans import CABLE, CABLE_FORM, TOKEN_FORM, plan
from unrack.model.errors import UnrackError
from unrack.operations.deciding import check_evidence, check_fields, find_step, form_of, new_decision_id

GOOD = {"order-number": "1-2", "removed-on": "2026-03-01", "charged-until": "2026-03-31"}


def test_a_step_is_meant_by_its_id_or_its_name() -> None:
    """Undo steps by their id."""
    made = plan()
    assert find_step(made, CABLE) == CABLE
    assert find_step(made, "remove-cable") == CABLE
    assert find_step(made, f"undo.{CABLE}") == f"undo.{CABLE}"


def test_an_unknown_step_is_told_with_the_nearest() -> None:
    """Nothing is sent."""
    with pytest.raises(UnrackError) as caught:
        find_step(plan(), "detach.pop")
    assert "detach.pops" in caught.value.problem.suggestion


def test_only_tasks_have_a_form() -> None:
    """The undo of a task has its own."""
    made = plan()
    assert form_of(made, CABLE) == CABLE_FORM
    assert form_of(made, f"undo.{CABLE}").instructions == "Have the cable put back."
    for automatic in ("detach.pops", "undo.detach.pops"):
        with pytest.raises(UnrackError, match="no task for a person"):
            form_of(made, automatic)


def test_a_complete_form_passes() -> None:
    """Dates in their order, evidence there."""
    check_fields(CABLE_FORM, GOOD)
    check_evidence(CABLE_FORM, ["confirmation"])
    check_fields(TOKEN_FORM, {"token": "handover:" + "0" * 32})


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: check_fields(CABLE_FORM, {**GOOD, "removed-on": "1 March"}), "must be a date as 2026-03-31"),
        (lambda: check_fields(CABLE_FORM, {**GOOD, "charged-until": "2026-02-28"}), "must not be before 'removed-on'"),
        (lambda: check_fields(CABLE_FORM, {**GOOD, "order-number": " "}), "'order-number' .* is missing"),
        (lambda: check_fields(CABLE_FORM, {**GOOD, "order-numbr": "1"}), "Did you mean 'order-number'"),
        (lambda: check_fields(TOKEN_FORM, {"token": "abc"}), "must not be typed here"),
        (lambda: check_evidence(CABLE_FORM, []), "evidence 'confirmation'"),
        (lambda: check_evidence(CABLE_FORM, ["confirmation", "foto"]), "no evidence 'foto'"),
    ],
)
def test_what_is_wrong_is_told_in_words(check: Callable[[], None], says: str) -> None:
    """And a secret is never repeated."""
    with pytest.raises(UnrackError, match=says) as caught:
        check()
    assert "abc" not in caught.value.problem.message


def test_decision_ids_are_unique() -> None:
    """Each is new, and long enough for the contract."""
    ids = {new_decision_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(8 <= len(each) <= 100 for each in ids)
