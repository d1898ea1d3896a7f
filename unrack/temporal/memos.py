"""Reads the view that a run keeps in its memo."""

from temporalio.api.common.v1 import Payload

from unrack.model.state import RunView
from unrack.temporal.packing import unpacked

_PLAIN = b"json/plain"


def run_view(payload: Payload) -> RunView:
    """The `RunView` in a memo, read without the data converter: that takes as long to import as a list to print.

    Raises:
        ValueError: it is none.
    """
    plain = unpacked(payload)
    if plain.metadata.get("encoding") != _PLAIN:
        raise ValueError("it is in a form that nobody knows")
    return RunView.model_validate_json(plain.data)
