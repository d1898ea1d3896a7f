"""Dates and durations as people write them. English keeps their order: ``2026-03-31 14:05 UTC``."""

import re
from datetime import date, timedelta

import humanize

ENGLISH = "en"

_DATE = re.compile(
    r"""\b (?P<day>\d{4}-\d{2}-\d{2})
        (?: [ T] (?P<time>\d{2}:\d{2} (?: :\d{2} )?) (?:\.\d+)? (?P<zone> \s?UTC | Z | \+00:00 )? )?
        (?! [\d:-] )""",
    re.VERBOSE,
)
_RECORDED = re.compile(r"(?<!\S)(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|\+00:00)(?![\w:+-])")
_UNIT = r"(?:second|minute|hour|day|week)s?"
_SPAN = re.compile(rf"\b\d+ {_UNIT}(?:(?:, | and )\d+ {_UNIT})*\b")
_PART = re.compile(r"(\d+) (second|minute|hour|day|week)")
_BEFORE_TIME = {"fr": " à "}
"""The word between day and time, by language."""


def in_words(text: str, language: str) -> str:
    """`text` with each recorded date and duration in it as people of `language` write them."""
    if not any(character.isdigit() for character in text):
        return text
    if language == ENGLISH:
        return _RECORDED.sub(r"\1 \2 UTC", text)
    dated = _DATE.sub(lambda found: _date(found, language), text)
    return _SPAN.sub(lambda found: _span(found[0], language), dated)


def _date(found: re.Match[str], language: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415  who reads English does not wait for it

    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        return found[0]
    said = format_date(day, "d MMMM y", locale=language)
    if language == "fr" and day.day == 1:
        said = "1er" + said.removeprefix("1")
    if not found["time"]:
        return said
    return f"{said}{_BEFORE_TIME.get(language, ' ')}{found['time']}{' UTC' if found['zone'] else ''}"


def _span(text: str, language: str) -> str:
    length = sum((timedelta(**{f"{unit}s": int(number)}) for number, unit in _PART.findall(text)), timedelta(0))
    try:
        humanize.activate(language)
    except FileNotFoundError:  # humanize does not speak it
        return text
    try:  # its language is that of the whole thread, so it is set back at once
        return humanize.precisedelta(length, minimum_unit="seconds", suppress=["years", "months"], format="%0.0f")
    finally:
        humanize.deactivate()
