"""Reads the times and lengths of an iCalendar event: days, wall clocks and zones, by RFC 5545."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import cast

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from unrack.model.message import msg
from unrack.runbook.vevents import Value
from unrack.zones import zone

_WHEN = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_LENGTH = re.compile(
    r"([+-]?)P(?=.)(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?"
)
_DAY = timedelta(days=1)
_YEARLY = re.compile(r"FREQ=YEARLY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A time as a clock on a wall shows it, and where that clock hangs; a whole day is its midnight."""

    wall: datetime
    zone: tzinfo
    whole_day: bool = False

    @property
    def moment(self) -> datetime:
        """A time that is shown twice is the first one; one that is left out is as much later as the clock is moved."""
        return self.wall.replace(tzinfo=self.zone).astimezone(UTC)

    def at(self, wall: datetime) -> "When":
        """The same clock, when it shows `wall`."""
        return replace(self, wall=wall)

    def seen_in(self, other: "When") -> datetime:
        """Return the wall time in the zone of `other`. A whole day is the same day everywhere."""
        if self.whole_day or self.zone == other.zone:
            return self.wall
        return self.moment.astimezone(other.zone).replace(tzinfo=None)

    def is_same(self, other: "When") -> bool:
        """Whether both name the same time; where one is a whole day, the same day."""
        if self.whole_day or other.whole_day:
            return self.seen_in(other).date() == other.wall.date()
        return self.moment == other.moment


@dataclass(frozen=True, slots=True)
class Length:
    """How long something lasts: days by the wall clock, and then hours that are hours."""

    days: timedelta
    exact: timedelta

    def after(self, begin: When) -> datetime:
        """The moment at which what begins then is over."""
        return begin.at(begin.wall + self.days).moment + self.exact

    @classmethod
    def read(cls, text: str) -> "Length":
        """As ``PT36H`` or ``P1DT12H``, which are not the same over a change of clocks.

        Raises:
            ValueError: it is no duration.
        """
        found = _LENGTH.fullmatch(text.strip().upper())
        if found is None:
            raise ValueError(msg("'{text}' is no duration, as PT36H is", text=text[:40]))
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
        sign = -1 if found[1] == "-" else 1
        exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return cls(sign * timedelta(days=7 * weeks + days), sign * exact)


@dataclass(frozen=True, slots=True)
class Until:
    """An end as written, for the first of a series: each other one ends as late, by the wall or by the hours.

    RFC 5545 counts the hours, calendar programs keep the wall clock. Over a change of clocks the later end counts: a
    freeze that lasts an hour too long is a nuisance, one that ends an hour early is a purge in a freeze.
    """

    wall: timedelta
    exact: timedelta

    @classmethod
    def between(cls, begin: When, end: When) -> "Until":
        """From the first begin and the first end."""
        return cls(end.seen_in(begin) - begin.wall, end.moment - begin.moment)

    def after(self, begin: When) -> datetime:
        """The moment at which what begins then is over."""
        by_wall = begin.at(begin.wall + self.wall).moment
        return by_wall if begin.whole_day else max(by_wall, begin.moment + self.exact)


class Clocks:
    """The zones of one calendar file."""

    def __init__(self, own: tzinfo, zones: Mapping[str, str]) -> None:
        """Read times without a zone by the file's own, if it names one, and days by `own`.

        Args:
            own: The provider's zone.
            zones: As `read_vevents` gives them.
        """
        self._days, self._zones = own, zones
        self._known: dict[str, tzinfo] = {}

    def when(self, value: Value) -> When:
        """Return the time that `value` states.

        Raises:
            ValueError: it is no time, or its zone is not known.
        """
        return self.read(value.text, value.zone)

    def read(self, text: str, named: str = "") -> When:
        """`text` as a time, as ``20261220``, ``20261220T180000`` or ``20261220T180000Z``, in the zone `named`.

        Raises:
            ValueError: it is no time, or its zone is not known.
        """
        found = _WHEN.fullmatch(text.strip().upper())
        if found is None:
            raise ValueError(msg("'{text}' is no day and no time", text=text[:40]))
        try:
            wall = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - a wall clock
        except ValueError:
            raise ValueError(msg("there is no {text}", text=text[:40])) from None
        if found[2] is None:
            return When(wall, self._days, whole_day=True)
        return When(wall, UTC if found[3] else self._zone(named or self._zones.get("", "")))

    def _zone(self, named: str) -> tzinfo:
        if not named:
            return self._days
        if named not in self._known:
            self._known[named] = self._found(named)
        return self._known[named]

    def _found(self, named: str) -> tzinfo:
        """By its name, by its name in Windows, by the end of a vendor's name, or as the file itself describes it."""
        plain = named.strip("/")
        ends = plain.split("/")
        ends = ["/".join(ends[count:]) for count in range(1, len(ends))] if named.startswith("/") else []
        for name in (plain, WINDOWS_TO_OLSON.get(plain, ""), *ends):
            try:
                return zone(name)
            except ValueError:
                continue
        if named in self._zones:
            return _described(named, self._zones[named])
        raise ValueError(
            msg("the zone '{named}' is not known, and the file does not describe it (VTIMEZONE)", named=named[:60])
        )


def _described(named: str, text: str) -> tzinfo:
    """The zone that a VTIMEZONE describes."""
    rules = [line for line in text.splitlines() if line.upper().startswith("RRULE")]
    if not all(_YEARLY.search(rule) for rule in rules):
        raise ValueError(msg("the zone '{named}' is described by a rule that is not yearly", named=named[:60]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            described = cast("Timezone", Timezone.from_ical(text)).to_tz(lookup_tzid=False)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        found = cast("tzinfo", described)
        found.utcoffset(datetime(2026, 1, 1))  # noqa: DTZ001 - a wall clock
    except Exception as error:  # whatever the library trips over is the file's fault, and is told
        raise ValueError(
            msg("the description of the zone '{named}' cannot be read: {error}", named=named[:60], error=error)
        ) from error
    return found
