"""Commands that look: status, watch, list, tasks, evidence, doctor. Looking adds nothing to the ledger."""

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.client import Client

from tests.surfaces.installation import Bench
from tests.surfaces.test_decisions import ATTESTATION, ATTESTED
from unrack.model.lifecycle import Phase
from unrack.operations.listing import Filter, Waiting, list_runs, open_tasks
from unrack.temporal.executions import Server


class Counting:
    """A connection that counts what its server is asked, call by call."""

    def __init__(self, client: Client) -> None:
        """Ask the server of `client`."""
        self.namespace, self.workflow_service = client.namespace, self
        self._service, self.calls = client.workflow_service, list[str]()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any of a hundred calls
        """Note the call, and pass it on."""
        self.calls.append(name)
        return getattr(self._service, name)


def visible(desk: Bench, run: str, command: str = "list") -> None:
    """Wait until visibility shows the run, which it does a moment after the fact."""
    desk.wait_for(lambda: run in desk.type(command, "--json").stdout)


def test_lists_and_tasks_are_one_visibility_query(desk: Bench) -> None:
    """However many runs there are; nothing is asked of a run."""
    runs = [desk.at_attestation() for _ in range(2)]
    for run in runs:
        visible(desk, run, "tasks")
    counting = Counting(desk.client())

    async def look() -> tuple[int, int]:
        runs = [each async for each in list_runs(cast("Server", counting), Filter())]
        return len(runs), len([each async for each in open_tasks(cast("Server", counting))])

    listed, tasks = desk.wait(look())
    assert listed >= 2
    assert tasks >= 2
    assert counting.calls == ["list_workflow_executions", "list_workflow_executions"]


def test_what_is_due_first_comes_first(desk: Bench) -> None:
    """Tasks by their deadline, runs by what is due; runs with nothing due come last."""
    for run in [desk.at_attestation() for _ in range(3)]:
        visible(desk, run, "tasks")
    deadlines = [each["task"]["deadline"] for each in desk.ask("tasks")["tasks"]]
    due = [each["view"]["due"] or "9999" for each in desk.ask("list")["runs"]]
    assert len(deadlines) >= 3
    assert deadlines == sorted(deadlines)
    assert due == sorted(due)


def test_a_list_is_filtered(desk: Bench) -> None:
    """By provider, phase, due date and what is waited for; a run that ended shows with --all only."""
    run = desk.at_attestation()
    visible(desk, run, "tasks")

    def found(*words: str) -> bool:
        return run in [each["run"] for each in desk.ask("list", *words)["runs"]]

    assert found("--provider", "ovhcloud")
    assert not found("--provider", "elsewhere")
    assert found("--phase", "preflight")
    assert not found("--phase", "grace")
    assert found("--waiting", "task")
    assert not found("--waiting", "approval")
    assert found("--due-before", "2999-01-01")
    assert not found("--due-before", "2001-01-01T00:00+02:00")
    desk.ask("abort", run, "--reason", "enough")
    desk.wait_for(lambda: not found())
    assert found("--all")


@pytest.mark.parametrize("text", ["o'x' OR WorkflowId = 'y", "''", "\\", "", " "])
def test_what_a_person_types_is_never_part_of_a_query(desk: Bench, text: str) -> None:
    """The server strips escaped quotes, so that a pair of them would mean every run: such text finds none."""
    run = desk.at_attestation()
    visible(desk, run)
    assert desk.type("list", "--provider", text or "'").exit_code == 2
    assert desk.type("hold", text, "--reason", "x").exit_code == 5
    assert desk.report(run).state.holds == []


def test_waiting_for_is_matched_by_kind() -> None:
    """``task`` stands for every ``task:<step>``."""
    assert {each.value for each in Waiting} >= {"approval", "task", "parked", "grace", "provider", "hold"}


def test_a_run_is_meant_by_its_service_or_a_unique_beginning(desk: Bench) -> None:
    """Several that fit are named and none is taken."""
    first, second = desk.at_attestation(), desk.at_attestation()
    visible(desk, first)
    visible(desk, second)
    service = first.partition("/")[2]
    assert desk.ask("status", service)["run"] == first
    assert desk.ask("status", service[:13])["run"] == first
    assert desk.ask("status", first[:-3])["run"] == first
    several = desk.type("status", "ovhcloud-connect-direct/")
    assert several.exit_code == 2
    assert "fits" in several.stderr


def test_tasks_say_what_to_do_and_what_to_type(desk: Bench) -> None:
    """Instructions, fields, proofs, deadline with its zone, and a command that works once it is filled in."""
    run = desk.at_attestation()
    visible(desk, run, "tasks")
    shown = desk.type("tasks", run).stdout
    for expected in (
        "Ask the owner of every workload",
        "workloads-moved",
        "write yes",
        "routing-before",
        "UTC",
        "S2.1",
    ):
        assert expected in shown
    (task,) = desk.ask("tasks", run)["tasks"]
    words = re.sub(r"=…'?", "=Nadia", task["command"]).replace("'", "").split()
    assert words[0] == "unrack"
    assert desk.type(*words[1:]).exit_code == 0


def test_status_says_why_nothing_is_purged(desk: Bench) -> None:
    """The date with its zone and every reason, in words."""
    run = desk.at_attestation()
    shown = desk.type("status", run).stdout
    assert "Purge not before" in shown
    assert "because" in shown
    document = desk.ask("status", run)
    assert document["purge_blockers"]
    assert document["phase"] == Phase.PREFLIGHT.value


def test_watch_prints_each_fact_once_and_ends_with_the_run(desk: Bench) -> None:
    """Plain lines where there is no terminal."""
    run = desk.at_attestation()
    desk.ask("abort", run, "--reason", "enough")
    result = desk.type("watch", run, "--every", "1s")
    assert result.exit_code == 0
    assert result.stdout.count("ended: aborted") == 1
    assert "\x1b[" not in result.stdout
    assert desk.ask("watch", run)["outcome"] == "aborted"


def test_evidence_is_fetched_and_verified(desk: Bench, tmp_path: Path) -> None:
    """By the beginning of its digest; altered evidence is refused, and nothing is overwritten."""
    run = desk.at_attestation()
    proof = tmp_path / "graph.txt"
    proof.write_text(f"idle {run}", encoding="utf-8")
    desk.ask("complete", run, ATTESTATION, *ATTESTED, "--evidence", f"routing-before={proof}", "--as", "omar")
    (kept,) = desk.ask("status", run)["evidence"]
    assert (kept["type"], kept["source"], kept["name"]) == ("routing-before", "person:omar", "graph.txt")
    out = tmp_path / "copy.txt"
    fetched = desk.ask("evidence", "get", run, kept["sha256"][:10], "--out", out)
    assert (fetched["verified"], out.read_text(encoding="utf-8")) == (True, proof.read_text(encoding="utf-8"))
    assert desk.type("evidence", "get", run, kept["sha256"], "--out", out).exit_code == 3
    assert desk.type("evidence", "get", run, "0" * 64).exit_code == 5
    stored = desk.home / "evidence" / "sha256" / kept["sha256"][:2] / kept["sha256"][2:]
    stored.write_text("something else", encoding="utf-8")
    altered = desk.type("evidence", "get", run, kept["sha256"], "--out", tmp_path / "other.txt")
    assert altered.exit_code == 2
    assert "altered" in altered.stderr
    assert not (tmp_path / "other.txt").exists()


def test_looking_adds_nothing_to_the_ledger(desk: Bench) -> None:
    """plan, list, tasks, status, history, doctor, wake: no mutating call reaches the provider."""
    run = desk.at_attestation()
    path = desk.request(run.partition("/")[2])
    before = desk.ledger()
    for words in (("plan", path), ("list",), ("tasks",), ("status", run), ("history", run), ("doctor",), ("wake", run)):
        result = desk.type(*words)
        assert result.exit_code == 0, result.output
    assert desk.ledger() == before


def test_doctor_finds_a_whole_installation_well(desk: Bench) -> None:
    """Server, search attributes, worker, credential, evidence store, runbooks."""
    document = desk.ask("doctor")
    subjects = [each["subject"] for each in document["checks"]]
    assert set(document) == {"well", "address", "namespace", "checks"}
    assert (document["address"], document["namespace"]) == (desk.installation.address, "default")
    assert document["well"]
    for expected in (
        "server",
        "search attributes",
        "worker",
        "credential ovhcloud/default",
        "evidence store",
        "runbooks",
    ):
        assert expected in subjects


def test_doctor_names_what_is_missing(desk: Bench) -> None:
    """An account without a credential: exit code 1, and what to do."""
    result = desk.type("doctor", "--account", "nobody", "--json")
    assert result.exit_code == 1
    wrong = [each for each in json.loads(result.stdout)["checks"] if each["health"] != "ok"]
    assert {"credential ovhcloud/nobody", "credential awsmarketplace/nobody"} <= {each["subject"] for each in wrong}
    assert all(each["todo"] for each in wrong)


@pytest.mark.parametrize(
    "command", [("list",), ("tasks",), ("status", "x"), ("launch", "{request}"), ("plan", "{request}")]
)
def test_no_server_is_told_with_what_to_do(
    desk: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Exit code 4, the address, and how to start one; with --json as one document on stderr."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    words = [word.format(request=desk.request("svc")) for word in command]
    result = desk.type(*words, "--json")
    assert result.exit_code == 4
    problem = json.loads(result.stderr)["problem"]
    assert "127.0.0.1:1" in problem["message"]
    assert "unrack up" in problem["suggestion"]
    document = json.loads(desk.type("doctor", "--json").stdout)
    assert (document["well"], document["address"]) == (False, "127.0.0.1:1")


def test_lists_say_how_many_there_are_and_whether_there_are_more(desk: Bench) -> None:
    """On a real server: every open run by default, the nearest ones with --limit, and the same as tables."""
    runs = [desk.at_attestation() for _ in range(3)]
    for run in runs:
        visible(desk, run, "tasks")
    for command, name in (("list", "runs"), ("tasks", "tasks")):
        whole, cut = desk.ask(command), desk.ask(command, "--limit", "2")
        assert set(whole) == {name, "count", "more"}
        assert (whole["count"], whole["more"]) == (len(whole[name]), False)
        assert (cut["count"], cut["more"], cut[name]) == (2, True, whole[name][:2])
        shown = desk.type(command, "--limit", "2").stdout
        assert "There are more" in shown
        assert "There are more" not in desk.type(command).stdout
        assert desk.type(command, "--limit", "0").exit_code == 2
    assert "2 of " in desk.type("list", "--limit", "2").stdout


def test_tasks_are_a_table_and_one_is_told_whole(desk: Bench) -> None:
    """The table says which task of which run; instructions come for one run, one task, or with --full."""
    run = desk.at_attestation()
    visible(desk, run, "tasks")
    table = desk.type("tasks").stdout
    assert (ATTESTATION in table, "Ask the owner of every workload" in table) == (True, False)
    for words in (("tasks", "--full"), ("tasks", run), ("tasks", run, ATTESTATION), ("tasks", run, "attest-moved")):
        assert "Ask the owner of every workload" in desk.type(*words).stdout
    assert [each["task"]["step"] for each in desk.ask("tasks", run, ATTESTATION)["tasks"]] == [ATTESTATION]
    assert desk.ask("tasks", run, "handover.remove-cross-connect") == {"tasks": [], "count": 0, "more": False}
    assert desk.type("tasks", run, "no-such-task").exit_code == 2


def test_ticket_and_owner_stand_wherever_a_run_does(desk: Bench) -> None:
    """In status, list, tasks and history, for people and as JSON."""
    path = desk.request(ticket="CHG-4711", owner="'Network team'")
    desk.ask("plan", path)
    run = str(desk.ask("launch", path, "--confirm", path.stem, "--as", "olivia")["run"])
    desk.until(run, lambda report: bool(report.state.tasks))
    visible(desk, run, "tasks")
    for words in (("status", run), ("list",), ("tasks",), ("history", run)):
        for as_json in ((), ("--json",)):
            shown = desk.type(*words, *as_json).stdout
            assert ("CHG-4711" in shown, "Network team" in shown) == (True, True), words


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ticket", "x" * 201, "at most 200"),
        ("owner", "x" * 201, "at most 200"),
        ("ticket", '"two\\nlines"', "one line"),
        ("owner", '"\\e[31mred"', "one line"),
        ("owner", "'  '", "blank"),
    ],
)
def test_a_ticket_or_owner_that_fits_no_list_is_refused(desk: Bench, name: str, text: str, said: str) -> None:
    """With the place in the request; nothing is planned."""
    path = desk.request(**{name: text})
    result = desk.type("plan", path)

    assert result.exit_code == 2
    assert said in result.stderr
    assert path.name in result.stderr
