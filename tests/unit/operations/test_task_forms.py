"""What is checked before a decision is sent."""

from datetime import UTC, datetime

import pytest

from tests.workflows.plans import CABLE, CABLE_FORM, TOKEN_FORM, plan
from unrack.model.errors import UnrackError
from unrack.model.form import Known
from unrack.operations.task_forms import check_form, find_step, form_of, new_decision_id

KNOWN = Known(now=datetime(2026, 4, 1, tzinfo=UTC))
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
    check_form(CABLE_FORM, GOOD, ["confirmation"], KNOWN)
    check_form(TOKEN_FORM, {"token": "handover:" + "0" * 32}, [], KNOWN)


@pytest.mark.parametrize(
    ("fields", "evidence", "says"),
    [
        ({**GOOD, "removed-on": "1 March"}, ["confirmation"], "a date as 2026-11-23, not '1 March'"),
        ({**GOOD, "order-numbr": "1"}, ["confirmation"], "Did you mean 'order-number'"),
        (GOOD, ["confirmation", "foto", "confirmatio"], "Did you mean 'confirmation'.*no evidence 'foto'"),
        ({}, [], "'order-number' is missing.*evidence 'confirmation' is missing"),
    ],
)
def test_all_that_is_wrong_is_told_at_once(fields: dict[str, str], evidence: list[str], says: str) -> None:
    """Fields and proofs together; what is misspelt is told with the nearest."""
    with pytest.raises(UnrackError, match=says):
        check_form(CABLE_FORM, fields, evidence, KNOWN)


def test_a_secret_is_never_repeated() -> None:
    """Typed where its reference belongs."""
    with pytest.raises(UnrackError, match="not the secret itself") as caught:
        check_form(TOKEN_FORM, {"token": "abc-secret"}, [], KNOWN)
    assert "abc-secret" not in caught.value.problem.message


def test_decision_ids_are_unique() -> None:
    """Each is new, and long enough for the contract."""
    ids = {new_decision_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(8 <= len(each) <= 100 for each in ids)
