"""Holds of the whole installation as a person types them: with workers, without, and again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.surfaces.installation import Bench, bench
from tests.surfaces.terminal import at_a_terminal
from unrack.contracts.workflows import DECOMMISSION
from unrack.model.decision import Actor as Person
from unrack.model.decision import Envelope, HoldScope, Release

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

INCIDENT = ("--reason", "incident 4711", "--as", "dana", "--yes")
OVER = ("--reason", "the incident is over", "--as", "omar")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An installation of its own: what holds every run must not hold those of other tests."""
    with bench(tmp_path_factory.mktemp("hall")) as ready:
        yield ready


@pytest.fixture
def nobody(hall: Bench, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A task queue that no worker serves."""
    queue = f"nobody-{abs(hash(request.node.name))}"
    monkeypatch.setenv("UNRACK_TASK_QUEUE", queue)
    return queue


@pytest.fixture
def free(hall: Bench) -> Iterator[None]:
    """Whatever a test holds is lifted afterwards."""
    yield
    hall.ask("release", "--all", "--wait", "0", *OVER)


def standing(desk: Bench) -> list[dict[str, Any]]:
    """What ``hold --list`` shows."""
    return desk.ask("hold", "--list")["holds"]


def test_a_hold_stands_without_a_worker(hall: Bench, nobody: str) -> None:
    """Recorded by the server, listed, idempotent, lifted; nothing hangs, and nobody is said to have confirmed."""
    begun = time.monotonic()
    held = hall.ask("hold", "--all", "--wait", "1s", *INCIDENT)
    again = hall.ask("hold", "--all", "--wait", "0", *INCIDENT)
    scoped = hall.ask("hold", "--all", "--provider", "ovhcloud", "--account", "lab", "--purge-only", *INCIDENT)
    shown = standing(hall)
    lifted = hall.ask("release", "--all", "--hold", "a1", *OVER)
    twice = hall.ask("release", "--all", "--hold", "a1", *OVER)
    left = standing(hall)
    hall.ask("release", "--all", *OVER)

    assert time.monotonic() - begun < 30
    assert held == {"hold": "a1", "reached": 0, "confirmed": 0, "not_reached": []}
    assert again["hold"] == "a1"
    assert scoped["hold"] == "a2"
    assert [(each["id"], each["scope"], each["provider"], each["account"]) for each in shown] == [
        ("a1", "all", None, None),
        ("a2", "purge", "ovhcloud", "lab"),
    ]
    assert shown[0]["by"]["name"] == "dana"
    assert shown[0]["reason"] == "incident 4711"
    assert shown[0]["since"]
    assert lifted["released"] == twice["released"] == ["a1"]
    assert [each["id"] for each in left] == ["a2"]
    assert standing(hall) == []
    assert hall.ask("release", "--all", *OVER)["released"] == []


def test_runs_without_a_worker_are_reached_and_not_confirmed(hall: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has the signal, and no run shows it: told as it stands when the wait is over, with exit code 0."""
    path = hall.request()
    hall.ask("plan", path)
    monkeypatch.setenv("UNRACK_TASK_QUEUE", "nobody-serves-these")
    client = hall.client()
    run = f"waits-{path.stem}"
    hall.wait(client.start_workflow(DECOMMISSION, {}, id=run, task_queue="nobody-serves-these"))
    hall.wait_for(lambda: bool(hall.wait(client.count_workflows("TaskQueue = 'nobody-serves-these'")).count))

    held = hall.ask("hold", "--all", "--wait", "1s", *INCIDENT)
    hall.ask("release", "--all", "--wait", "0", *OVER)
    hall.wait(client.get_workflow_handle(run).terminate("the test is over"))

    assert held == {"hold": "a1", "reached": 1, "confirmed": 0, "not_reached": []}


@pytest.mark.usefixtures("free")
def test_every_run_is_held_shows_it_and_is_released_together(hall: Bench) -> None:
    """Reached and confirmed are counted; each run's status and history tell it; a run's own release lifts it not."""
    runs = [hall.at_attestation() for _ in range(2)]
    hall.wait_for(lambda: len(hall.ask("list")["runs"]) >= len(runs))

    held = hall.ask("hold", "--all", *INCIDENT)
    again = hall.ask("hold", "--all", *INCIDENT)
    carried = [hall.report(run).state.holds for run in runs]
    refused = hall.type("release", runs[0], "--everyone", "--reason", "please", "--as", "dana")
    by_id = hall.type("release", runs[0], "--hold", held["hold"], "--reason", "please", "--as", "dana")
    told = hall.type("history", runs[0]).stdout
    listed = hall.ask("list", "--waiting", "hold")["runs"]
    lifted = hall.ask("release", "--all", *OVER)

    assert held["reached"] == held["confirmed"] == again["confirmed"] == len(hall.ask("list")["runs"])
    assert held["not_reached"] == []
    assert again["hold"] == held["hold"]
    for holds in carried:
        assert [(hold.id, hold.from_all, hold.by.name, hold.scope) for hold in holds] == [
            (held["hold"], held["hold"], "dana", HoldScope.ALL)
        ]
    for answer in (refused, by_id):
        assert answer.exit_code == 3, answer.output
        assert f"unrack release --all --hold {held['hold']}" in " ".join(answer.stderr.split())
    assert "incident 4711" in told
    assert {each["run"] for each in listed} >= set(runs)
    assert lifted["confirmed"] == lifted["reached"] == held["reached"]
    assert [hall.report(run).state.holds for run in runs] == [[], []]


@pytest.mark.usefixtures("free")
def test_only_the_runs_that_are_meant_are_held(hall: Bench) -> None:
    """By provider and account: a run of another account goes on."""
    run = hall.at_attestation()
    others = hall.ask("hold", "--all", "--provider", "whmcs", *INCIDENT)
    lab = hall.ask("hold", "--all", "--account", "lab", *INCIDENT)
    before = hall.report(run).state.holds
    mine = hall.ask("hold", "--all", "--provider", "ovhcloud", "--account", "default", "--purge-only", *INCIDENT)

    assert (others["reached"], lab["reached"]) == (0, 0)
    assert before == []
    assert mine["confirmed"] >= 1
    assert [(hold.id, hold.scope) for hold in hall.report(run).state.holds] == [(mine["hold"], HoldScope.PURGE)]


@pytest.mark.usefixtures("free")
def test_nothing_is_launched_under_a_hold(hall: Bench) -> None:
    """One or several at once: exit code 3, naming it, and none is started; the plan and doctor tell; then it goes."""
    paths = [hall.request(), hall.request()]
    for path in paths:
        hall.ask("plan", path)
    held = hall.ask("hold", "--all", *INCIDENT)["hold"]

    one = hall.type("launch", paths[0], "--confirm", paths[0].stem)
    both = hall.type("launch", *paths, "--confirm", paths[0].stem, "--confirm", paths[1].stem)
    planned, document = hall.type("plan", paths[0]), hall.ask("plan", paths[0])
    checks = json.loads(hall.type("doctor", "--json").stdout)["checks"]
    hall.ask("release", "--all", *OVER)
    freed = hall.ask("launch", paths[0], "--confirm", paths[0].stem)

    for refused in (one, both):
        assert refused.exit_code == 3, refused.output
        assert f"{held} holds every run, by dana" in " ".join(refused.stderr.split())
    assert hall.type("status", paths[1].stem).exit_code == 5, "none of several was started"
    assert held in planned.stderr
    assert [each["id"] for each in document["holds"]] == [held]
    (told,) = [each for each in checks if each["subject"] == "holds"]
    assert (told["health"], held in told["text"]) == ("ok", True)
    assert freed["run"]


@pytest.mark.usefixtures("free")
def test_a_run_is_resumed_under_a_hold_and_takes_it_over(hall: Bench) -> None:
    """Resuming is never refused; the run reads what stands before it changes anything."""
    run = hall.at_attestation()
    hall.wait(hall.client().get_workflow_handle(run).terminate("by mistake"))
    held = hall.ask("hold", "--all", *INCIDENT)["hold"]

    hall.ask("resume", run, "--reason", "terminated by mistake")
    carried = hall.until(run, lambda report: bool(report.state.holds)).state.holds

    assert [hold.from_all for hold in carried] == [held]
    assert not [entry for entry in hall.ledger() if run.rpartition("/")[2] in entry["path"]]


@pytest.mark.usefixtures("free")
def test_a_release_that_did_not_get_through_is_repeated(hall: Bench) -> None:
    """A command that died after recording it: the next one finds the runs that still show it."""
    run = hall.at_attestation()
    held = hall.ask("hold", "--all", *INCIDENT)["hold"]
    strange = Release(id="somebody-else-1", by=Person(name="dana"), reason="x", from_all="a99")
    hall.wait(hall.client().get_workflow_handle(run).signal("decision", Envelope(decision=strange)))
    hall.ask("release", "--all", "--hold", held, "--wait", "0", *OVER)

    again = hall.ask("release", "--all", "--hold", held, *OVER)

    assert again["confirmed"] == again["reached"] >= 1
    assert hall.report(run).state.holds == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("hold", *INCIDENT), "name one of"),
        (("hold", "run", "--all", *INCIDENT), "name one of"),
        (("hold", "--all", "--list", *INCIDENT), "name one of"),
        (("hold", "run", "--provider", "ovhcloud", *INCIDENT), "--provider goes with --all"),
        (("hold", "run", "--account", "lab", *INCIDENT), "--account goes with --all"),
        (("hold", "--list", "--reason", "x"), "--reason goes with"),
        (("hold", "--all", "--yes"), "--reason"),
        (("hold", "--all", "--reason", " ", "--yes"), "blank"),
        (("hold", "--all", "--reason", "x" * 1001, "--yes"), "1000"),
        (("hold", "--all", "--reason", "x", "--as", "a\u200b", "--yes"), "U+200B"),
        (("hold", "--all", "--reason", "incident"), "--yes"),
        (("hold", "--all", "--provider", "ovh", *INCIDENT), "Known here: awsmarketplace"),
        (("hold", "--all", "--until", "2020-01-01", *INCIDENT), "over already"),
        (("hold", "--all", "--until", "soon", *INCIDENT), "no date"),
        (("hold", "--all", "--wait", "soon", *INCIDENT), "not a duration"),
        (("release", *OVER), "name one of"),
        (("release", "run", "--all", *OVER), "name one of"),
        (("release", "--all"), "--reason"),
        (("release", "--all", "--owner", "dana", *OVER), "--owner goes with a run"),
        (("release", "--all", "--everyone", *OVER), "--everyone goes with a run"),
        (("release", "--all", "--hold", "h1", *OVER), "'h1'"),
    ],
)
def test_bad_input_holds_nothing(hall: Bench, nobody: str, words: tuple[str, ...], says: str) -> None:
    """Exit code 2, what is wrong in words, and nothing was sent: without a terminal it must be agreed to beforehand."""
    result = hall.type(*words)

    assert result.exit_code == 2, result.output
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert standing(hall) == []


def test_a_release_of_a_hold_that_never_was_is_refused(hall: Bench, nobody: str) -> None:
    """Exit code 3, with those that stand."""
    hall.ask("hold", "--all", "--wait", "0", *INCIDENT)
    result = hall.type("release", "--all", "--hold", "a7", *OVER)
    hall.ask("release", "--all", *OVER)

    assert result.exit_code == 3
    assert "no hold a7; those that stand: a1" in result.stderr


def test_all_that_stand_are_released_at_once(hall: Bench, nobody: str) -> None:
    """Whoever set them; the screen names each."""
    hall.ask("hold", "--all", "--wait", "0", *INCIDENT)
    hall.ask("hold", "--all", "--purge-only", "--wait", "0", *INCIDENT)
    lifted = hall.type("release", "--all", *OVER)

    assert "a1, a2 are released" in lifted.stdout, lifted.output
    assert standing(hall) == []


def test_the_screen_says_what_was_held(hall: Bench, nobody: str, tmp_path: Path) -> None:
    """What it stops, the counts, the list; and that nothing stands when nothing does."""
    held = hall.type("hold", "--all", "--wait", "0", *INCIDENT)
    listed = hall.type("hold", "--list")
    lifted = hall.type("release", "--all", *OVER)
    empty = hall.type("hold", "--list")

    assert held.exit_code == 0, held.output
    assert "Nothing changes a service forward, in every run, until it is released" in held.stdout
    assert "a1 stands: 0 runs reached, 0 confirmed" in held.stdout
    assert "a1  every run: nothing changes a service; dana" in listed.stdout
    assert "a1 is released" in lifted.stdout
    assert "No hold of the whole installation stands." in empty.stdout


def test_a_person_at_a_terminal_is_asked_before_everything_is_held(hall: Bench, nobody: str) -> None:
    """What it stops is said first; no sends nothing, yes holds, with JSON on stdout alone."""
    words = ("hold", "--all", "--provider", "ovhcloud", "--reason", "incident", "--as", "dana", "--wait", "0")
    with at_a_terminal(*words, home=hall.home) as terminal:
        terminal.sees("Hold every run of provider ovhcloud as dana? [y/N]")
        terminal.type("n")
        refused, shown = terminal.ends(), terminal.printed()
    before = standing(hall)
    with at_a_terminal(*words, "--json", home=hall.home) as terminal:
        terminal.sees("Hold every run of provider ovhcloud as dana? [y/N]")
        terminal.type("y")
        agreed, document = terminal.ends(), json.loads(terminal.printed())
    hall.ask("release", "--all", *OVER)

    assert refused == 1
    assert "Nothing changes a service forward" in shown
    assert before == []
    assert agreed == 0
    assert document == {"hold": "a1", "reached": 0, "confirmed": 0, "not_reached": []}
