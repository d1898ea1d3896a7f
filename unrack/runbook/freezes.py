"""Reads change freezes from iCalendar files (RFC 5545) when a plan is made, and freezes them into it.

Every event that is not cancelled gives its freezes, or planning stops and names it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from unrack.documents.diagnostics import Diagnostic, InputError
from unrack.model.calendar import Freeze, FreezeCalendar, Zone
from unrack.model.message import msg
from unrack.runbook.event_times import Clocks
from unrack.runbook.series import Occurrence, Span, series_of
from unrack.runbook.vevents import EXPORTED, VEvent, read_vevents
from unrack.zones import zone as zone_of

MOST = 700
"""Freezes of one file in one plan: more would make the plan too large for a history."""
_FAR = timedelta(days=36525)
"""As for freezes that decisions set: a later date is a slip, or should be a hold."""


@dataclass(frozen=True, slots=True)
class FreezeFile:
    """A calendar file as read from disk."""

    source: str
    """Its name as the request or the settings give it."""
    sha256: str
    events: Sequence[VEvent] = field(repr=False)
    zones: Mapping[str, str] = field(repr=False)


def read_freezes(path: Path, source: str) -> FreezeFile:
    """Read the calendar at `path`, which a person calls `source`.

    Raises:
        InputError: it cannot be read, is no iCalendar file, or has no event.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise _unusable(source, msg("the freeze calendar cannot be read: {why}", why=why), EXPORTED) from error
    events, zones = read_vevents(content.decode("utf-8-sig", errors="replace"), source)
    if not events:
        raise _unusable(
            source, msg("the freeze calendar has no event (VEVENT), so it says nothing of freezes"), EXPORTED
        )
    return FreezeFile(source, hashlib.sha256(content).hexdigest(), events, zones)


def frozen_freezes(file: FreezeFile, since: datetime, until: datetime, zone: Zone) -> FreezeCalendar:
    """The freezes of `file` between two moments, repeated ones written out.

    Every event counts but cancelled ones, also those marked as free time: who forgets the mark must not cause a purge.
    A day, or a time without a zone, is one of `zone`.

    Raises:
        InputError: an event gives no freeze that can be understood, or there are too many.
    """
    clocks = Clocks(zone_of(zone.name), file.zones)
    found = {freeze.id: freeze for freeze in _freezes(file, clocks, since, until)}
    if len(found) > MOST:
        message = msg(
            "the freeze calendar has {len} freezes until {until}; a plan holds {most}",
            len=len(found),
            until=f"{until:%Y-%m-%d}",
            most=MOST,
        )
        advice = msg(
            "Name a calendar with fewer, longer events: whole weeks in which nothing is purged instead of each day"
        )
        raise _unusable(file.source, message, advice)
    freezes = sorted(found.values(), key=lambda one: (one.begins, one.ends, one.id))
    return FreezeCalendar(source=file.source, sha256=file.sha256, until=until, freezes=tuple(freezes))


def _freezes(file: FreezeFile, clocks: Clocks, since: datetime, until: datetime) -> Iterator[Freeze]:
    for uid, events in _by_uid(file.events).items():
        for each in series_of(events, clocks, Span(since, until)):
            if each.begins > until + _FAR or each.ends > until + _FAR:
                why = msg("it lasts until {ends}, more than a century away", ends=f"{each.ends:%Y-%m-%d}")
                raise each.event.unusable(why, msg("Write an end that will come; a hold stops the purge without one"))
            if each.begins < until and each.ends > since:
                yield _freeze(file.source, uid, each)


def _by_uid(events: Sequence[VEvent]) -> Mapping[str, Sequence[VEvent]]:
    found: dict[str, list[VEvent]] = defaultdict(list)
    for event in events:
        found[event.uid].append(event)
    return found


def _freeze(source: str, uid: str, each: Occurrence) -> Freeze:
    """Its id tells it from every other freeze, also from one with the same UID, and is the same in a newer file."""
    name, begins, ends = each.event.name, each.begins, each.ends
    marks = f"{source}\n{uid}\n{name}\n{begins.isoformat()}\n{ends.isoformat()}"
    mark = hashlib.sha256(marks.encode()).hexdigest()[:10]
    return Freeze(id=f"c{mark}", name=name, begins=begins, ends=ends, source=source)


def _unusable(source: str, message: str, suggestion: str) -> InputError:
    return InputError([Diagnostic(source, 0, 0, message, suggestion)])
