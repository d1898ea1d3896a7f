"""Moments and spans in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from unrack.cli.render.formats import about, distance, moment, person, span
from unrack.model.decision import Actor, Assurance


def test_a_moment_is_shown_in_utc_with_its_zone() -> None:
    """Whatever zone it came in."""
    at = datetime(2026, 3, 31, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == "2026-03-30 23:30 UTC"
    assert moment(None, "unknown") == "unknown"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=30), "30 days"),
        (timedelta(hours=-25), "1 day and 1 hour"),
        (timedelta(seconds=90), "1 minute and 30 seconds"),
        (timedelta(days=400), "400 days"),
        (timedelta(0), "at once"),
        (timedelta(seconds=59.6), "1 minute"),
    ],
)
def test_a_span_is_shown_in_words(length: timedelta, text: str) -> None:
    """No months and years: their length depends on the calendar."""
    assert span(length) == text


def test_a_distance_has_two_units_and_a_direction() -> None:
    """Enough to act on."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert distance(now + timedelta(days=3, hours=2, minutes=5), now) == "in 3 days and 2 hours"
    assert distance(now - timedelta(minutes=4), now) == "4 minutes ago"
    assert distance(now, now) == "now"
    assert about(timedelta(days=1, hours=2, minutes=3)) == "1 day and 2 hours"


def test_a_person_is_never_shown_as_more_certain_than_known() -> None:
    """Stated is said to be stated."""
    assert person(Actor(name="alice")) == "alice (stated, not verified)"
    assert person(Actor(name="bob", assurance=Assurance.VOUCHED, issuer="idp")) == "bob (vouched for by idp)"
