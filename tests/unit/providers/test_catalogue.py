"""The catalogue and what implements it agree."""

import dataclasses

from unrack.model.lifecycle import StepKind
from unrack.providers.catalogue import ACTIONS
from unrack.providers.ovhcloud.provider import HANDLERS

PARTS = {
    StepKind.CHECK: {"check"},
    StepKind.CAPTURE: {"capture"},
    StepKind.CHANGE: {"change"},
    StepKind.COMMIT: {"commit", "probe"},
    StepKind.AWAIT: {"poll"},
}


def test_every_action_has_exactly_the_parts_of_its_kind() -> None:
    """An action without its handler, or with one that its kind does not have, would fail a run months later."""
    wanted = {name: PARTS[spec.kind] | ({"undo"} if spec.undoable else set()) for name, spec in ACTIONS.items()}
    found = {
        name: {field.name for field in dataclasses.fields(handlers) if getattr(handlers, field.name)}
        for name, handlers in HANDLERS.items()
    }

    assert found == {name: parts for name, parts in wanted.items() if name.startswith("ovhcloud.")}


def test_what_can_be_undone_lists_its_rights() -> None:
    """`unrack doctor` asks for the rights of undoing before a run begins."""
    assert [spec.name for spec in ACTIONS.values() if spec.undoable and not spec.undo_rights] == []
