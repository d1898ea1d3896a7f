"""Reads change freezes from iCalendar files (RFC 5545) when a plan is made, and freezes them into it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import recurring_ical_events  # pyright: ignore[reportMissingTypeStubs]
from icalendar import Calendar, Component

from unrack.model.calendar import Freeze, FreezeCalendar, Zone
from unrack.runbook.diagnostics import Diagnostic, InputError

MOST = 300
"""Freezes of one file in one plan: more would make the plan too large for a history."""


@dataclass(frozen=True, slots=True)
class FreezeFile:
    """A calendar file as read from disk."""

    source: str
    """Its name as the request or the settings give it."""
    sha256: str
    calendar: Calendar = field(repr=False)


def read_freezes(path: Path, source: str) -> FreezeFile:
    """Read the calendar at `path`, which a person calls `source`.

    Raises:
        InputError: it cannot be read, or is no iCalendar file.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise _unusable(source, f"the freeze calendar cannot be read: {why}") from error
    try:
        calendar = Calendar.from_ical(content)
    except (ValueError, IndexError) as error:
        raise _unusable(source, f"this is no iCalendar file: {error}") from error
    if calendar.name != "VCALENDAR":
        raise _unusable(source, "this is no iCalendar file: it has no VCALENDAR")
    return FreezeFile(source, hashlib.sha256(content).hexdigest(), calendar)


def frozen_freezes(file: FreezeFile, since: datetime, until: datetime, zone: Zone) -> FreezeCalendar:
    """The freezes of `file` between two moments, repeated ones written out.

    Every event counts but cancelled ones, also those marked as free time: who forgets the mark must not cause a purge.
    A day, or a time without a zone, is one of `zone`.

    Raises:
        InputError: an event cannot be understood, or there are too many.
    """
    try:
        events = recurring_ical_events.of(file.calendar).between(since, until)
        found = sorted(_freezes(events, file.source, zone), key=lambda one: (one.begins, one.ends, one.id))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(file.source, f"an event of the freeze calendar cannot be understood: {error}") from error
    if len(found) > MOST:
        message = f"the freeze calendar has {len(found)} freezes until {until:%Y-%m-%d}; a plan holds {MOST}"
        raise _unusable(file.source, message)
    return FreezeCalendar(source=file.source, sha256=file.sha256, until=until, freezes=tuple(found))


def _freezes(events: Sequence[Component], source: str, zone: Zone) -> Iterator[Freeze]:
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        begins, ends = _moment(event.decoded("DTSTART"), zone), _moment(event.decoded("DTEND"), zone)
        if begins < ends:
            name = str(event.get("SUMMARY", "")).strip() or "freeze"
            mark = hashlib.sha256(f"{event.get('UID', '')}{begins.isoformat()}".encode()).hexdigest()[:7]
            yield Freeze(id=f"c{mark}", name=name[:200], begins=begins, ends=ends, source=source)


def _moment(at: date | datetime, zone: Zone) -> datetime:
    if not isinstance(at, datetime):
        return zone.moment(datetime.combine(at, time(0))).astimezone(UTC)
    return (at if at.tzinfo else zone.moment(at)).astimezone(UTC)


def _unusable(source: str, message: str) -> InputError:
    return InputError([Diagnostic(source, 0, 0, message, "Name a file with the change freezes, as exported (.ics)")])
