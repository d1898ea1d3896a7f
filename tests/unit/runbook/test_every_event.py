"""Every event of a freeze calendar that is not cancelled gives its freezes, or planning stops and names it."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.runbook.icalendars import calendar
from tests.unit.runbook.test_freezes import PARIS, UNTIL, frozen, spans
from unrack.model.calendar import Zone
from unrack.runbook import InputError
from unrack.runbook.calendars import frozen_calendar
from unrack.runbook.freezes import frozen_freezes, read_freezes
from unrack.runbook.source import CalendarSource

NEW_YEAR = "DTSTART;VALUE=DATE:20261220\nDTEND;VALUE=DATE:20270104\nSUMMARY:Year end"
EASTER = "DTSTART;VALUE=DATE:20270401\nDTEND;VALUE=DATE:20270405\nSUMMARY:Easter"
WEEKEND = (
    "DTSTART;TZID=Europe/Paris:20261204T180000\nDTEND;TZID=Europe/Paris:20261207T060000\n"
    "RRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:Weekend"
)
BOTH = [
    ("Year end", "2026-12-20 00:00 CET", "2027-01-04 00:00 CET"),
    ("Easter", "2027-04-01 00:00 CEST", "2027-04-05 00:00 CEST"),
]


def told(path: Path, *events: str) -> list[tuple[str, str, str]]:
    """Name, begin and end of every freeze, as people in Paris read them."""
    return spans(frozen(path / "a.ics", *events))


@pytest.mark.parametrize("uid", ["UID:\n", "UID:one@board\n", "", "UID: \n"])
def test_events_that_share_a_uid_or_have_none_all_count(tmp_path: Path, uid: str) -> None:
    """Outlook publishes empty UIDs, hand-made exporters repeat one: no freeze goes with the UID of another."""
    assert told(tmp_path, uid + NEW_YEAR, uid + EASTER) == BOTH


def test_a_series_and_a_single_event_with_one_uid_both_count(tmp_path: Path) -> None:
    """Whichever of them stands first."""
    one, other = f"UID:x\n{WEEKEND}", f"UID:x\n{EASTER}"

    assert [name for name, _, _ in told(tmp_path, one, other)] == ["Weekend"] * 3 + ["Easter"]
    assert told(tmp_path, one, other) == told(tmp_path, other, one)


def test_an_older_version_of_an_event_counts_beside_the_newer_one(tmp_path: Path) -> None:
    """Nobody called it off; a freeze too many is lifted by a person, one too few is a purge."""
    newer = NEW_YEAR.replace("20261220", "20261218")

    assert len(told(tmp_path, f"UID:x\nSEQUENCE:0\n{NEW_YEAR}", f"UID:x\nSEQUENCE:1\n{newer}")) == 2


def test_a_split_series_keeps_both_halves(tmp_path: Path) -> None:
    """Calendar programs end a series and begin another with the same UID when "this and following" is changed."""
    first = f"UID:x\n{WEEKEND}".replace("COUNT=3", "UNTIL=20261211T170000Z")
    second = f"UID:x\n{WEEKEND}".replace("20261204T18", "20261218T20").replace("20261207T06", "20261221T06")

    assert told(tmp_path, first, second.replace("COUNT=3", "COUNT=2")) == [
        ("Weekend", "2026-12-04 18:00 CET", "2026-12-07 06:00 CET"),
        ("Weekend", "2026-12-11 18:00 CET", "2026-12-14 06:00 CET"),
        ("Weekend", "2026-12-18 20:00 CET", "2026-12-21 06:00 CET"),
        ("Weekend", "2026-12-25 20:00 CET", "2026-12-28 06:00 CET"),
    ]


def test_one_occurrence_is_moved_and_one_called_off(tmp_path: Path) -> None:
    """The moved one is where it is now, and nowhere else."""
    moved = (
        "UID:x\nRECURRENCE-ID;TZID=Europe/Paris:20261211T180000\nDTSTART;TZID=Europe/Paris:20261210T180000\n"
        "DTEND;TZID=Europe/Paris:20261213T060000\nSUMMARY:Moved"
    )
    gone = "UID:x\nRECURRENCE-ID:20261218T170000Z\nSTATUS:CANCELLED"

    assert told(tmp_path, f"UID:x\n{WEEKEND}", moved, gone) == [
        ("Weekend", "2026-12-04 18:00 CET", "2026-12-07 06:00 CET"),
        ("Moved", "2026-12-10 18:00 CET", "2026-12-13 06:00 CET"),
    ]


def test_a_change_of_this_and_all_that_follow(tmp_path: Path) -> None:
    """They begin as much later and last as long as the changed one."""
    later = (
        "UID:x\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20261211T180000\n"
        "DTSTART;TZID=Europe/Paris:20261211T200000\nDURATION:PT2H\nSUMMARY:Later"
    )

    assert told(tmp_path, f"UID:x\n{WEEKEND}", later) == [
        ("Weekend", "2026-12-04 18:00 CET", "2026-12-07 06:00 CET"),
        ("Later", "2026-12-11 20:00 CET", "2026-12-11 22:00 CET"),
        ("Later", "2026-12-18 20:00 CET", "2026-12-18 22:00 CET"),
    ]


def test_a_change_whose_series_is_not_certain_replaces_nothing(tmp_path: Path) -> None:
    """With two series of one UID the old time stays beside the new one."""
    moved = "UID:\nRECURRENCE-ID:20261204T170000Z\nDTSTART:20261203T170000Z\nDURATION:PT1H\nSUMMARY:Moved"

    names = [name for name, _, _ in told(tmp_path, f"UID:\n{WEEKEND}", f"UID:\n{EASTER}", moved)]

    assert names == ["Moved", "Weekend", "Weekend", "Weekend", "Easter"]


@pytest.mark.parametrize("uid", ["UID:\n", "", "UID:x\n"])
def test_what_was_called_off_of_another_series_takes_nothing_away(tmp_path: Path, uid: str) -> None:
    """Whose occurrence was called off nobody knows without a UID, or where a whole series of that UID was."""
    off = f"{uid}{WEEKEND}\nSTATUS:CANCELLED".replace("SUMMARY:Weekend", "SUMMARY:Party")
    gone = f"{uid}RECURRENCE-ID:20261211T170000Z\nSTATUS:CANCELLED\nSUMMARY:Party"

    assert len(told(tmp_path, uid + WEEKEND, off, gone)) == 3
    assert len(told(tmp_path, uid + WEEKEND, gone)) == (2 if uid == "UID:x\n" else 3)


def test_further_days_and_exceptions(tmp_path: Path) -> None:
    """RDATE with a length of its own and without, EXDATE in another zone and as a whole day, lists of both."""
    event = (
        f"UID:x\n{WEEKEND}\nRDATE;VALUE=PERIOD:20270105T120000Z/PT2H,20270106T120000Z/20270106T130000Z\n"
        "RDATE;TZID=Europe/Paris:20270108T180000\nEXDATE:20261204T170000Z\nEXDATE;VALUE=DATE:20261211"
    )

    assert [(begins, ends) for _, begins, ends in told(tmp_path, event)] == [
        ("2026-12-18 18:00 CET", "2026-12-21 06:00 CET"),
        ("2027-01-05 13:00 CET", "2027-01-05 15:00 CET"),
        ("2027-01-06 13:00 CET", "2027-01-06 14:00 CET"),
        ("2027-01-08 18:00 CET", "2027-01-11 06:00 CET"),
    ]


@pytest.mark.parametrize(
    ("lasts", "ends"),
    [
        ("DURATION:PT36H", "2026-10-25 23:00 CET"),
        ("DURATION:P1DT12H", "2026-10-26 00:00 CET"),
        ("DURATION:P1D", "2026-10-25 12:00 CET"),
        ("DTEND;TZID=Europe/Paris:20261026T000000", "2026-10-26 00:00 CET"),
    ],
)
def test_hours_are_hours_and_days_are_days_over_a_change_of_clocks(tmp_path: Path, lasts: str, ends: str) -> None:
    """The clock goes back on 25 October 2026: 36 hours later it is 23:00, a day and 12 hours later it is midnight."""
    event = f"UID:x\nDTSTART;TZID=Europe/Paris:20261024T120000\n{lasts}\nSUMMARY:Autumn"

    assert told(tmp_path, event) == [("Autumn", "2026-10-24 12:00 CEST", ends)]


def test_hours_are_not_cut_short_in_spring(tmp_path: Path) -> None:
    """The clock goes forward on 28 March 2027."""
    event = "UID:x\nDTSTART;TZID=Europe/Paris:20270327T120000\nDURATION:PT36H\nSUMMARY:Spring"

    assert told(tmp_path, event) == [("Spring", "2027-03-27 12:00 CET", "2027-03-29 01:00 CEST")]


def test_a_repeated_end_is_the_later_of_wall_and_hours(tmp_path: Path) -> None:
    """Standards count the hours, calendar programs the wall clock: no freeze ends before either."""
    event = f"UID:x\n{WEEKEND}".replace("202612", "202610").replace("1004T", "1016T").replace("1007T", "1019T")

    assert [ends for _, _, ends in told(tmp_path, event)] == [
        "2026-10-19 06:00 CEST",
        "2026-10-26 06:00 CET",
        "2026-11-02 06:00 CET",
    ]


def test_a_whole_day_without_an_end_or_that_ends_as_it_begins_is_one_day(tmp_path: Path) -> None:
    """As RFC 5545 says of the one, and as calendar programs mean the other."""
    bare, same = "UID:a\nDTSTART;VALUE=DATE:20261224", "UID:b\nDTSTART;VALUE=DATE:20261226\nDTEND;VALUE=DATE:20261226"

    assert [(begins, ends) for _, begins, ends in told(tmp_path, bare, same)] == [
        ("2026-12-24 00:00 CET", "2026-12-25 00:00 CET"),
        ("2026-12-26 00:00 CET", "2026-12-27 00:00 CET"),
    ]


EVENT = "UID:freeze-7\nSUMMARY:Board week\n"
AT = f"{EVENT}DTSTART;TZID=Europe/Paris:20261201T100000\n"
UNUSABLE = {
    "end is begin": (f"{AT}DTEND;TZID=Europe/Paris:20261201T100000", "does not end after it begins"),
    "end before begin": (f"{AT}DTEND;TZID=Europe/Paris:20261201T090000", "does not end after it begins"),
    "days turned round": (f"{EVENT}DTSTART;VALUE=DATE:20261202\nDTEND;VALUE=DATE:20261201", "does not end after"),
    "no end": (AT, "has no end"),
    "no length": (f"{AT}DURATION:PT0S", "does not end after it begins"),
    "negative length": (f"{AT}DURATION:-PT1H", "does not end after it begins"),
    "no duration": (f"{AT}DURATION:one hour", "is no duration"),
    "unknown zone": (f"{EVENT}DTSTART;TZID=Mars/Base:20261201T100000\nDURATION:PT1H", "zone 'Mars/Base' is not known"),
    "unknown zone of the end": (f'{AT}DTEND;TZID="UTC+02:00":20261201T120000', "zone 'UTC.02:00' is not known"),
    "unknown zone of an exception": (f"{AT}DURATION:PT1H\nEXDATE;TZID=Nowhere:20261201T100000", "zone 'Nowhere'"),
    "no such day": (f"{EVENT}DTSTART;VALUE=DATE:20260230", "there is no 20260230"),
    "no time": (f"{EVENT}DTSTART:tomorrow", "no day and no time"),
    "two begins": (f"{AT}DTSTART:20261202T100000Z\nDURATION:PT1H", "has 2 times DTSTART"),
    "hourly": (f"{AT}DURATION:PT1M\nRRULE:FREQ=HOURLY", "more than once a day"),
    "each second": (f"{AT}DURATION:PT1S\nRRULE:FREQ=SECONDLY;COUNT=2", "more than once a day"),
    "many times a day": (f"{AT}DURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=1,2", "more than once a day"),
    "never": (f"{AT}DURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never comes to a day"),
    "no pace": (f"{AT}DURATION:PT1H\nRRULE:COUNT=3", "does not say how often"),
    "no steps": (f"{AT}DURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0", "no positive INTERVAL"),
    "unknown part": (f"{AT}DURATION:PT1H\nRRULE:FREQ=DAILY;RSCALE=HEBREW", "cannot be understood at 'RSCALE"),
    "broken rule": (f"{AT}DURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=XX", "rule"),
    "two ends of a rule": (f"{AT}DURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z", "two ends"),
    "cut line": (f"{AT}DURATION:PT1H\nRRULE:FREQ=WEEKLY;\nBYDAY=MO", "has no form that is known"),
    "begins in the year 9999": (f"{EVENT}DTSTART;VALUE=DATE:99991230\nRRULE:FREQ=DAILY", "century away"),
    "ends in the year 9999": (f"{AT}DTEND;VALUE=DATE:99991231", "leaves the years"),
    "ends in another century": (f"{AT}DTEND;VALUE=DATE:21991231", "more than a century away"),
    "ends at the end of the years": (f"{AT}DTEND;TZID=America/New_York:99991231T235959", "leaves the years"),
    "change without a begin": (f"{EVENT}RECURRENCE-ID:20261201T090000Z", "does not say when it begins"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_event_that_gives_no_freeze_stops_planning_and_is_named(tmp_path: Path, case: str) -> None:
    """By its name, UID and line; at once, though the calendar goes to the year 9999; called off, it does no harm."""
    event, says = UNUSABLE[case]
    path = tmp_path / "a.ics"
    began = time.process_time()

    path.write_text(calendar(f"UID:y\n{NEW_YEAR}", event), encoding="utf-8")
    with pytest.raises(InputError, match=says) as raised:
        frozen_freezes(read_freezes(path, "board.ics"), datetime(2026, 1, 1, tzinfo=UTC), UNTIL, PARIS)

    assert time.process_time() - began < 5
    found = raised.value.diagnostics[0]
    assert (found.file, found.line) == ("board.ics", 11)
    assert "Board week" in found.message
    assert "freeze-7" in found.message
    if case != "cut line":
        off = frozen(path, f"UID:y\n{NEW_YEAR}", f"{event}\nSTATUS:CANCELLED")
        assert [each.name for each in off.freezes] == ["Year end"]


@pytest.mark.parametrize("until", ["UNTIL=99991231", "UNTIL=99991231T235959Z", "COUNT=999999999", "INTERVAL=1"])
def test_a_rule_without_a_near_end_is_written_out_as_far_as_asked(tmp_path: Path, until: str) -> None:
    """Only what the run can reach is in the plan, and it is there at once."""
    event = f"UID:x\nDTSTART;VALUE=DATE:19000101\nSUMMARY:Mondays\nRRULE:FREQ=WEEKLY;{until}"
    began = time.process_time()

    found = frozen(tmp_path / "a.ics", event).freezes

    assert 103 <= len(found) <= 106
    assert time.process_time() - began < 5


def test_the_last_day_of_a_rule_counts(tmp_path: Path) -> None:
    """Whether its end is a day, a moment in UTC as Outlook writes it, or a time by the wall clock."""
    for until in ("20261218", "20261218T170000Z", "20261218T180000"):
        event = f"UID:x\n{WEEKEND}".replace("COUNT=3", f"UNTIL={until}")
        assert len(told(tmp_path, event)) == 3, until


def test_working_hours_keep_to_the_wall_clock(tmp_path: Path) -> None:
    """Rules that began long ago, over both changes of clocks, on the right days."""
    event = (
        "UID:x\nDTSTART;TZID=Europe/Paris:20200106T080000\nDTEND;TZID=Europe/Paris:20200106T180000\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR\nSUMMARY:Hours"
    )
    path = tmp_path / "a.ics"
    path.write_text(calendar(event), encoding="utf-8")
    since, until = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 14, tzinfo=UTC)

    found = spans(frozen_freezes(read_freezes(path, "a.ics"), since, until, PARIS))

    assert [begins for _, begins, _ in found] == [
        "2026-03-23 08:00 CET",
        "2026-03-27 08:00 CET",
        "2026-04-06 08:00 CEST",
        "2026-04-10 08:00 CEST",
    ]
    assert all(ends[11:16] == "18:00" for _, _, ends in found)


DESCRIBED = """\
BEGIN:VTIMEZONE
TZID:Board time
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
TZNAME:BT
END:STANDARD
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("named", "begins"),
    [
        ("W. Europe Standard Time", "2026-12-01 10:00 CET"),
        ("/example.org/20260101_1/America/Argentina/Buenos_Aires", "2026-12-01 14:00 CET"),
        ("Board time", "2026-12-01 06:00 CET"),
        ('"America/Vancouver"', "2026-12-01 18:00 CET"),
    ],
)
def test_zones_go_by_every_name_that_calendars_give_them(tmp_path: Path, named: str, begins: str) -> None:
    """Those of Windows, of vendors, and those that the file itself describes; by the newest rules that are there."""
    path = tmp_path / "a.ics"
    text = calendar(f"UID:x\nDTSTART;TZID={named}:20261201T100000\nDURATION:PT1H\nSUMMARY:x")
    path.write_text(text.replace("BEGIN:VEVENT", f"{DESCRIBED}BEGIN:VEVENT"), encoding="utf-8")
    found = frozen_freezes(read_freezes(path, "a.ics"), datetime(2026, 1, 1, tzinfo=UTC), UNTIL, PARIS)

    assert spans(found)[0][1] == begins


def test_a_zone_of_one_file_is_not_known_in_another(tmp_path: Path) -> None:
    """What a file describes holds for that file."""
    event = "UID:x\nDTSTART;TZID=Board time:20261201T100000\nDURATION:PT1H\nSUMMARY:x"
    path = tmp_path / "a.ics"
    path.write_text(calendar(event).replace("BEGIN:VEVENT", f"{DESCRIBED}BEGIN:VEVENT"), encoding="utf-8")
    frozen_freezes(read_freezes(path, "a.ics"), datetime(2026, 1, 1, tzinfo=UTC), UNTIL, PARIS)

    with pytest.raises(InputError, match="'Board time' is not known"):
        frozen(tmp_path / "b.ics", event)


def test_a_time_without_a_zone_is_of_the_zone_that_the_file_names(tmp_path: Path) -> None:
    """``X-WR-TIMEZONE`` of Google and Apple; days stay the provider's."""
    path = tmp_path / "a.ics"
    text = calendar("UID:x\nDTSTART:20261201T100000\nDURATION:PT1H\nSUMMARY:x", f"UID:y\n{NEW_YEAR}")
    path.write_text(text.replace("VERSION:2.0", "VERSION:2.0\nX-WR-TIMEZONE:Asia/Tokyo"), encoding="utf-8")

    found = frozen_freezes(read_freezes(path, "a.ics"), datetime(2026, 1, 1, tzinfo=UTC), UNTIL, PARIS)

    assert [begins for _, begins, _ in spans(found)] == ["2026-12-01 02:00 CET", "2026-12-20 00:00 CET"]


def test_several_calendars_in_one_file_and_alarms_in_events(tmp_path: Path) -> None:
    """Concatenated exports are read whole; an alarm's own length is not the event's."""
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT5M\nREPEAT:2\nACTION:DISPLAY\nEND:VALARM"
    path = tmp_path / "a.ics"
    path.write_text(calendar(f"UID:x\n{NEW_YEAR}\n{alarm}") + calendar(f"UID:x\n{EASTER}"), encoding="utf-8")

    found = frozen_freezes(read_freezes(path, "a.ics"), datetime(2026, 1, 1, tzinfo=UTC), UNTIL, PARIS)

    assert spans(found) == BOTH


def test_ids_differ_where_freezes_do(tmp_path: Path) -> None:
    """Also with one UID and one begin, and in two files; the same freeze keeps its id when its file changes."""
    longer, other = NEW_YEAR.replace("20270104", "20270111"), NEW_YEAR.replace("Year end", "Stocktaking")
    path = tmp_path / "a.ics"
    path.write_text(calendar(*(f"UID:x\n{each}" for each in (NEW_YEAR, longer, other))), encoding="utf-8")
    since = datetime(2026, 1, 1, tzinfo=UTC)

    here, there = (frozen_freezes(read_freezes(path, name), since, UNTIL, PARIS) for name in ("a.ics", "b.ics"))
    alone = frozen(path, f"UID:x\n{NEW_YEAR}")

    assert len({each.id for each in (*here.freezes, *there.freezes)}) == 6
    assert {(each.begins, each.ends, each.name) for each in here.freezes} == {
        (each.begins, each.ends, each.name) for each in there.freezes
    }
    assert frozen_freezes(read_freezes(path, "a.ics"), since, UNTIL, PARIS).freezes[0].id in {
        each.id for each in here.freezes
    }
    assert len(alone.freezes) == 1


def test_a_day_is_one_of_the_providers_zone_in_every_year(tmp_path: Path) -> None:
    """Also where the zone of the plan begins with this year."""
    tokyo = frozen_calendar(CalendarSource(zone="Asia/Tokyo"), UNTIL, UNTIL, with_days=False).zone
    found = frozen(tmp_path / "a.ics", f"UID:x\n{NEW_YEAR}", zone=tokyo).freezes[0]

    assert found.begins == datetime(2026, 12, 19, 15, tzinfo=UTC)
    assert frozen(tmp_path / "a.ics", f"UID:x\n{NEW_YEAR}", zone=Zone()).freezes[0].begins.hour == 0
