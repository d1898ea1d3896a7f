"""Zones, business days and freezes: pure data that says what the real databases say."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.model.calendars import ZONES, calendar, calendars, intervals, moments, office_calendars, wall, walls
from unrack.model.calendar import WEEKDAYS, Calendar, Interval, Zone, first_outside, union, within

PARIS = calendar("Europe/Paris", "FR", None)


@given(st.sampled_from(ZONES), moments)
def test_a_frozen_zone_shows_what_the_tz_database_shows(name: str, at: datetime) -> None:
    """Local times and abbreviations are those of the database that the plan was made with."""
    local, real = calendar(name, None, None).zone.local(at), at.astimezone(ZoneInfo(name))

    assert local.replace(tzinfo=None) == real.replace(tzinfo=None)
    assert local.tzname() == real.tzname()
    assert local == at


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("name", ["Europe/Paris", "America/New_York"])
def test_the_ends_of_the_calendar_can_be_told(name: str, at: datetime) -> None:
    """A freeze without an end, as calendar files write it, stops no run that tells of it."""
    zone = calendar(name, None, None).zone

    assert zone.local(at) == at
    assert zone.words(at).startswith(f"{at.year:d}-" if at.year > 1 else "1-")


@example("Europe/Paris", wall("2026-03-29 02:30"))
@example("Europe/Paris", wall("2026-10-25 02:30"))
@example("America/New_York", wall("2027-03-14 02:00"))
@example("Australia/Lord_Howe", wall("2026-10-04 02:15"))
@example("Australia/Lord_Howe", wall("2026-04-05 01:45"))
@given(st.sampled_from(ZONES), walls)
def test_a_wall_clock_time_is_one_moment(name: str, shown: datetime) -> None:
    """Times shown twice are the first, times left out are moved on: as Python's own zones say (PEP 495)."""
    wanted = shown.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)

    assert calendar(name, None, None).zone.moment(shown) == wanted


@given(calendars, moments)
def test_business_days_never_land_on_a_holiday(days: Calendar, at: datetime) -> None:
    """Landing forward or back ends on a business day, in hours, and never on the wrong side."""
    later, earlier = days.next_open(at), days.last_open(at)

    for landed in (later, earlier):
        assert days.is_business_day(days.zone.local(landed).date())
        assert days.open_at(landed)
    assert earlier <= at <= later
    assert days.next_open(later) == later
    assert days.last_open(earlier) == earlier


@given(calendars, moments, moments)
def test_landing_keeps_the_order(days: Calendar, one: datetime, other: datetime) -> None:
    """What is later before is not earlier afterwards."""
    first, second = sorted((one, other))

    assert days.next_open(first) <= days.next_open(second)
    assert days.last_open(first) <= days.last_open(second)


@given(calendars, moments, st.integers(min_value=-40, max_value=40))
def test_counted_days_are_business_days(days: Calendar, at: datetime, count: int) -> None:
    """So many business days away from a moment is a business day again."""
    if count:
        assert days.is_business_day(days.zone.local(days.after(at, count)).date())
    else:
        assert days.after(at, 0) == at


@given(office_calendars, moments, st.integers(0, 20), st.integers(0, 20))
def test_days_add_up(days: Calendar, at: datetime, some: int, more: int) -> None:
    """Ten days and then five are fifteen; more days never end earlier; forth and back is where it began."""
    start = days.next_open(at)

    assert days.after(days.after(start, some), more) == days.after(start, some + more)
    assert days.after(start, some) <= days.after(start, some + more)
    assert days.after(days.after(start, some), -some) == start


def test_a_french_may_has_few_business_days() -> None:
    """1 and 8 May 2026 are holidays, 14 May Ascension, 25 May Whit Monday; the hour stays over the days."""
    begin = PARIS.zone.moment(wall("2026-04-30 10:00"))

    assert PARIS.zone.words(PARIS.after(begin, 1)) == "2026-05-04 10:00 CEST"
    assert PARIS.zone.words(PARIS.after(begin, 5)) == "2026-05-11 10:00 CEST"
    assert PARIS.source.endswith(", FR")


def test_a_day_keeps_its_hour_over_the_change_of_clocks() -> None:
    """A business day after Friday 10:00 is Monday 10:00 by the wall clock, one hour less or more in between."""
    friday = PARIS.zone.moment(wall("2026-03-27 10:00"))

    assert PARIS.after(friday, 1) - friday == timedelta(days=3, hours=-1)


def test_a_calendar_without_business_days_is_no_endless_search() -> None:
    """It gives up with a reason."""
    never = Calendar(working_days=())

    with pytest.raises(ValueError, match="no business day"):
        never.next_open(datetime(2026, 5, 1, tzinfo=UTC))


def test_without_a_zone_it_is_utc() -> None:
    """Plans older than calendars, and runbooks that name none."""
    assert Zone().words(datetime(2026, 5, 1, 12, tzinfo=UTC)) == "2026-05-01 12:00 UTC"
    assert WEEKDAYS.is_business_day(datetime(2026, 5, 1, tzinfo=UTC).date())


@given(st.lists(intervals(), max_size=8).map(tuple), moments)
def test_a_union_covers_the_same_time(stretches: tuple[Interval, ...], at: datetime) -> None:
    """Overlapping and touching freezes become one; nothing is lost and nothing is added."""
    merged = union(stretches)

    assert any(each.begins <= at < each.ends for each in stretches) == any(
        each.begins <= at < each.ends for each in merged
    )
    assert all(one.ends < other.begins for one, other in pairwise(merged))


@given(st.lists(intervals(), max_size=8).map(tuple), moments)
def test_the_first_moment_outside_is_outside(stretches: tuple[Interval, ...], at: datetime) -> None:
    """It lies in no freeze, and everything before it does."""
    free = first_outside(stretches, at)

    assert free >= at
    assert not any(each.begins <= free < each.ends for each in stretches)
    assert within(stretches, at, free) == free - at


@given(st.lists(intervals(), max_size=8).map(tuple), moments, moments)
def test_time_within_counts_once(stretches: tuple[Interval, ...], one: datetime, other: datetime) -> None:
    """Two holds at the same time stop the clock once; never for longer than there was time."""
    begins, ends = sorted((one, other))

    held = within(stretches, begins, ends)

    assert timedelta(0) <= held <= ends - begins
    assert held == within((*stretches, *stretches), begins, ends)
