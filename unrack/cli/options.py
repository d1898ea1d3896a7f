"""Arguments and options that several commands share, and how their text is read."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from unrack.cli.problems import complaint_of, invalid
from unrack.cli.screen import escape
from unrack.model.calendar import Zone
from unrack.model.people import Why
from unrack.runbook.spans import parse_positive_span

RUNS = "Operations"
ON_CALL = "On-call"
AUDITORS = "Auditors"
SET_UP = "Installation and runbooks"

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="Run id, a unique beginning of it, or the service id alone.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most so many, and say whether there are more. Default: all."),
]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who acts: stated, not verified. Default: the system's user."),
]


def said(text: str) -> str:
    """What a person wrote for others to read: a reason, a remark.

    Raises:
        typer.BadParameter: it is blank, or too long.
    """
    try:
        return _WHY.validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(complaint_of(error)) from error


_WHY: TypeAdapter[str] = TypeAdapter(Why)

Reason = Annotated[
    str,
    typer.Option("--reason", help="Why, for everybody who reads the history.", show_default=False, callback=said),
]
Task = Annotated[
    str, typer.Argument(metavar="TASK", help="The task's step id, as unrack tasks shows it.", show_default=False)
]
RequestFile = Annotated[
    Path, typer.Argument(metavar="REQUEST.yaml", help="The request: runbook, service, reason.", show_default=False)
]


def examples(*commands: str) -> str:
    """The closing lines of a command's help: one example per line."""
    return "\n\n".join(["Examples:", *(f"  {escape(command)}" for command in commands)])


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
        raise typer.BadParameter(f"'{text}' is no date: write {hint} or {hint}T12:00Z") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_local(text: str, zone: Zone) -> datetime:
    """A day (its beginning) or a moment in ISO 8601; without a zone it is one of `zone`.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no date: write 2026-12-24 or 2026-12-24T18:00") from error
    return at if at.tzinfo else zone.moment(at)


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
            raise invalid(f"{option} '{text}' is not of the form key=value")
        if key in found:
            raise invalid(f"{option} '{key}' is given twice")
        found[key] = value
    return found
