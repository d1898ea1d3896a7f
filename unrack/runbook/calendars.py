"""Reads time zones and holidays when a plan is made, and freezes what they say into it as pure data."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import holidays

from unrack.model.calendar import Calendar, Holiday, Zone, ZoneOffset
from unrack.model.service import ServiceFacts
from unrack.runbook.diagnostics import did_you_mean
from unrack.runbook.source import CalendarSource, Weekday, hours_of

_YEARS_AHEAD = 2
_DAY = timedelta(days=1)


def horizon(facts: ServiceFacts) -> tuple[datetime, datetime]:
    """The time in which a run of a service with these facts may need a calendar: whole years, in UTC.

    Whole years, so that a plan made again a minute later is the same plan.
    """
    now = facts.clock.shown.astimezone(UTC)
    dates = (now, facts.expires_at, facts.engaged_until)
    last = max(at.astimezone(UTC).year for at in dates if at is not None)
    return datetime(now.year, 1, 1, tzinfo=UTC), datetime(last + _YEARS_AHEAD, 12, 31, tzinfo=UTC)


def zone_problem(name: str) -> str | None:
    """Why `name` is no time zone, with the nearest known one; None when it is one."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return did_you_mean(name, available_timezones())
    return None


def holidays_problem(code: str) -> str | None:
    """Why there are no holidays for `code`, with the nearest known one; None when there are."""
    country, _, part = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        return did_you_mean(country, known)
    return did_you_mean(part, known[country]) if part and part not in known[country] else None


def frozen_calendar(source: CalendarSource, since: datetime, until: datetime, *, with_days: bool) -> Calendar:
    """What `source` means between two moments, as pure data.

    Args:
        source: As the runbook has it; its zone and its country are known.
        since: From here on it must be right.
        until: Until here it must be right.
        with_days: Whether business days are counted at all; else the holidays are left out.
    """
    opens, closes = hours_of(source.working_hours)
    calendar = Calendar(zone=_zone(source.zone, since, until), opens=opens, closes=closes)
    if not with_days:
        return calendar
    days = tuple(tuple(Weekday).index(day) for day in source.working_days)
    if source.holidays is None:
        return calendar.model_copy(update={"working_days": days})
    listed = tuple(_holidays(source.holidays, since.year, until.year))
    told = f"holidays {version('holidays')}, {source.holidays}"
    more = {"working_days": days, "holidays": listed, "source": told, "known_until": until.date()}
    return calendar.model_copy(update=more)


def _zone(name: str, since: datetime, until: datetime) -> Zone:
    zone = ZoneInfo(name)
    changes = [_offset(zone, since)]
    day = since
    while day < until:
        if day.astimezone(zone).utcoffset() != (day + _DAY).astimezone(zone).utcoffset():
            changes.append(_offset(zone, _change(zone, day)))
        day += _DAY
    return Zone() if name == "UTC" else Zone(name=name, offsets=tuple(changes))


def _change(zone: ZoneInfo, day: datetime) -> datetime:
    """The second in the day from `day` on at which the offset changes."""
    before, low, high = day.astimezone(zone).utcoffset(), 0, 86400
    while high - low > 1:
        middle = (low + high) // 2
        at = day + timedelta(seconds=middle)
        low, high = (middle, high) if at.astimezone(zone).utcoffset() == before else (low, middle)
    return day + timedelta(seconds=high)


def _offset(zone: ZoneInfo, at: datetime) -> ZoneOffset:
    local = at.astimezone(zone)
    return ZoneOffset(since=at, offset=local.utcoffset() or timedelta(0), name=local.tzname() or "UTC")


def _holidays(code: str, first: int, last: int) -> Iterator[Holiday]:
    country, _, part = code.partition("-")
    found = holidays.country_holidays(country, subdiv=part or None, years=range(first, last + 1), language="en_US")
    days: list[tuple[date, str]] = sorted(found.items())
    for day, name in days:
        yield Holiday(day=day, name=name)
