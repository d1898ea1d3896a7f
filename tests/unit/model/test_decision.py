"""What anybody may send to a run, and what stays in its history."""

from collections.abc import Iterator
from typing import Any

from unrack.model.decision import Envelope

BOUND = {"maxLength", "enum", "const", "format"}


def test_no_text_of_a_decision_is_without_a_bound() -> None:
    """A decision is recorded whatever becomes of it: a megabyte in it would stay in the history for years."""
    unbound = [path for path, schema in _texts(Envelope.model_json_schema(), "") if not BOUND & set(schema)]

    assert unbound == []


def _texts(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - any JSON
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield path, schema
        for name, inner in schema.items():
            yield from _texts(inner, f"{path}/{name}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from _texts(inner, f"{path}/{index}")
