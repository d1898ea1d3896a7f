"""What auditors type: history, replay, export."""

import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from tests.surfaces.installation import Bench
from tests.surfaces.test_decisions import ATTESTATION, ATTESTED
from unrack.model.lifecycle import Outcome
from unrack.temporal.converter import unpacked


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that was decided on and aborted."""
    run = desk.at_attestation()
    desk.ask("complete", run, ATTESTATION, *ATTESTED, "--as", "omar")
    assert desk.type("approve", run, "--as", "olivia", "--yes").exit_code == 3
    desk.ask("abort", run, "--reason", "wrong service", "--as", "olivia")
    desk.until(run, lambda report: report.outcome is Outcome.ABORTED)
    return run


def test_history_tells_who_did_what(desk: Bench, run: str) -> None:
    """In words, with the assurance of each name; the refused approval is there too."""
    shown = desk.type("history", run)
    assert shown.exit_code == 0, shown.stderr
    for expected in ("omar (stated, not verified)", "wrong service", "refused", "workloads-moved: yes", "UTC"):
        assert expected in shown.stdout
    entries = desk.ask("history", run)["timeline"]
    assert {"omar", "olivia"} <= {entry["by"]["name"] for entry in entries if entry["by"]}
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


def test_a_run_replays_from_the_server_and_from_its_file(desk: Bench, run: str, tmp_path: Path) -> None:
    """Both agree; the exported file tells the same story without the server."""
    assert desk.ask("replay", run)["agrees"] is True
    written = desk.ask("history", run, "--export", tmp_path)
    assert desk.ask("replay", tmp_path)["agrees"] is True
    assert desk.ask("replay", written["path"])["agrees"] is True
    assert desk.ask("history", written["path"])["timeline"] == desk.ask("history", run)["timeline"]
    assert desk.type("history", run, "--export", written["path"]).exit_code == 3


def test_a_divergence_is_named_by_event_and_step(desk: Bench, run: str, tmp_path: Path) -> None:
    """A result that today's code would not give, forged into the record: exit code 1."""
    written = desk.ask("history", run, "--export", tmp_path / "run.json")
    path = Path(written["path"])
    path.with_name(path.name + ".sha256").unlink()
    recorded = json.loads(path.read_text(encoding="utf-8"))
    (result,) = recorded["events"][-1]["workflowExecutionCompletedEventAttributes"]["result"]["payloads"]
    report = unpacked(json_format.ParseDict(result, Payload()))
    report.data = report.data.replace(b'"outcome":"aborted"', b'"outcome":"closed"')
    result.update(json_format.MessageToDict(report))
    path.write_text(json.dumps(recorded), encoding="utf-8")
    told = desk.type("replay", path, "--json")
    assert told.exit_code == 1, told.stdout
    (verdict,) = json.loads(told.stdout)["histories"]
    assert verdict["divergences"][0]["event"] > 0
    assert "event" in desk.type("replay", path).stdout


def test_a_raw_signal_is_told_and_ends_no_story(desk: Bench) -> None:
    """Anybody with Temporal's own tool may send what is no decision, in any encoding; the story goes on."""
    run = desk.launched()
    handle = desk.client().get_workflow_handle(run)
    for encoding in (b"binary/plain", b"json/plain", b"binary/null"):
        desk.wait(handle.signal("decision", RawValue(Payload(metadata={"encoding": encoding}, data=b"approve please"))))
    desk.wait(handle.signal("approve\x1b[2J", RawValue(Payload(metadata={"encoding": b"binary/null"}))))
    desk.ask("abort", run, "--reason", "seen \x1b[31mred\nenough", "--as", "olivia")
    desk.until(run, lambda report: report.outcome is Outcome.ABORTED)

    told = [entry["what"] for entry in desk.ask("history", run)["timeline"]]
    shown = desk.type("history", run)

    assert told.count("a signal 'decision' that is no decision") == 3
    assert "aborts the run: seen \x1b[31mred\nenough" in told
    assert shown.exit_code == 0
    assert r"aborts the run: seen \x1b[31mred\nenough" in shown.stdout
    assert r"a signal 'approve\x1b[2J' that is no decision" in shown.stdout
    assert "\x1b" not in shown.stdout + desk.type("status", run).stdout
    assert desk.ask("replay", run)["agrees"] is True


def test_what_is_no_history_is_told(desk: Bench, tmp_path: Path) -> None:
    """An empty folder must not look like success."""
    assert desk.type("replay", tmp_path).exit_code in (2, 5)
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    told = desk.type("replay", tmp_path / "other.json", "--json")
    assert (told.exit_code, json.loads(told.stdout)["histories"][0]["verdict"]) == (1, "unreadable")
    assert desk.type("history", tmp_path / "other.json").exit_code == 2
    assert desk.type("replay", "no-such-run").exit_code == 5
