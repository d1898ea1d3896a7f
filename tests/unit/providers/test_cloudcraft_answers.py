"""Cloudcraft's answers where null stands for a text or a list of its documents: it is empty, and hides no other."""

import json
from typing import Any

import pytest

from unrack.providers.cloudcraft.schemas import Blueprints, Clouds, Team, Teams

DIAGRAM: dict[str, Any] = {"id": "d1", "name": "Shop", "updatedAt": "2026-05-01T10:00:00Z", "CreatorId": "u1"}


def test_a_diagram_without_a_name_or_a_date_hides_no_other() -> None:
    """It is kept with the others; what was drawn in it is lost with the account otherwise."""
    odd: dict[str, Any] = {"id": "d2", "name": None, "updatedAt": None, "CreatorId": None}
    read = Blueprints.model_validate_json(json.dumps({"blueprints": [odd, DIAGRAM]}))

    assert [(one.id, one.name) for one in read.blueprints] == [("d2", ""), ("d1", "Shop")]


@pytest.mark.parametrize("never", ["0001-01-01T00:00:00Z", "", None])
def test_what_stands_for_no_date_is_none(never: object) -> None:
    """The zero of Go's time, and nothing."""
    read = Blueprints.model_validate({"blueprints": [DIAGRAM | {"updatedAt": never}]})

    assert read.blueprints[0].updated_at is None


def test_null_for_a_list_is_an_empty_one() -> None:
    """As Go writes a list that was never filled."""
    assert Blueprints.model_validate({"blueprints": None}).blueprints == ()
    assert Clouds.model_validate({"accounts": None}).accounts == ()
    assert Teams.model_validate_json("null").root == ()
    assert Team.model_validate({"id": "t1", "name": None, "members": None}).members == ()


def test_a_list_that_is_not_there_is_not_taken_for_empty() -> None:
    """Another answer than the one that was asked for."""
    with pytest.raises(ValueError, match="blueprints"):
        Blueprints.model_validate({"message": "hello"})
