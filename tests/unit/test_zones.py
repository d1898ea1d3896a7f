"""Time zones by the newest rules that are there, whoever asks."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata

from unrack import zones
from unrack.runbook.calendars import frozen_calendar
from unrack.runbook.source import CalendarSource

WINTER = datetime(2026, 12, 1, tzinfo=UTC)
ASKED = (
    "from datetime import datetime; from unrack.zones import version, zone; from zoneinfo import ZoneInfo; "
    "at = datetime(2026, 12, 1); print(version(), *(z('Europe/Paris').utcoffset(at) for z in (zone, ZoneInfo)))"
)


@pytest.mark.parametrize("name", ["America/Vancouver", "America/Edmonton", "America/Winnipeg"])
def test_the_rules_of_2026_hold_whatever_the_machine_has(name: str) -> None:
    """Files of the machine that are older than the pinned package are not used, by us or by a library."""
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
    frozen = frozen_calendar(CalendarSource(zone=name), since, until, with_days=False).zone

    for local in (WINTER.astimezone(zones.zone(name)), WINTER.astimezone(ZoneInfo(name)), frozen.local(WINTER)):
        assert local.utcoffset() == summer.astimezone(zones.zone(name)).utcoffset()
    assert zones.version() >= tzdata.IANA_VERSION


def machine(folder: Path, version: str, like: str) -> Path:
    """A folder of zone files as a machine has it; in it, Paris keeps the hours of `like`."""
    (folder / "Europe").mkdir(parents=True)
    for name, source in (("UTC", "UTC"), ("Europe/Paris", like)):
        (folder / name).write_bytes((Path(tzdata.__file__).parent / "zoneinfo" / source).read_bytes())
    if version:
        (folder / "tzdata.zi").write_text(f"# version {version}\n# redo posix_only\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(
    ("version", "used", "hours"),
    [("2025b", tzdata.IANA_VERSION, 1), ("", tzdata.IANA_VERSION, 1), ("2099a", "2099a", 9)],
)
def test_the_newer_of_machine_and_package_is_used(tmp_path: Path, version: str, used: str, hours: int) -> None:
    """In a process of its own; a machine whose files tell no version is not trusted."""
    folder = machine(tmp_path / "zones", version, "Asia/Tokyo")

    told = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={"PYTHONTZPATH": str(folder), "PYTHONPATH": str(Path(zones.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.split() == [used, *[str(timedelta(hours=hours))] * 2]


def test_versions_follow_each_other() -> None:
    """By year and letters, also after the twenty-sixth of a year; nothing is older than anything."""
    order = ["", "2025b", "2026a", "2026f", "2026z", "2026za", "2027a"]

    assert [zones.newer(later, earlier) for earlier, later in pairwise(order)] == [True] * 6
    assert not zones.newer("2026a", "2026a")
    assert not zones.newer("recent", "2026a")


@pytest.mark.parametrize(
    "name", ["", "Europe", "Europe/Pariss", "../UTC", "/etc/localtime", "UTC\0", "zone.tab", "x" * 300]
)
def test_what_is_no_zone_is_said_to_be_none(name: str) -> None:
    """Whatever is written where a zone should be."""
    with pytest.raises(ValueError, match="is no time zone"):
        zones.zone(name)


@pytest.mark.parametrize(
    "name", ["", "a/" * 600 + "b", "x" * 5_000, "../../etc/passwd", "Europe/Paris\n", "Europe//Paris"]
)
def test_what_is_no_name_of_a_zone_is_told(name: str) -> None:
    """In few words, whatever it is: the library goes into a name as into a path."""
    with pytest.raises(ValueError, match="is no time zone") as refused:
        zones.zone(name)

    assert len(str(refused.value)) < 200
