"""Calendars for properties: real zones and real holidays, as plans carry them."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from unrack.model.calendar import Calendar, Freeze, Interval
from unrack.runbook.calendars import frozen_calendar
from unrack.runbook.source import CalendarSource, Weekday

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 12, 31, tzinfo=UTC)
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca")
"""Among them zones that move by half an hour, never, and four times a year."""

_SUNDAY_TO_THURSDAY = (Weekday.SUNDAY, Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY)


@cache
def calendar(zone: str, holidays: str | None, hours: str | None, *, sunday: bool = False) -> Calendar:
    """A calendar as a plan carries it."""
    days = {"working-days": list(_SUNDAY_TO_THURSDAY)} if sunday else {}
    written = {"zone": zone, "holidays": holidays, "working-hours": hours, **days}
    source = CalendarSource.model_validate_json(json.dumps(written))
    return frozen_calendar(source, SINCE, UNTIL, with_days=True)


calendars = st.builds(
    calendar,
    st.sampled_from(ZONES),
    st.sampled_from((None, "FR", "US", "DE-BY")),
    st.sampled_from((None, "09:00-17:00", "08:30-12:00")),
    sunday=st.booleans(),
)
office_calendars = st.builds(calendar, st.sampled_from(ZONES), st.sampled_from(("FR", "US")), st.just("09:00-17:00"))

_SECONDS = round(timedelta(days=1200).total_seconds())
moments = st.integers(0, _SECONDS).map(lambda seconds: SINCE + timedelta(days=31, seconds=seconds))
walls = moments.map(lambda at: at.replace(tzinfo=None))
"""What a clock on a wall shows, without a zone."""


def wall(text: str) -> datetime:
    """As ``2026-05-09 12:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60)).map(
    lambda span: timedelta(seconds=round(span.total_seconds()))
)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """A stretch of time, maybe an empty one."""
    begins = draw(moments)
    return Interval(begins=begins, ends=begins + draw(spans))


@st.composite
def freezes(draw: st.DrawFn, number: int = 0) -> Freeze:
    """A freeze."""
    stretch = draw(intervals())
    return Freeze(id=f"f{number}", name="freeze", source="test", begins=stretch.begins, ends=stretch.ends)
