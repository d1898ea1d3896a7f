"""What a runbook may say of grace, and what a plan makes of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.unit.runbook.conftest import SERVICE
from tests.unit.runbook.icalendars import MONTH_END, YEAR_END
from tests.unit.runbook.icalendars import calendar as ics
from unrack.model.grace import Anchor, Bound, HoldEffect, LandOn
from unrack.model.lifecycle import Timing
from unrack.model.plan import Plan
from unrack.model.request import Request, RequestedService
from unrack.model.service import ProviderClock, ServiceFacts
from unrack.operations.planning import read_request
from unrack.runbook import InputError, check_runbooks, compile_plan, load_runbook
from unrack.runbook.freezes import FreezeFile, read_freezes
from unrack.runbook.load import notes_on_runbooks

Facts = Callable[..., ServiceFacts]
Write = Callable[[str], Path]
_REQUEST = Request(
    runbook="small", service=RequestedService(id=SERVICE), reason="Not used any more.", timing=Timing.IMMEDIATE
)
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
GRACE = "      anchor: grace-begin\n      offset: 7d\n"
CALENDAR = "calendar:\n  zone: Europe/Paris\n  holidays: FR\n  working-hours: 09:00-17:00\napproval:\n"


def changed(small: str, grace: str, calendar: str = CALENDAR) -> str:
    """The small runbook with other words for the grace of the timing `immediate`."""
    assert small.count(GRACE) == 1
    return small.replace(GRACE, grace).replace("approval:\n", calendar)


@pytest.fixture
def plan(small: str, write: Write, facts: Facts) -> Callable[..., Plan]:
    """Compiles the small runbook with another grace."""

    def plan(grace: str, *freezes: FreezeFile, **known: object) -> Plan:
        runbook = load_runbook(write(changed(small, grace)))
        return compile_plan(runbook, _REQUEST, facts(**known), freezes)

    return plan


def test_everything_a_runbook_says_of_grace_is_in_the_plan(plan: Callable[..., Plan]) -> None:
    """Anchor, offset, business days, bounds, holds and the calendar that decides."""
    grace = plan(
        "      anchor: grace-begin\n      offset: 1d\n      business-days: 5\n      land-on: next-business-day\n"
        "      minimum: 3d\n      latest: {anchor: expiry, offset: -24h}\n      holds: stop-the-clock\n"
    ).grace

    assert (grace.anchor, grace.offset, grace.business_days) == (Anchor.GRACE_BEGIN, timedelta(days=1), 5)
    assert (grace.land_on, grace.minimum) == (LandOn.NEXT_BUSINESS_DAY, timedelta(days=3))
    assert grace.latest == Bound(anchor=Anchor.EXPIRY, offset=timedelta(hours=-24))
    assert grace.holds is HoldEffect.STOP_THE_CLOCK
    assert grace.calendar.zone.name == "Europe/Paris"
    assert date(2026, 7, 14) in [holiday.day for holiday in grace.calendar.holidays]
    assert grace.calendar.known_until == date(grace.calendar.holidays[-1].day.year, 12, 31)


def test_a_plan_without_business_days_carries_no_holidays(plan: Callable[..., Plan]) -> None:
    """Only what decides is frozen: the history stays small."""
    calendar = plan(GRACE).grace.calendar

    assert calendar.holidays == ()
    assert calendar.zone.offsets


def test_the_calendar_is_that_of_whole_years(plan: Callable[..., Plan]) -> None:
    """A plan made again a minute or a month later is the same plan."""
    days = "      anchor: grace-begin\n      offset: 1d\n      business-days: 5\n"
    clocks = [datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 4, 1, 12, tzinfo=UTC)]

    digests = {plan(days, clock=ProviderClock(read_at=at, shown=at)).digest for at in clocks}

    assert len(digests) == 1


def test_freezes_stand_in_the_plan_and_warn(plan: Callable[..., Plan], tmp_path: Path) -> None:
    """A foreseen date that falls into a freeze is told before the launch; the digest covers the freezes."""
    path = tmp_path / "board.ics"
    path.write_text(ics(YEAR_END, MONTH_END), encoding="utf-8")
    file = read_freezes(path, "board.ics")
    expiry = "      anchor: expiry\n      offset: 24h\n"
    ends = datetime(2026, 12, 24, 12, tzinfo=UTC)

    frozen, free = plan(expiry, file, expires_at=ends), plan(expiry, expires_at=ends)

    assert [each.name for each in frozen.freezes[0].freezes] == ["Month end", "Month end", "Year end"]
    assert any("Year end" in finding.text for finding in frozen.warnings)
    assert {each.name: each.at for each in frozen.dates}["earliest-purge"] == datetime(2027, 1, 3, 23, tzinfo=UTC)
    assert frozen.digest != free.digest


def test_the_request_names_a_file_beside_itself(tmp_path: Path, small: str, write: Write) -> None:
    """Its own calendar, and those of the installation; the plan calls them by the names that people gave."""
    runbook = write(small)
    (tmp_path / "calendars").mkdir()
    for name in ("team.ics", "company.ics"):
        (tmp_path / "calendars" / name).write_text(ics(YEAR_END), encoding="utf-8")
    asked = tmp_path / "request.yaml"
    asked.write_text(
        "runbook: small\nservice:\n  id: 5f0c3a1e-7a54-4e0b-9a3f-2d1c6b8e9f10\nreason: Not used.\n"
        "freezes: calendars/team.ics\n",
        encoding="utf-8",
    )

    wish = read_request(asked, [runbook.parent], [tmp_path / "calendars" / "company.ics"])

    assert [file.source for file in wish.freezes] == ["company.ics", "calendars/team.ics"]


WRONG = {
    "before what is not ahead": ("anchor: grace-begin\n      offset: -7d", CALENDAR, "cannot end before its anchor"),
    "days without a calendar": (
        "anchor: grace-begin\n      offset: 1d\n      business-days: 3",
        "approval:\n",
        "need a",
    ),
    "landing without a calendar": (
        "anchor: grace-begin\n      offset: 1d\n      land-on: next-business-day",
        "approval:\n",
        "business days need a calendar",
    ),
    "notification of nobody": ("anchor: notification\n      offset: 7d", CALENDAR, "need each other"),
    "notified by no step": (
        "anchor: notification\n      notified-by: handover.tell\n      offset: 7d",
        CALENDAR,
        "there is no step 'handover.tell'",
    ),
    "nothing requested": ("anchor: request\n      offset: 7d", CALENDAR, "nothing is requested when"),
    "negative minimum": ("anchor: grace-begin\n      offset: 7d\n      minimum: -1d", CALENDAR, "cannot be negative"),
    "unknown zone": (GRACE.strip(), CALENDAR.replace("Paris", "Pariss"), "no time zone 'Europe/Pariss'"),
    "unknown country": (GRACE.strip(), CALENDAR.replace("FR", "XX"), "no holidays are known for 'XX'"),
    "a region is wanted": (GRACE.strip(), CALENDAR.replace("FR", "GB"), "the holidays of GB differ by region"),
    "one of many regions": (GRACE.strip(), CALENDAR.replace("FR", "CA"), "Name the region: CA-AB, CA-BC"),
    "unknown part": (GRACE.strip(), CALENDAR.replace("FR", "DE-XX"), "no holidays are known for 'DE-XX'"),
    "hours turned round": (GRACE.strip(), CALENDAR.replace("09:00-17:00", "17:00-09:00"), "does not end after"),
}


@pytest.mark.parametrize("place", ["GB-ENG", "CA-QC", "DE-BY", "FR", "US", "JP", "LK"])
def test_a_place_whose_holidays_are_certain_is_taken(small: str, write: Write, place: str) -> None:
    """A region, or a country that has none, or of which some region has no holiday of its own."""
    assert load_runbook(write(changed(small, GRACE, CALENDAR.replace("FR", place))))


def test_holidays_that_run_out_are_told(small: str, write: Write, facts: Facts) -> None:
    """Sri Lanka's are decided year by year, and the library ends with 2026: plan and check say so."""
    days = "      anchor: grace-begin\n      offset: 1d\n      business-days: 5\n"
    path = write(changed(small, days, CALENDAR.replace("FR", "LK")))
    clock = ProviderClock(read_at=AT, shown=AT)

    plan = compile_plan(load_runbook(path), _REQUEST, facts(clock=clock, expires_at=AT))
    (note,) = notes_on_runbooks([path.parent], AT.date())

    assert plan.grace.calendar.known_until == date(2026, 12, 31)
    assert max(holiday.day.year for holiday in plan.grace.calendar.holidays) == 2026
    (told,) = [each.text for each in plan.warnings if each.subject == "holidays"]
    assert told.startswith(f"Holidays are known until 2026-12-31 (holidays {version('holidays')}, LK)")
    assert note.message.startswith("the holidays of LK are known until 2026-12-31")
    assert (note.file, note.line) == (
        str(path),
        1 + path.read_text(encoding="utf-8").split("holidays: LK")[0].count("\n"),
    )
    assert check_runbooks([path]) == []


@pytest.mark.parametrize("place", ["FR", "DE-BY", "JP"])
def test_holidays_that_are_known_for_long_are_no_news(small: str, write: Write, facts: Facts, place: str) -> None:
    """Neither in the plan nor by check."""
    days = "      anchor: grace-begin\n      offset: 1d\n      business-days: 5\n"
    path = write(changed(small, days, CALENDAR.replace("FR", place)))

    assert [
        each for each in compile_plan(load_runbook(path), _REQUEST, facts()).warnings if each.subject == "holidays"
    ] == []
    assert notes_on_runbooks([path], AT.date()) == []


@pytest.mark.parametrize("case", WRONG)
def test_a_grace_that_cannot_be_is_refused(small: str, write: Write, case: str) -> None:
    """Each with what is wrong, when the runbook is checked and not months later."""
    grace, calendar, says = WRONG[case]

    with pytest.raises(InputError, match=says):
        load_runbook(write(changed(small, f"      {grace}\n", calendar)))


@pytest.mark.parametrize("more", ["land-on: next-business-day", "holds: stop-the-clock", "business-days: 2"])
def test_a_providers_own_end_waits_for_nobody(small: str, write: Write, more: str) -> None:
    """Where the provider ends the service by itself, nothing may move grace past the last call."""
    text = small.replace("      offset: -25h\n", f"      offset: -25h\n      {more}\n").replace("approval:\n", CALENDAR)

    with pytest.raises(InputError, match=r"last call|does not wait"):
        load_runbook(write(text))


def test_a_provider_that_keeps_data_after_the_end_has_grace_after_it(small: str, write: Write) -> None:
    """Suspended at its effective date, erased later (S1, S4): grace is counted forward from the provider's date."""
    grace = "      anchor: effective-date\n      offset: 14d\n"

    text = changed(small, grace).replace(
        "capture-confirmation\n      when: {timing: end-of-term}", "capture-confirmation"
    )

    assert load_runbook(write(text))
