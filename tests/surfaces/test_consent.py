"""What an approver is shown, what an amendment replaces, and how a run's status tells of both and of holds."""

from typing import Any

import httpx2
import pytest

from tests.surfaces.installation import Bench
from tests.surfaces.terminal import at_a_terminal
from tests.surfaces.test_decisions import ATTESTATION, in_approval
from unrack.cli.questions import INTERRUPTED
from unrack.model.lifecycle import Phase

SLIP = ("--field", "network-checked-by=Noor", "--reason", "the name was wrong")


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that waits for approvals; tests that use it leave it there."""
    return in_approval(desk)


def words(text: str) -> str:
    """What stands on a screen, without its line breaks."""
    return " ".join(text.split())


def shown_to(desk: Bench, run: str, who: str) -> dict[str, Any]:
    """What an approver was shown, by the document of the approval."""
    return desk.ask("approve", run, "--as", who, "--yes")["shown"]


def test_an_approver_sees_who_rejected_and_who_skipped(desk: Bench) -> None:
    """The launcher must not be able to skip what an engineer rejected unseen: both stand on the approver's screen."""
    run = desk.at_attestation()
    desk.ask("reject", run, ATTESTATION, "--reason", "something still uses it", "--as", "omar")
    desk.until(run, lambda report: bool(report.state.parked))
    desk.ask("resolve", run, ATTESTATION, "skip", "--reason", "seen by Wei", "--as", "dana")
    desk.until(run, lambda report: report.state.phase is Phase.APPROVAL)

    shown = shown_to(desk, run, "alice")
    screen = words(desk.type("approve", run, "--as", "bob", "--yes").stdout)

    assert [(each["step"], each["by"]["name"], each["why"]) for each in shown["skipped"]] == [
        (ATTESTATION, "dana", "seen by Wei")
    ]
    assert [(each["step"], [who["name"] for who in each["by"]]) for each in shown["rejected"]] == [
        (ATTESTATION, ["omar"])
    ]
    assert shown["revision"] == shown["changes"][-1]["revision"] > 1
    for expected in (f"Consent revision {shown['revision']}", "Left out by people", "dana", "Rejected", "seen by Wei"):
        assert expected in screen
    approvals = desk.report(run).state.approvals
    assert [approval.revision for approval in approvals] == [shown["revision"]] * 2


def test_an_approval_names_the_revision_that_was_shown(desk: Bench, run: str) -> None:
    """`--revision` demands one; another is refused before anything is sent."""
    wanted = desk.report(run).state.revision

    refused = desk.type("approve", run, "--revision", wanted + 1, "--yes", "--as", "alice")

    assert refused.exit_code == 3
    assert f"is at consent revision {wanted}, not {wanted + 1}; nothing was approved" in words(refused.stderr)
    assert desk.report(run).state.approvals == []


def test_facts_are_read_anew_for_an_approver(desk: Bench) -> None:
    """What the provider says otherwise than in the plan stands there, field by field."""
    run = in_approval(desk)
    before = shown_to(desk, run, "alice")["facts"]
    happens = {"service": run.partition("/")[2], "admin_contact": "zz99999-ovh"}
    url = f"{desk.installation.simulator_url}/_simulator/happenings"
    httpx2.post(url, json=happens, trust_env=False).raise_for_status()
    after = shown_to(desk, run, "bob")["facts"]

    assert (before["asked"], before["differences"]) == (True, [])
    assert ("owner", "zz99999-ovh") in [(each["field"], each["after"]) for each in after["differences"]]


def test_facts_that_cannot_be_read_are_said_not_to_be(desk: Bench, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden, it would look like facts that are as they were."""
    monkeypatch.setenv("UNRACK_TASK_QUEUE", "nobody-polls-this")

    told = words(desk.type("approve", run, "--as", "olivia", "--yes").stdout)

    assert "The facts were not read anew: no worker polls the task queue 'nobody-polls-this'" in told


def test_an_amendment_shows_old_and_new_and_takes_approvals_back(desk: Bench) -> None:
    """Field, reason and whose approval stopped counting: in the answer, the status and for the next approver."""
    run = in_approval(desk)
    desk.ask("approve", run, "--as", "alice", "--yes")

    screen = desk.type("amend", run, "attest-moved", *SLIP, "--as", "omar", "--yes")
    status = desk.ask("status", run)
    told = words(desk.type("status", run).stdout)
    shown = shown_to(desk, run, "bob")

    assert screen.exit_code == 0, screen.output
    assert "network-checked-by: Nadia → Noor" in screen.stdout
    assert "These approvals stop counting: alice" in words(screen.stdout)
    consent = status["consent"]
    assert (consent["revision"], consent["missing"]) == (shown["revision"], 2)
    assert [(each["by"]["name"], "amended" in each["why"]) for each in consent["voided"]] == [("alice", True)]
    assert f"{ATTESTATION}, network-checked-by: Nadia → Noor" in told
    assert "Voided alice" in told
    assert "2 more needed" in told
    assert [(each["name"], each["before"], each["after"], each["reason"]) for each in shown["amended"]] == [
        ("network-checked-by", "Nadia", "Noor", "the name was wrong")
    ]
    assert desk.type("approve", run, "--revision", 1, "--as", "erin", "--yes").exit_code == 3


def test_an_amendment_is_judged_as_the_whole_form(desk: Bench, run: str) -> None:
    """What would not be accepted of a completion is not of an amendment: exit code 2, and nothing is sent."""
    before = len(desk.report(run).state.journal)
    for field in ("workloads-moved=no", "no-such-field=x", "network-checked-by="):
        result = desk.type("amend", run, ATTESTATION, "--field", field, "--reason", "x", "--yes")
        assert result.exit_code == 2, result.output
        assert "nothing was sent" in result.stderr
    assert len(desk.report(run).state.journal) == before


def test_what_nobody_completed_is_not_amended(desk: Bench, run: str) -> None:
    """The run says so, and keeps that it was tried."""
    result = desk.type("amend", run, "handover.remove-cross-connect", "--field", "operator=x", "--reason", "x", "--yes")

    assert result.exit_code == 3
    assert "nothing to amend" in words(result.stderr)


def test_a_note_stands_in_the_history(desk: Bench, run: str) -> None:
    """It decides nothing, and asks nothing."""
    desk.ask("note", run, "the data centre closes over Christmas", "--as", "zoe")

    told = words(desk.type("history", run).stdout)

    assert "zoe (stated, not verified): remarks: the data centre closes over Christmas" in told


def test_a_held_run_says_so_first(desk: Bench, run: str) -> None:
    """Who, since when, why and what it stops; the document has scope, end and origin."""
    desk.ask("hold", run, "--reason", "incident 4711", "--as", "dana")
    desk.ask("hold", run, "--purge-only", "--until", "2999-01-01", "--reason", "audit", "--as", "erin")

    screen = desk.type("status", run).stdout
    first, second = desk.ask("status", run)["holds"]
    desk.ask("release", run, "--everyone", "--reason", "over", "--as", "dana")

    assert screen.startswith("Held by dana (stated, not verified) since ")
    assert "incident 4711 (h1); nothing changes the service" in words(screen)
    assert "audit (h2); nothing is purged" in words(screen)
    assert {"id": "h1", "scope": "all", "reason": "incident 4711", "from_all": None}.items() <= first.items()
    assert (first["by"]["name"], first["until"]) == ("dana", None)
    assert (second["scope"], second["until"][:10]) == ("purge", "2999-01-01")
    assert desk.ask("status", run)["holds"] == []
    assert desk.ask("status", run)["stopping"] is None


CABLE = "handover.remove-cross-connect"


@pytest.fixture(scope="module")
def under_way(desk: Bench) -> str:
    """A run that waits for the removal of the cable; its effective date is known."""
    run = in_approval(desk)
    for who in ("alice", "bob"):
        desk.ask("approve", run, "--as", who, "--yes")
    desk.until(run, lambda report: CABLE in report.state.tasks)
    return run


def test_an_extension_names_the_term_that_it_bills_and_is_taken_back(desk: Bench, under_way: str) -> None:
    """Until when, and its price; by its id it goes back, and the status tells both."""
    run = under_way

    screen = desk.type("extend", run, "--by", "7d", "--reason", "late", "--as", "omar", "--yes")
    moved = words(desk.type("status", run).stdout)
    back = desk.ask("withdraw", run, "--extension", "e1", "--reason", "not late", "--as", "omar")
    told = words(desk.type("status", run).stdout)

    assert screen.exit_code == 0, screen.output
    assert "The service is then billed for another term, from " in words(screen.stdout)
    assert "One term (P1M) costs 299.0 EUR, by the facts of the plan." in words(screen.stdout)
    assert "Moved 7 days later by omar (stated, not verified)" in moved
    assert "late (e1)" in moved
    assert back["answer"]["verdict"] == "accepted"
    assert "Taken back e1 by omar (stated, not verified)" in told
    again = desk.type("withdraw", run, "--extension", "e9", "--reason", "not there")
    assert again.exit_code == 3


def test_a_question_about_an_extension_comes_after_its_price(desk: Bench, under_way: str) -> None:
    """At a terminal: the price first, then the question; one Ctrl-C ends it."""
    with at_a_terminal("extend", under_way, "--by", "7d", "--reason", "late", "--json", home=desk.home) as terminal:
        terminal.sees("[y/N]")
        terminal.interrupt()
        code = terminal.ends()

    assert code == INTERRUPTED
    assert terminal.seen.index("299.0 EUR") < terminal.seen.index("Extend grace as")


def test_open_tasks_of_a_held_run_are_not_to_be_done(desk: Bench, under_way: str) -> None:
    """`tasks`, `status` and `list` say so; a hold of the purge alone stops nobody."""
    run = under_way
    desk.ask("hold", run, "--purge-only", "--reason", "audit", "--as", "dana")
    purge = words(desk.type("status", run).stdout)
    desk.ask("hold", run, "--reason", "incident", "--as", "dana")
    desk.wait_for(lambda: "held: do not act" in desk.type("tasks", run).stdout)
    held = words(desk.type("status", run).stdout)
    (task,) = desk.ask("tasks", run)["tasks"]
    listed = desk.type("list").stdout
    desk.ask("release", run, "--as", "dana")

    assert "held: do not act" not in purge
    assert f"held: do not act {CABLE}" in held
    assert task["held"] == ["h2"]
    assert "held: do not act (h2)" in listed
