"""How what a person wrote on the command line is read: reasons, dates, spans, ``key=value``."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import typer
from pydantic import TypeAdapter, ValidationError

from unrack.cli.problems import complaint_of, invalid
from unrack.model.message import msg
from unrack.model.people import Why
from unrack.runbook.spans import parse_positive_span


def said(text: str) -> str:
    """Check a text that a person wrote for others to read: a reason, a remark.

    Raises:
        typer.BadParameter: it is blank, or too long.
    """
    try:
        return _WHY.validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(complaint_of(error)) from error


_WHY: TypeAdapter[str] = TypeAdapter(Why)


def read_span(text: str) -> timedelta:
    """``7d``, ``12h``, ``1w 2d``.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return parse_positive_span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def read_moment(text: str) -> datetime:
    """``2026-03-31`` (its beginning, UTC) or a full ISO 8601 moment; without a zone it is UTC.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        hint = date(2026, 3, 31).isoformat()
        raise typer.BadParameter(
            msg("'{text}' is no date: write {hint} or {hint2}T12:00Z", text=text, hint=hint, hint2=hint)
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_local(text: str) -> datetime:
    """A day (its beginning) or a moment in ISO 8601; without a zone it is meant in that of the run's plan.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(msg("'{text}' is no date: write 2026-12-24 or 2026-12-24T18:00", text=text)) from error


def pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """``key=value`` texts as a mapping.

    Raises:
        UnrackError: a text has no ``=``, no key, or a key comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not (key and equals):
            raise invalid(msg("{option} '{text}' is not of the form key=value", option=option, text=text))
        if key in found:
            raise invalid(msg("{option} '{key}' is given twice", option=option, key=key))
        found[key] = value
    return found
