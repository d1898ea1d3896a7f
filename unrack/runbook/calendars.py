"""Reads time zones and holidays when a plan is made, and freezes what they say into it as pure data."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.metadata import version
from zoneinfo import ZoneInfo

import holidays

from unrack.documents.diagnostics import did_you_mean
from unrack.model.calendar import Calendar, Holiday, Zone, ZoneOffset
from unrack.model.message import msg
from unrack.model.service import ServiceFacts
from unrack.runbook.source import CalendarSource, Weekday, hours_of
from unrack.zones import known, zone

LONGEST = timedelta(days=3660)
"""The longest span ahead that counts. A run does not wait for a later date of a provider, such as the year 9999."""
_YEARS_AHEAD = 2
NEEDED = timedelta(days=366 * _YEARS_AHEAD)
"""For so long a runbook's holidays should be known: a run may take more than a year."""
_DAY = timedelta(days=1)
_SAMPLE = range(2024, 2027)
"""Years by which regions are told apart."""


def horizon(facts: ServiceFacts) -> tuple[datetime, datetime]:
    """The time in which a run of a service with these facts may need a calendar: whole years, in UTC.

    Whole years, so that a plan made again a minute later is the same plan.
    """
    now = facts.clock.shown.astimezone(UTC)
    dates = (now, facts.expires_at, facts.engaged_until)
    last = min(max(at for at in dates if at is not None), now + LONGEST).astimezone(UTC).year
    return datetime(now.year, 1, 1, tzinfo=UTC), datetime(last + _YEARS_AHEAD, 12, 31, tzinfo=UTC)


def zone_problem(name: str) -> str | None:
    """Why `name` is no time zone, with the nearest known one; None when it is one."""
    try:
        zone(name)
    except ValueError:
        return did_you_mean(name, known())
    return None


def holidays_problem(code: str) -> tuple[str, str] | None:
    """Return the fault of `code` as the place whose holidays count, and the correction. None when it is valid."""
    country, _, part = code.partition("-")
    supported = holidays.list_supported_countries()
    if country not in supported:
        return msg("no holidays are known for '{code}'", code=code), did_you_mean(country, supported)
    if part and part not in supported[country]:
        return msg("no holidays are known for '{code}'", code=code), did_you_mean(part, supported[country])
    if not part and _differs_everywhere(country):
        regions = ", ".join(f"{country}-{region}" for region in supported[country])
        return msg(
            "the holidays of {country} differ by region, and no region has only those of the country", country=country
        ), (msg("Name the region: {regions}", regions=regions))
    return None


def holidays_known_until(code: str) -> date:
    """The last day whose holidays the installed library knows."""
    country, _, part = code.partition("-")
    return date(holidays.country_holidays(country, subdiv=part or None).end_year, 12, 31)


def holidays_told(code: str) -> str:
    """Return the warning for holidays that are not known for as long as a run may need them."""
    until = holidays_known_until(code)
    return msg(
        "the holidays of {code} are known until {until} (holidays {version}); after that day only the weekdays count",
        code=code,
        until=until,
        version=version("holidays"),
    )


def frozen_calendar(source: CalendarSource, since: datetime, until: datetime, *, with_days: bool) -> Calendar:
    """Return the calendar of `source` between two moments, as pure data.

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
    last = min(until.date(), holidays_known_until(source.holidays))
    more = {"working_days": days, "holidays": listed, "source": told, "known_until": last}
    return calendar.model_copy(update=more)


@cache
def _differs_everywhere(country: str) -> bool:
    """Whether each region has a holiday of its own, so that the country's alone are kept nowhere, as in GB and CA.

    Where some region has only the country's, or regions with nothing of their own are not listed, as in FR, its name is
    enough.
    """
    regions = holidays.list_supported_countries()[country]
    common = set(_days(country, None))
    return bool(regions) and all(set(_days(country, region)) != common for region in regions)


def _days(country: str, region: str | None) -> Iterable[date]:
    return holidays.country_holidays(country, subdiv=region, years=_SAMPLE)


def _zone(name: str, since: datetime, until: datetime) -> Zone:
    found = zone(name)
    changes = [_offset(found, since)]
    day = since
    while day < until:
        if day.astimezone(found).utcoffset() != (day + _DAY).astimezone(found).utcoffset():
            changes.append(_offset(found, _change(found, day)))
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
