"""Reads the view that a run keeps in its memo."""

from temporalio.api.common.v1 import Payload

from unrack.model.state import RunView
from unrack.temporal.packing import json_of


def run_view(payload: Payload) -> RunView:
    """The `RunView` in a memo, read without the data converter: that takes as long to import as a list to print.

    Raises:
        ValueError: it is none.
    """
    return RunView.model_validate_json(json_of(payload))
