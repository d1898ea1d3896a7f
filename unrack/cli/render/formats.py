"""Moments, spans and people in words, in the language of the reader. Dates always carry their zone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import humanize
from rich.console import RenderableType
from rich.table import Table

from unrack.cli.screen import escape_lines, marked
from unrack.i18n import say, spoken
from unrack.i18n.dates import in_words
from unrack.model.assurance import Assurance
from unrack.model.calendar import Zone
from unrack.model.decision import Actor
from unrack.model.lifecycle import StepStatus
from unrack.model.message import msg, verbatim

ENOUGH = 110
"""Columns in which everything about a step or a run stands on one line."""

_GAP, _SHORT_NAME = 2, 8
"""Columns between a name and its text, and that a name keeps in any case."""

FRAME = 4
"""Columns that the frame of a panel takes."""

STATUS_STYLE = {
    StepStatus.PENDING: "dim",
    StepStatus.RUNNING: "cyan",
    StepStatus.WAITING: "yellow",
    StepStatus.IN_DOUBT: "bold yellow",
    StepStatus.PARKED: "bold red",
    StepStatus.DONE: "green",
    StepStatus.SKIPPED: "dim magenta",
    StepStatus.UNDOING: "cyan",
    StepStatus.UNDONE: "magenta",
}


def moment(at: datetime | None, missing: str = msg("not known yet")) -> str:
    """``2026-03-31 14:05 UTC``: to the minute, in UTC."""
    return say(missing) if at is None else in_words(at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"), spoken())


def local(at: datetime, zone: Zone) -> str:
    """``2026-12-24 10:00 CET (Europe/Paris), 09:00 UTC``: as a clock at the provider shows it, and in UTC."""
    if zone.name == "UTC":
        return moment(at)
    here, utc = zone.local(at), at.astimezone(UTC)
    day = "" if utc.date() == here.date() else f"{utc:%Y-%m-%d} "
    return in_words(
        msg("{words} ({name}), {day}{utc} UTC", words=zone.words(at), name=zone.name, day=day, utc=f"{utc:%H:%M}"),
        spoken(),
    )


def exact(at: datetime) -> str:
    """``2026-03-31 14:05:09 UTC``: to the second, for things that happened."""
    return in_words(at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), spoken())


def span(length: timedelta) -> str:
    """``30 days``, ``2 hours and 5 minutes``; shorter than a second is ``at once``."""
    return say(msg("at once")) if abs(length) < timedelta(seconds=1) else in_words(_span(length), spoken())


def about(length: timedelta) -> str:
    """``3 days and 2 hours``: the two largest units."""
    return in_words(_about(length), spoken())


def distance(at: datetime, now: datetime) -> str:
    """``in 3 days and 2 hours`` or ``4 minutes ago``."""
    if abs(at - now) < timedelta(seconds=1):
        return say(msg("now"))
    text = _about(at - now)
    return say(msg("in {duration}", duration=text) if at > now else msg("{duration} ago", duration=text))


def person(actor: Actor) -> str:
    """``alice (stated, not verified)``."""
    return msg("{name} ({say})", name=verbatim(actor.name), say=say(_assurance(actor)))


def _assurance(actor: Actor) -> str:
    match actor.assurance:
        case Assurance.SIGNED:
            return msg("signed")
        case Assurance.VOUCHED if actor.issuer:
            return msg("vouched for by {issuer}", issuer=verbatim(actor.issuer))
        case Assurance.VOUCHED:
            return msg("vouched for by the console")
        case Assurance.STATED:
            return msg("stated, not verified")


def bullet(text: str) -> RenderableType:
    """One line of a list; what does not fit stands below its beginning, not below the mark."""
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(no_wrap=True, width=3)
    row.add_column(overflow="fold")
    row.add_row("  •", marked(escape_lines(text)))
    return row


def named_rows(rows: Iterable[tuple[str, str]], width: int) -> Table:
    """Texts beside their names, on `width` columns; a name is broken before an id or a path in a text is."""
    shown = [(marked(msg("[bold]{name}[/]", name=name)), marked(escape_lines(text))) for name, text in rows if text]
    names = max((len(name) for name, _ in shown), default=0)
    longest = max((len(word) for _, text in shown for word in text.plain.split()), default=0)
    grid = Table.grid(padding=(0, _GAP))
    grid.add_column(width=max(min(names, width - _GAP - longest), min(names, _SHORT_NAME)))
    grid.add_column(overflow="fold")
    for name, text in shown:
        grid.add_row(name, text)
    return grid


def count(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return say(msg(f"1 {noun}") if number == 1 else msg(f"{{number}} {noun}s", number=number))


def _span(length: timedelta) -> str:
    rounded = timedelta(seconds=round(abs(length).total_seconds()))
    return humanize.precisedelta(rounded, minimum_unit="seconds", suppress=["years", "months"], format="%0.0f")


def _about(length: timedelta) -> str:
    return " and ".join(_span(length).replace(" and ", ", ").split(", ")[:2])
