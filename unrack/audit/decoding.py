"""From recorded payloads to the models of today. Recorded data of years ago must still decode; see `unrack.model`."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import HistoryEvent

from unrack.contracts.activities import (
    CaptureActivities,
    ChangeActivities,
    CommitActivities,
    NotifyActivities,
    ReadActivities,
)
from unrack.contracts.installation_holds import HoldActivities
from unrack.contracts.starts import StartActivities
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.packing import unpacked

Model = TypeVar("Model")

_QUOTED = 300
"""Characters of an error that are repeated: it may quote what was recorded."""


def decode(payload: Payload, kind: type[Model]) -> Model:
    """The value in `payload` as `kind`, by the same converter as everywhere.

    Raises:
        UnrackError: it does not fit.
    """
    try:
        value = DATA_CONVERTER.payload_converter.from_payload(payload, kind)
    except Exception as error:  # the converter raises whatever the payload's encoding makes of it
        raise _unread(kind, str(error)) from error
    if not isinstance(value, kind):  # some encodings give what they hold, whatever is asked for
        raise _unread(kind, f"it is recorded as {type(value).__name__}")
    return value


def decode_first(payloads: Payloads, kind: type[Model]) -> Model | None:
    """The first value in `payloads` as `kind`; None when there is none."""
    return decode(payloads.payloads[0], kind) if payloads.payloads else None


def decode_or_none(payloads: Payloads, kind: type[Model]) -> Model | None:
    """Like `decode_first`, and None too when it does not fit: for what strangers sent."""
    try:
        return decode_first(payloads, kind)
    except UnrackError:
        return None


def summary(event: HistoryEvent) -> str:
    """The one-line summary that the workflow gave an event; empty when it gave none."""
    payload = event.user_metadata.summary
    try:
        return str(json.loads(payload.data)) if payload.data else ""
    except (ValueError, RecursionError):
        return ""  # somebody else's


def content(payload: Payload, kind: type[Any] | None) -> object:
    """The value for a comparison: as `kind` where it fits, else as JSON-ready data."""
    if not payload.data:
        return None
    try:
        payload = unpacked(payload)
    except ValueError:
        return payload.data.hex()
    try:
        return TypeAdapter[Any](kind or Any).validate_json(payload.data)
    except ValidationError:
        pass
    try:
        return json.loads(payload.data)
    except (ValueError, RecursionError):
        return payload.data.hex()


def _unread(kind: type[Any], why: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg(
                "a recorded {kind} cannot be read by this version of Unrack: {why}",
                kind=kind.__name__,
                why=why[:_QUOTED],
            ),
            suggestion=msg("read it with the version that recorded it; the history itself is untouched"),
        )
    )


def _arguments(classes: Iterable[type]) -> dict[str, type[Any]]:
    """The argument type of every activity, by its registered name (the method's, with hyphens)."""
    found: dict[str, type[Any]] = {}
    for each in classes:
        for name in getattr(each, "__abstractmethods__", ()):
            hints = get_type_hints(getattr(each, name))
            found[name.replace("_", "-")] = next(hint for argument, hint in hints.items() if argument != "return")
    return found


ARGUMENTS = _arguments(
    (
        *(ReadActivities, CaptureActivities, ChangeActivities, CommitActivities, NotifyActivities, HoldActivities),
        StartActivities,
    )
)
"""Argument types by activity name."""
