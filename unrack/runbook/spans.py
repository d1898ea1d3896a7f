"""Durations as people write them: ``7d``, ``24h``, ``30m``, ``1w 2d``, ``-25h``."""

import re
from datetime import timedelta
from typing import Annotated

import humanize
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from unrack.model.message import msg

SPAN_PATTERN = r"^-?[0-9]{1,6}[wdhms]( ?[0-9]{1,6}[wdhms])*$"
"""Weeks, days, hours, minutes, seconds. No months: their length depends on the calendar."""

_SPAN = re.compile(SPAN_PATTERN.removesuffix("$"))
_PART = re.compile(r"([0-9]+)([wdhms])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = timedelta(days=3660)


def parse_span(text: object) -> timedelta:
    """Read a duration as a person writes it.

    Raises:
        ValueError: `text` is not a duration, has a unit twice or out of order, or is longer than ten years.
    """
    if not isinstance(text, str) or not _SPAN.fullmatch(text):
        raise ValueError(
            msg(
                "'{text}' is not a duration: write weeks, days, hours, minutes, seconds as 1w 2d 12h 30m 10s", text=text
            )
        )
    parts = [(int(count), unit) for count, unit in _PART.findall(text)]
    units = [unit for _, unit in parts]
    if units != [unit for unit in _SECONDS if unit in units]:
        raise ValueError(
            msg(
                "'{text}' cannot be read as a duration: write each unit once, after those longer than it, as 1w 2d",
                text=text,
            )
        )
    seconds = sum(count * _SECONDS[unit] for count, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(msg("'{text}' is longer than ten years", text=text))
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)


def parse_positive_span(text: object) -> timedelta:
    """Read a duration that must be longer than nothing.

    Raises:
        ValueError: as `parse_span`, or the duration is not positive.
    """
    span = parse_span(text)
    if span <= timedelta(0):
        raise ValueError(msg("'{text}' must be longer than nothing", text=text))
    return span


def span_text(span: timedelta) -> str:
    """The duration as `parse_span` reads it, shortest first-unit form: ``1d 1h``."""
    left, parts = abs(int(span.total_seconds())), list[str]()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if span < timedelta(0) else "") + (" ".join(parts) or "0s")


def in_words(span: timedelta) -> str:
    """The length of a duration for people to read: ``1 day and 1 hour``."""
    return humanize.precisedelta(abs(span), minimum_unit="seconds", suppress=["years", "months"], format="%0.0f")


_AS_TEXT = PlainSerializer(span_text, return_type=str, when_used="json")

Span = Annotated[
    timedelta, BeforeValidator(parse_span), _AS_TEXT, WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN})
]
"""A duration in a runbook; may be negative or nothing."""

PositiveSpan = Annotated[
    timedelta,
    BeforeValidator(parse_positive_span),
    _AS_TEXT,
    WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN.replace("-?", "")}),
]
"""A duration in a runbook that is longer than nothing."""
