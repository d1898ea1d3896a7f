"""Change freezes from iCalendar files: read when a plan is made, and frozen into it."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.runbook.icalendars import MONTH_END, YEAR_END, calendar
from unrack.model.calendar import Freeze, FreezeCalendar, Zone
from unrack.runbook import InputError
from unrack.runbook.calendars import frozen_calendar
from unrack.runbook.freezes import MOST, frozen_freezes, read_freezes
from unrack.runbook.source import CalendarSource

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
PARIS = frozen_calendar(CalendarSource(zone="Europe/Paris"), SINCE, UNTIL, with_days=False).zone


def frozen(path: Path, *events: str, zone: Zone = PARIS) -> FreezeCalendar:
    """What the plan gets of a file with `events`."""
    path.write_text(calendar(*events), encoding="utf-8")
    return frozen_freezes(read_freezes(path, "board.ics"), SINCE, UNTIL, zone)


def spans(found: FreezeCalendar) -> list[tuple[str, str, str]]:
    """Name, begin and end, as people in Paris read them."""
    return [(each.name, PARIS.words(each.begins), PARIS.words(each.ends)) for each in found.freezes]


def test_days_are_days_of_the_providers_zone(tmp_path: Path) -> None:
    """A freeze of whole days begins at midnight there, ends with its last day, and counts though marked as free."""
    assert spans(frozen(tmp_path / "a.ics", YEAR_END)) == [
        ("Year end", "2026-12-20 00:00 CET", "2027-01-04 00:00 CET"),
    ]


def test_repeated_freezes_are_written_out(tmp_path: Path) -> None:
    """With exceptions, and by the wall clock over the change of clocks; each has an id of its own."""
    found = frozen(tmp_path / "a.ics", MONTH_END)

    assert spans(found) == [
        ("Month end", "2026-10-30 18:00 CET", "2026-11-02 06:00 CET"),
        ("Month end", "2026-11-27 18:00 CET", "2026-11-30 06:00 CET"),
    ]
    assert len({each.id for each in found.freezes}) == 2


def test_a_time_without_a_zone_is_the_providers(tmp_path: Path) -> None:
    """Floating times, as some calendars write them."""
    event = "UID:x\nDTSTART:20260701T180000\nDTEND:20260701T200000\nSUMMARY:Evening"

    assert spans(frozen(tmp_path / "a.ics", event)) == [("Evening", "2026-07-01 18:00 CEST", "2026-07-01 20:00 CEST")]


def test_a_cancelled_event_is_no_freeze(tmp_path: Path) -> None:
    """What was called off does not stop anything, and need not be complete."""
    gone = "UID:y\nDTSTART:20260701T180000Z\nSUMMARY:A reminder\nSTATUS:cancelled"

    assert frozen(tmp_path / "a.ics", f"{YEAR_END}\nSTATUS:CANCELLED", gone).freezes == ()


def test_the_plan_knows_which_file_it_was(tmp_path: Path) -> None:
    """Name and SHA-256 of the file as it was; the same file gives the same freezes with the same ids."""
    path = tmp_path / "a.ics"
    found = frozen(path, YEAR_END, MONTH_END)

    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.source == "board.ics"
    assert found == frozen(path, YEAR_END, MONTH_END)
    assert [each.begins for each in found.freezes] == sorted(each.begins for each in found.freezes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"hello", "no iCalendar file"),
        (b"", "no iCalendar file"),
        (b"\xff\xfe\x00", "no iCalendar file"),
        (b"BEGIN:VEVENT\nUID:x\nEND:VEVENT\n", "no iCalendar file"),
        (calendar("UID:x\nDTSTART:notadate\nSUMMARY:x").encode(), "cannot be understood"),
        (calendar().encode(), "no event"),
        (calendar(YEAR_END).replace("END:VCALENDAR", "").encode(), "cut off"),
        (calendar("UID:x\nSUMMARY:no begin").encode(), "cannot be understood"),
        (calendar("UID:x\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY\nSUMMARY:x").encode(), f"a plan holds {MOST}"),
    ],
)
def test_a_file_that_is_no_calendar_makes_no_plan(tmp_path: Path, content: bytes, says: str) -> None:
    """A freeze that cannot be read must not be forgotten: planning stops with the reason."""
    path = tmp_path / "a.ics"
    path.write_bytes(content)

    with pytest.raises(InputError, match=says) as raised:
        frozen_freezes(read_freezes(path, "board.ics"), SINCE, UNTIL, PARIS)

    assert raised.value.diagnostics[0].file == "board.ics"


def test_a_missing_file_makes_no_plan(tmp_path: Path) -> None:
    """Named in the settings and gone: nothing is planned without it."""
    with pytest.raises(InputError, match="cannot be read"):
        read_freezes(tmp_path / "none.ics", "none.ics")


def test_a_freeze_covers_its_begin_and_not_its_end() -> None:
    """The purge may begin at the very moment at which it ends."""
    begins = datetime(2026, 12, 20, tzinfo=UTC)
    freeze = Freeze(id="f1", name="x", source="y", begins=begins, ends=begins + timedelta(days=1))

    assert freeze.covers(begins)
    assert not freeze.covers(freeze.ends)
