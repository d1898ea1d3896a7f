"""The algebra of grace: what holds for every runbook, every date and every decision."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.model.calendars import calendar, calendars, moments, spans, wall
from unrack.model.grace import (
    OF_THE_PROVIDER,
    Anchor,
    Anchors,
    Bound,
    Grace,
    LandOn,
    Moved,
    by_runbook,
    ceiling,
    end,
    floor,
)

Case = tuple[Grace, Anchors]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """What a runbook may say, and every anchor known."""
    anchor = draw(st.sampled_from(Anchor))
    sign = draw(st.sampled_from((-1, 1))) if anchor in OF_THE_PROVIDER else 1
    latest = Bound(anchor=draw(st.sampled_from(Anchor)), offset=draw(spans))
    grace = Grace(
        anchor=anchor,
        offset=sign * draw(spans),
        max_extension=timedelta(days=90),
        business_days=sign * draw(st.integers(0, 10)),
        land_on=draw(st.sampled_from(LandOn)),
        minimum=draw(st.none() | spans),
        latest=draw(st.none() | st.just(latest)),
        calendar=draw(calendars),
    )
    return grace, {each: draw(moments) for each in Anchor}


def _end(case: Case, moved: Moved | None = None, stopped: timedelta = timedelta(0)) -> datetime:
    found = end(*case, moved, stopped)
    assert found is not None
    return found


@given(cases(), moments, moments, spans)
def test_more_time_asked_for_never_ends_earlier(case: Case, one: datetime, other: datetime, still: timedelta) -> None:
    """An extension is monotone, whatever business days, bounds and stopped clocks do to it."""
    first, second = sorted((one, other))
    base = by_runbook(*case)

    assert _end(case, Moved(to=first, from_=base), still) <= _end(case, Moved(to=second, from_=base), still)


@given(cases(), st.none() | moments, spans, st.booleans())
def test_grace_never_ends_before_the_minimum(case: Case, to: datetime | None, still: timedelta, kept: bool) -> None:
    """Whatever was decided, and however the provider's dates moved."""
    base = by_runbook(*case) if kept else None
    least = floor(*case)

    ends = _end(case, Moved(to=to, from_=base) if to else None, still)

    assert least is None or ends >= least
    assert case[0].minimum is None or ends >= case[1][Anchor.GRACE_BEGIN] + case[0].minimum


@given(cases(), st.none() | moments, spans)
def test_an_end_that_must_be_in_business_hours_is(case: Case, to: datetime | None, still: timedelta) -> None:
    """Neither an extension nor the minimum nor the latest date ends grace on a holiday."""
    grace = case[0]
    assume(grace.land_on is not LandOn.ANY_DAY)

    assert grace.calendar.open_at(_end(case, Moved(to=to, from_=by_runbook(*case)) if to else None, still))


@given(cases(), spans, spans)
def test_a_clock_that_stood_still_longer_ends_later(case: Case, one: timedelta, other: timedelta) -> None:
    """And never past the latest date, unless the runbook's own end or minimum is."""
    first, second = sorted((one, other))
    latest = ceiling(*case)

    assert _end(case) <= _end(case, None, first) <= _end(case, None, second)
    assert latest is None or _end(case, None, second) <= max(latest, _end(case))


@given(cases(), moments, moments)
def test_an_old_move_counts_only_for_more_time(case: Case, to: datetime, base: datetime) -> None:
    """When the runbook's end has moved since, a shortening no longer shortens; an extension still extends."""
    assume(base != by_runbook(*case))

    moved = _end(case, Moved(to=to, from_=base))

    assert moved >= _end(case)
    assert moved == max(_end(case), _end(case, Moved(to=to, from_=by_runbook(*case))))


@given(cases())
def test_an_unknown_anchor_is_no_end(case: Case) -> None:
    """Nothing is purged on a date that nobody knows."""
    grace, anchors = case
    rest = {anchor: at for anchor, at in anchors.items() if anchor is not grace.anchor}

    assert end(grace, rest) is None
    assert end(grace, rest, Moved(to=datetime(2020, 1, 1, tzinfo=UTC))) is None


def test_until_24_hours_before() -> None:
    """An offset before the provider's date, rolled back to a day on which somebody works (S0.7)."""
    paris = calendar("Europe/Paris", "FR", "09:00-17:00")
    expiry = paris.zone.moment(wall("2026-05-09 12:00"))  # a Saturday; Friday 8 May is a holiday
    grace = Grace(
        anchor=Anchor.EXPIRY,
        offset=timedelta(hours=-24),
        max_extension=timedelta(0),
        land_on=LandOn.PREVIOUS_BUSINESS_DAY,
        calendar=paris,
    )

    ends = by_runbook(grace, {Anchor.EXPIRY: expiry})

    assert ends is not None
    assert paris.zone.words(ends) == "2026-05-07 17:00 CEST"
