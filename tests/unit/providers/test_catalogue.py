"""The catalogue and what implements it agree."""

import dataclasses
from importlib import import_module

import pytest

from unrack.contracts.vendor import Vendor
from unrack.model.lifecycle import StepKind
from unrack.providers.catalogue import ACTIONS, SHARED_NAMESPACES, VENDORS, canonical_id
from unrack.providers.registry import ADAPTERS

PARTS = {
    StepKind.CHECK: {"check"},
    StepKind.CAPTURE: {"capture"},
    StepKind.CHANGE: {"change"},
    StepKind.COMMIT: {"commit", "probe"},
    StepKind.AWAIT: {"poll"},
}
WITH_A_TABLE = ("awsmarketplace", "ovhcloud")
"""Vendors whose handlers stand in a table, whatever the account; `tests/conformance` holds the others to it, too.
Not WHMCS: where a person takes a request back, its handler looks whether it is gone."""


@pytest.mark.parametrize("namespace", WITH_A_TABLE)
def test_every_action_has_exactly_the_parts_of_its_kind(namespace: str) -> None:
    """An action without its handler, or with one that its kind does not have, would fail a run months later."""
    actions = VENDORS[namespace].actions
    wanted = {spec.name: PARTS[spec.kind] | ({"undo"} if spec.undoable else set()) for spec in actions}
    found = {
        name: {field.name for field in dataclasses.fields(handlers) if getattr(handlers, field.name)}
        for name, handlers in import_module(f"unrack.providers.{namespace}.provider").HANDLERS.items()
    }

    assert found == wanted


def test_what_can_be_undone_lists_its_rights() -> None:
    """`unrack doctor` asks for the rights of undoing before a run begins."""
    assert [spec.name for spec in ACTIONS.values() if spec.undoable and not spec.undo_rights] == []


@pytest.mark.parametrize(("namespace", "vendor"), VENDORS.items())
def test_a_folder_declares_its_own_actions(namespace: str, vendor: Vendor) -> None:
    """An action is found by the first part of its name, so it names its folder; and a worker can do it."""
    assert {spec.provider for spec in vendor.actions} == {namespace}
    assert namespace in ADAPTERS


def test_no_two_actions_have_one_name() -> None:
    """The second would replace the first without a word."""
    assert len(ACTIONS) == sum(len(vendor.actions) for vendor in VENDORS.values())


def test_what_people_state_is_for_every_provider() -> None:
    """Runbooks of any provider may look at DNS, and at dates that people read."""
    assert {"dns", "stated"} == SHARED_NAMESPACES


def test_a_vendor_says_how_its_ids_are_written() -> None:
    """The most exact declaration counts: of the product, of its provider, else any word."""
    assert canonical_id("whmcs", "a-product-of-its-own", "0042") == "42"
    assert canonical_id("whc", "domain", "OLD.example.") == "old.example"
    assert canonical_id("nobody", "thing", "VPS-4711") == "vps-4711"
