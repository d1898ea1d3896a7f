"""When the events of one UID take place: rules, exceptions, and later moves and cancellations (RFC 5545).

Calendars in use repeat a UID or leave it empty. So every event that is not cancelled takes place, and a change of one
occurrence takes another's place only where the UID names one series.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from unrack.model.message import msg
from unrack.runbook.event_times import Clocks, Length, Until, When
from unrack.runbook.repeating import starts
from unrack.runbook.vevents import Value, VEvent

_ONE_DAY = Length(timedelta(days=1), timedelta(0))
_MARGIN = timedelta(days=2)
"""More than two zones can differ."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which an event takes place."""

    event: VEvent
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is asked about."""

    since: datetime
    until: datetime

    def widened(self, by: timedelta) -> "Span":
        """The span, longer by that much on either side, so that moved occurrences are found at their original time."""
        return Span(self.since - by, self.until + by)


def series_of(events: Sequence[VEvent], clocks: Clocks, span: Span) -> Iterator[Occurrence]:
    """Every occurrence of these events, which share a UID, that may touch `span`.

    Raises:
        InputError: an event that is not cancelled cannot be understood.
    """
    masters = [each for each in events if not each.every("RECURRENCE-ID")]
    changed = [each for each in events if each.every("RECURRENCE-ID")]
    one_series = len(masters) == 1 and bool(masters[0].uid)  # a cancelled one counts: the changes may be its own
    changes = tuple(_change(each, clocks) for each in changed) if one_series else ()
    for event in masters:
        if not event.cancelled:
            yield from _understood(event, _Series(event, clocks, changes), span)
    for event in changed:
        if not event.cancelled:
            yield from _understood(event, _Series(event, clocks, ()), span)


class _Lasting(Protocol):
    def after(self, begin: When) -> datetime: ...


@dataclass(frozen=True, slots=True)
class _Change:
    """A later change of one occurrence, or of it and all that follow."""

    event: VEvent
    at: When
    following: bool
    shift: timedelta
    """How much later the occurrence now begins, by the wall clock."""
    lengths: tuple[_Lasting, ...]


@dataclass(slots=True)
class _Series:
    event: VEvent
    clocks: Clocks
    changes: tuple[_Change, ...]

    def occurrences(self, span: Span) -> Iterator[Occurrence]:
        first = _first(self.event, self.clocks)
        lengths = _lengths(self.event, first, self.clocks)
        excluded = [self.clocks.when(value) for value in _listed(self.event, "EXDATE")]
        for begin, own in self._begins(first, span.widened(self._reach(first, lengths))):
            if not any(each.is_same(begin) for each in excluded):
                yield from self._changed(begin, own or lengths)

    def _begins(self, first: When, span: Span) -> Iterator[tuple[When, tuple[_Lasting, ...]]]:
        """Each begin once, with its own length where it has one."""
        told = {first.wall}
        yield first, ()
        for value in _listed(self.event, "RDATE"):
            begin, own = _period(value, self.clocks)
            told.add(begin.seen_in(first))
            yield begin, own
        since, until = _wall(span.since, first), _wall(span.until, first)
        for rule in self.event.every("RRULE"):
            for begin in starts(rule.text, first, self.clocks, since, until):
                if begin.wall not in told:
                    told.add(begin.wall)
                    yield begin, ()

    def _changed(self, begin: When, lengths: tuple[_Lasting, ...]) -> Iterator[Occurrence]:
        """The occurrence as it now is; one that was changed by itself is told with the event that changed it."""
        if any(change.at.is_same(begin) for change in self.changes):
            return
        before = [change for change in self.changes if change.following and change.at.moment < begin.moment]
        latest = max(before, key=lambda change: change.at.moment, default=None)
        if latest is None:
            yield Occurrence(self.event, begin.moment, _end(begin, lengths))
        elif not latest.event.cancelled:
            moved = begin.at(begin.wall + latest.shift)
            yield Occurrence(latest.event, moved.moment, _end(moved, latest.lengths))

    def _reach(self, first: When, lengths: tuple[_Lasting, ...]) -> timedelta:
        longest = [_end(first, lengths) - first.moment]
        longest += [abs(each.shift) + (_end(each.at, each.lengths) - each.at.moment) for each in self.changes]
        return max(longest) + _MARGIN


def _understood(event: VEvent, series: _Series, span: Span) -> Iterator[Occurrence]:
    try:
        yield from series.occurrences(span)
    except OverflowError as error:
        why = msg("it leaves the years that there are")
        raise event.unusable(why, msg("Write an end that will come; a hold stops the purge without one")) from error
    except ValueError as error:
        raise event.unusable(str(error)) from error


def _first(event: VEvent, clocks: Clocks) -> When:
    begins = event.one("DTSTART")
    if begins is None:
        raise ValueError(msg("it does not say when it begins (DTSTART)"))
    return clocks.when(begins)


def _lengths(event: VEvent, first: When, clocks: Clocks) -> tuple[_Lasting, ...]:
    """How long it lasts; of two that are written, the longer one counts."""
    ends, lasts = event.one("DTEND"), event.one("DURATION")
    found: list[_Lasting] = [] if ends is None else [_between(first, clocks.when(ends))]
    found += [] if lasts is None else [_positive(Length.read(lasts.text), first)]
    if found:
        return tuple(found)
    if first.whole_day:
        return (_ONE_DAY,)
    raise ValueError(msg("it has no end (DTEND or DURATION), as a reminder has none"))


def _between(first: When, end: When) -> _Lasting:
    if first.whole_day and end.whole_day and first.wall == end.wall:
        return _ONE_DAY
    return _positive(Until.between(first, end), first)


def _positive(length: _Lasting, first: When) -> _Lasting:
    if length.after(first) <= first.moment:
        raise ValueError(msg("it does not end after it begins"))
    return length


def _end(begin: When, lengths: tuple[_Lasting, ...]) -> datetime:
    return max((length.after(begin) for length in lengths), default=begin.moment)


def _change(event: VEvent, clocks: Clocks) -> _Change:
    try:
        named = event.one("RECURRENCE-ID") or Value("")
        at = clocks.when(named)
        first = at if event.cancelled else _first(event, clocks)
        lengths = () if event.cancelled else _lengths(event, first, clocks)
        return _Change(event, at, named.range == "THISANDFUTURE", first.seen_in(at) - at.wall, lengths)
    except (ValueError, OverflowError) as error:
        raise event.unusable(str(error)) from error


def _listed(event: VEvent, name: str) -> Iterator[Value]:
    """The values of a property that takes several, and that may be written several times."""
    for value in event.every(name):
        for text in value.text.split(","):
            yield Value(text, zone=value.zone)


def _period(value: Value, clocks: Clocks) -> tuple[When, tuple[_Lasting, ...]]:
    """A further begin; with its end or its length after a slash it has its own."""
    text, _, until = value.text.partition("/")
    begin = clocks.read(text, value.zone)
    if not until:
        return begin, ()
    length = Length.read(until) if "P" in until.upper() else Until.between(begin, clocks.read(until, value.zone))
    return begin, (_positive(length, begin),)


def _wall(at: datetime, first: When) -> datetime:
    return at.astimezone(first.zone).replace(tzinfo=None)
