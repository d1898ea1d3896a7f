"""Commands for runs that were ended in Temporal: reconcile, resume; and wake --all."""

import json

from tests.surfaces.installation import Bench
from tests.surfaces.test_decisions import ATTESTATION
from unrack.contracts.reconciliation import Mismatch
from unrack.model.lifecycle import Outcome
from unrack.process.settings import Settings
from unrack.temporal import schedule
from unrack.temporal.visibility import last_report

QUEUE = Settings().task_queue


def end(desk: Bench, run: str) -> None:
    """Ends the run as somebody at Temporal's own tools would."""
    desk.wait(desk.client().get_workflow_handle(run).terminate(reason="cleaning up"))
    desk.wait_for(lambda: run not in desk.type("list", "--json").stdout)


def test_a_run_that_was_ended_in_temporal_is_named_and_resumed(desk: Bench) -> None:
    """Who ended it and why, with the command that goes on; then nothing is left to say, and the run hears decisions."""
    run = desk.at_attestation()
    before = desk.ledger()
    end(desk, run)

    shown = desk.type("reconcile")
    document = json.loads(desk.type("reconcile", "--json").stdout)
    status = desk.type("status", run)
    resumed = desk.ask("resume", run.partition("/")[2], "--reason", "a mistake", "--as", "olivia")
    again = desk.type("resume", run, "--reason", "a mistake")
    after = desk.ask("reconcile")
    report = desk.report(run)
    desk.ask("abort", run, "--reason", "the test is over")

    (found,) = [each for each in document["found"] if each["run"] == run]
    assert shown.exit_code == 1
    assert f"unrack resume {run}" in shown.stdout
    assert found["kind"] == Mismatch.GONE_UNTOUCHED
    assert "cleaning up" in found["text"]
    assert status.exit_code == 1
    assert "unrack resume" in status.stderr
    assert resumed["interference"]["run_id"] == found["run_id"]
    assert again.exit_code == 3
    assert "is open" in again.stderr
    assert [each for each in after["found"] if each["run"] == run] == []
    assert ATTESTATION in report.state.tasks
    assert any("resumed by olivia" in entry.what for entry in report.state.journal)
    assert desk.ledger() == before
    assert desk.until(run, lambda report: report.outcome is not None).outcome is Outcome.ABORTED


def test_a_run_that_nobody_knows_is_refused_with_the_plan_to_make(desk: Bench) -> None:
    """Exit code 5: what was removed already will be found removed by a new plan."""
    result = desk.type("resume", "ovhcloud-connect-direct/never", "--reason", "x", "--json")

    problem = json.loads(result.stderr)["problem"]
    assert result.exit_code == 5
    assert "unrack plan" in problem["suggestion"]
    assert "never" in problem["suggestion"]


def test_the_worker_schedules_reconciliation(desk: Bench) -> None:
    """A fresh installation reconciles every hour; the scheduled one reads, and its report is the last one."""
    client = desk.client()
    made = desk.wait(schedule.describe(client, QUEUE))
    desk.wait(client.get_schedule_handle(schedule.schedule_id(QUEUE)).trigger())

    assert made is not None
    assert made.schedule.spec.intervals[0].every == schedule.EVERY

    def triggered() -> bool:
        described = desk.wait(schedule.describe(client, QUEUE))
        return described is not None and bool(described.info.recent_actions) and not described.info.running_actions

    desk.wait_for(triggered)
    desk.wait_for(lambda: desk.wait(last_report(client, QUEUE)) is not None)


def test_an_operators_schedule_is_left_alone_until_it_is_installed_anew(desk: Bench) -> None:
    """A paused schedule is told by doctor, survives workers that start, and is put right by --install."""
    client = desk.client()
    desk.wait(client.get_schedule_handle(schedule.schedule_id(QUEUE)).pause(note="provider maintenance"))

    made = desk.wait(schedule.ensure(client, QUEUE))
    checks = {each["subject"]: each for each in json.loads(desk.type("doctor", "--json").stdout)["checks"]}
    installed = desk.ask("reconcile", "--install")
    well = {each["subject"]: each["health"] for each in desk.ask("doctor")["checks"]}

    assert not made
    assert "provider maintenance" in checks["reconciliation"]["text"]
    assert checks["reconciliation"]["todo"] == "unrack reconcile --install"
    assert installed["every_seconds"] == schedule.EVERY.total_seconds()
    assert well["reconciliation"] == "ok"


def test_all_runs_are_woken(desk: Bench) -> None:
    """After a deploy; one run and all runs exclude each other."""
    run = desk.at_attestation()
    desk.wait_for(lambda: run in desk.type("list", "--json").stdout)

    woken = desk.ask("wake", "--all")

    assert woken["woken"] >= 1
    assert desk.type("wake").exit_code == 2
    assert desk.type("wake", run, "--all").exit_code == 2
