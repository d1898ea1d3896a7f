"""Time zones and business days as pure data, frozen into a plan when it is made.

A run that waits for months must count the same days on every worker. So no code here reads a time zone database, a list
of holidays or a clock: what such files said when the plan was made is in the plan.
"""

import hashlib
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, timezone

from pydantic import Field

from unrack.model.base import Frozen, Moment
from unrack.model.message import msg

_DAY = timedelta(days=1)
_SEARCHED = 3660
"""Days after which a calendar without any business day is given up."""
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of what no date ends."""


class ZoneOffset(Frozen):
    """A difference from UTC, and since when it holds."""

    since: Moment
    offset: timedelta
    name: str
    """As people write it: ``CET``."""


class Zone(Frozen):
    """A time zone by its changes of offset; before the first and after the last known change nothing changes."""

    name: str = "UTC"
    """As ``Europe/Paris``."""
    offsets: tuple[ZoneOffset, ...] = ()
    """Earliest first; none is UTC."""

    def local(self, at: datetime) -> datetime:
        """`at` as a clock in this zone shows it; what would leave the years that there are stays as it is."""
        try:
            return at.astimezone(self._at(at))
        except OverflowError:
            return at

    def moment(self, wall: datetime) -> datetime:
        """The moment at which a clock in this zone shows `wall`, given without a zone.

        A time that is shown twice is the first one; a time that is left out is as much later as the clock is moved.
        """
        around = wall.replace(tzinfo=UTC)
        before, after = self._at(around - _DAY), self._at(around + _DAY)
        for zone in (before, after):
            if self._at(candidate := wall.replace(tzinfo=zone)) == zone:
                return candidate
        return self.local(wall.replace(tzinfo=before))

    def words(self, at: datetime) -> str:
        """``2026-12-24 10:00 CET``."""
        return f"{self.local(at):%Y-%m-%d %H:%M %Z}"

    def _at(self, at: datetime) -> timezone:
        if not self.offsets:
            return UTC
        index = max(0, bisect_right(self.offsets, at, key=lambda change: change.since) - 1)
        return timezone(self.offsets[index].offset, self.offsets[index].name)


class Holiday(Frozen):
    """A day on which nobody works."""

    day: date
    name: str


class Calendar(Frozen):
    """Where the days of a plan begin, and which of them are business days."""

    zone: Zone = Zone()
    working_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Days of the week, Monday is 0."""
    opens: time = time(0)
    closes: time = time(23, 59, 59)
    """Local hours of a business day."""
    holidays: tuple[Holiday, ...] = ()
    source: str = ""
    """Where the holidays come from: library, version, country."""
    known_until: date | None = None
    """The last day whose holidays are known; later only the weekdays count."""

    def is_business_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day.weekday() in self.working_days and all(holiday.day != day for holiday in self.holidays)

    def open_at(self, at: datetime) -> bool:
        """Whether people work at `at`."""
        local = self.zone.local(at)
        return self.is_business_day(local.date()) and self.opens <= local.time() <= self.closes

    def next_open(self, at: datetime) -> datetime:
        """`at` when people work then, else the next moment at which they begin."""
        local = self.zone.local(at)
        if self.open_at(at):
            return at
        day = local.date()
        if not self.is_business_day(day) or local.time() > self.closes:
            day = self.later(day, 1)
        return self.zone.moment(datetime.combine(day, self.opens))

    def last_open(self, at: datetime) -> datetime:
        """`at` when people work then, else the last moment before it at which they did."""
        local = self.zone.local(at)
        if self.open_at(at):
            return at
        day = local.date()
        if not self.is_business_day(day) or local.time() < self.opens:
            day = self.later(day, -1)
        return self.zone.moment(datetime.combine(day, self.closes))

    def after(self, at: datetime, days: int) -> datetime:
        """So many business days after `at`, or before it when negative, at the same time of day.

        Outside business hours the count begins when people begin to work, or, backwards, when they stopped.
        """
        if days == 0:
            return at
        start = self.zone.local(self.next_open(at) if days > 0 else self.last_open(at))
        return self.zone.moment(datetime.combine(self.later(start.date(), days), start.time()))

    def later(self, day: date, count: int) -> date:
        """The business day that is `count` business days after `day`, or before it when negative.

        Raises:
            ValueError: the calendar has no business day within ten years.
        """
        step, left = (_DAY if count > 0 else -_DAY), abs(count)
        for _ in range(_SEARCHED):
            if not left:
                return day
            day += step
            left -= self.is_business_day(day)
        raise ValueError(msg("the calendar has no business day within ten years"))


WEEKDAYS = Calendar()
"""Monday to Friday in UTC, without holidays: for plans whose runbook names no calendar."""


class Interval(Frozen):
    """A stretch of time; its end does not belong to it."""

    begins: Moment
    ends: Moment


class Freeze(Interval):
    """A time in which nothing may be purged."""

    id: str = Field(min_length=1)
    name: str
    source: str
    """The calendar file it stands in, or who set it."""

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.begins <= at < self.ends

    @property
    def never_ends(self) -> bool:
        """Whether no date ends it, but a newer calendar or a decision."""
        return self.ends >= NEVER

    def words(self, zone: Zone) -> str:
        """Describe it and its end, for people."""
        if self.never_ends:
            return msg(
                "the freeze calendar {source} ends {words} ({id}), so later freezes are "
                "not known: make a plan with a newer calendar, or look and take this off (unrack unfreeze)",
                source=self.source,
                words=zone.words(self.begins),
                id=self.id,
            )
        return msg("freeze '{name}' ({id}) until {words}", name=self.name, id=self.id, words=zone.words(self.ends))


class FreezeCalendar(Frozen):
    """A calendar file as it was when the plan was made."""

    source: str
    """Its name as the request or the settings give it."""
    sha256: str
    until: Moment
    """Until here its freezes are known, and stand in the plan; what comes later is not known."""
    freezes: tuple[Freeze, ...] = ()

    @property
    def beyond(self) -> Freeze:
        """The time of which the plan knows no freezes: nothing is purged in it either, until somebody has looked."""
        mark = hashlib.sha256(f"{self.source}\n{self.sha256}\n{self.until.isoformat()}".encode()).hexdigest()[:10]
        return Freeze(id=f"e{mark}", name="end of the calendar", begins=self.until, ends=NEVER, source=self.source)

    @property
    def forbids(self) -> tuple[Freeze, ...]:
        """Every time in which it forbids the purge."""
        return (*self.freezes, self.beyond)


def later_by(at: datetime, span: timedelta) -> datetime:
    """`at` and `span` more, or `NEVER` where that leaves the years that there are: providers write 9999 for no end."""
    try:
        return at + span
    except OverflowError:
        return NEVER


def union(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The same time in intervals that neither overlap nor touch, earliest first."""
    merged: list[Interval] = []
    for each in sorted(intervals, key=lambda one: one.begins):
        if merged and each.begins <= merged[-1].ends:
            merged[-1] = Interval(begins=merged[-1].begins, ends=max(merged[-1].ends, each.ends))
        elif each.begins < each.ends:
            merged.append(Interval(begins=each.begins, ends=each.ends))
    return tuple(merged)


def first_outside(intervals: tuple[Interval, ...], at: datetime) -> datetime:
    """The first moment from `at` on that lies in none of `intervals`."""
    for each in union(intervals):
        if each.begins <= at < each.ends:
            return each.ends
    return at


def within(intervals: tuple[Interval, ...], begins: datetime, ends: datetime) -> timedelta:
    """How much of the time from `begins` to `ends` lies in `intervals`; what overlaps counts once."""
    spans = (min(each.ends, ends) - max(each.begins, begins) for each in union(intervals))
    return sum((max(span, timedelta(0)) for span in spans), timedelta(0))
