"""Commands on when the purge may be, and how the status says it in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.surfaces.installation import Bench
from tests.unit.runbook.icalendars import calendar


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that waits for its first human task; tests that use it leave it there."""
    return desk.at_attestation()


def because(desk: Bench, run: str) -> list[dict[str, Any]]:
    """The reasons in the status document."""
    return desk.ask("status", run)["purge_because"]


def far(days: int) -> str:
    """A day as people type it."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_a_plan_shows_the_freezes_of_its_calendars(desk: Bench, tmp_path: Path) -> None:
    """Name, times in the provider's zone and the file's digest; a plan without the file is not made."""
    begins, ends = far(10).replace("-", ""), far(60).replace("-", "")
    path = desk.request(freezes="board.ics")
    missing = desk.type("plan", path)
    event = f"UID:x\nDTSTART;VALUE=DATE:{begins}\nDTEND;VALUE=DATE:{ends}\nSUMMARY:Year end"
    (path.parent / "board.ics").write_text(calendar(event), encoding="utf-8")

    shown = desk.type("plan", path)
    document = desk.ask("plan", path)["plan"]

    assert missing.exit_code == 2
    assert "board.ics" in missing.stderr
    assert shown.exit_code == 0, shown.stderr
    for expected in ("Nothing is purged in these times", "Year end", "CE", document["freezes"][0]["sha256"][:16]):
        assert expected in shown.stdout
    assert any("Year end" in finding["text"] for finding in document["warnings"])


def test_a_freeze_is_set_and_taken_off(desk: Bench, run: str) -> None:
    """The status names it with its end in the provider's zone, and why; both decisions carry their reason."""
    answer = desk.ask(
        "freeze", run, "--until", far(40), "--name", "Audit", "--reason", "said the board", "--as", "dana"
    )
    (frozen,) = [reason for reason in because(desk, run) if reason["kind"] == "freeze"]
    shown = desk.type("status", run).stdout
    off = desk.ask("unfreeze", run, "f1", "--reason", "the board changed its mind", "--as", "omar")

    assert answer["decision"]["ends"][:10] in (far(40), far(39)), "midnight in Paris is the evening before in UTC"
    assert "set by dana: said the board" in frozen["text"]
    assert "freeze 'Audit' (f1)" in shown
    assert off["answer"]["verdict"] == "accepted"
    assert [reason for reason in because(desk, run) if reason["kind"] == "freeze"] == []
    assert desk.type("unfreeze", run, "f1", "--reason", "again").exit_code == 0, "it is so already"
    assert desk.type("unfreeze", run, "f7", "--reason", "typed wrong").exit_code == 3


def test_one_hold_is_released_by_its_id(desk: Bench, run: str) -> None:
    """Several holds at once, each with owner and reason; one goes, the others stand."""
    desk.ask("hold", run, "--reason", "audit", "--as", "dana")
    second = desk.ask("hold", run, "--reason", "legal", "--as", "omar")["answer"]["message"].split()[1]
    standing = [reason["text"] for reason in because(desk, run) if reason["kind"] == "hold"]

    assert desk.type("release", run, "--hold", second, "--as", "dana").exit_code == 2, "somebody else's, no reason"
    desk.ask("release", run, "--hold", second, "--reason", "legal agreed", "--as", "dana")
    left = [hold.by.name for hold in desk.report(run).state.holds]
    desk.ask("release", run, "--owner", "dana", "--reason", "the auditor left", "--as", "omar")

    assert len(standing) == 2
    assert any("by omar" in text and "legal" in text for text in standing)
    assert left == ["dana"]
    assert desk.report(run).state.holds == []
    assert [past.reason for past in desk.report(run).state.released] == ["legal agreed", "the auditor left"]


@pytest.mark.parametrize("words", [("extend",), ("shorten",), ("extend", "--by", "7d", "--to", "2030-01-01")])
def test_a_move_says_by_how_much_or_where_to(desk: Bench, run: str, words: tuple[str, ...]) -> None:
    """One of the two: neither and both change nothing."""
    name, *options = words

    result = desk.type(name, run, *options, "--reason", "x")

    assert result.exit_code == 2
    assert "--by" in result.stderr


def test_an_end_that_is_not_known_yet_is_not_moved(desk: Bench, run: str) -> None:
    """Before the provider has named its date there is nothing to extend; the answer says what to do instead."""
    result = desk.type("extend", run, "--to", far(20), "--reason", "too early", "--yes")

    assert result.exit_code == 3
    assert "use a hold until then" in result.stderr


def test_the_status_says_in_words_what_the_purge_waits_for(desk: Bench, run: str) -> None:
    """The same sentence on the screen and in the document, with approvals, steps and the anchor of grace."""
    document = desk.ask("status", run)
    shown = " ".join(desk.type("status", run).stdout.split())

    assert document["purge_in_words"].startswith("Purge not before")
    assert document["purge_in_words"] in shown
    assert document["zone"] == "Europe/Paris"
    kinds = {reason["kind"] for reason in document["purge_because"]}
    assert {"grace", "approval", "step"} <= kinds
    assert "grace is counted from the date on which the provider ends the service" in shown
