"""The main job, on the real image: operator's command, worker, simulator and Temporal server each in a container."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.containers.installation import Installation, health_of, logs_of, wait_until
from unrack.simulator.seeds import DEMO_SERVICE

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(1200),
    # testcontainers leaves connections to the engine's socket to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REQUEST = f"""\
runbook: ovhcloud-connect-direct
service:
  id: {DEMO_SERVICE}
timing: end-of-term
reason: the container test no longer needs it
ticket: CHG-1
"""
MUTATIONS = {
    "DELETE extra": 4,
    "DELETE datacenter": 2,
    "DELETE pop": 1,
    "DELETE ovhCloudConnect": 1,
    "PUT services": 1,
}
"""What cancelling the demo service takes, by the last word of the path: the runbook's detach and request phases."""


def test_a_run_from_plan_to_closed_survives_the_kill_of_its_worker(installation: Installation) -> None:
    """From request to proof (S2.5 to S2.16); the worker dies half-way; each mutating call takes effect once."""
    _fill_desk(installation.desk)
    worker = installation.start_worker()
    run = _launch(installation)
    _work_until(installation, run, lambda _: any(_effects(installation)))

    worker.kill()
    worker.wait(timeout=30)
    second = installation.start_worker()
    report = _work_until(installation, run, lambda report: report["outcome"] is not None)

    assert report["outcome"] == "closed"
    assert {kind: calls for kind, calls in _effects_by_kind(installation).items() if calls} == MUTATIONS
    second.stop(timeout=40)
    assert second.wait(timeout=5)["StatusCode"] == 0, logs_of(second)


def test_a_stopped_worker_ends_well_and_its_health_check_notices_a_lost_server(installation: Installation) -> None:
    """SIGTERM reaches the worker and ends it with 0; without a server the worker is not healthy."""
    worker = installation.start_worker()
    installation.temporal.pause()
    wait_until(lambda: health_of(worker) == "unhealthy", timedelta(seconds=120), lambda: logs_of(worker))
    installation.temporal.unpause()

    worker.stop(timeout=40)

    assert worker.wait(timeout=5)["StatusCode"] == 0, logs_of(worker)


def _fill_desk(desk: Path) -> None:
    (desk / "request.yaml").write_text(REQUEST, encoding="utf-8")
    (desk / "proof.txt").write_text("the operator says: the cable is gone\n", encoding="utf-8")


def _launch(installation: Installation) -> str:
    installation.starter("plan", "/desk/request.yaml")
    started = installation.starter("launch", "/desk/request.yaml", "--confirm", DEMO_SERVICE, "--as", "alice")
    return str(started["run"])


def _work_until(installation: Installation, run: str, reached: Callable[[Any], bool]) -> Any:  # noqa: ANN401  # JSON
    """Plays approvers and on-call engineer, and moves the provider's clock on, until `reached`."""
    deadline = time.monotonic() + 600
    while True:
        report = installation.starter("status", run)
        if reached(report):
            return report
        assert not report["state"]["parked"], report["state"]["parked"]
        assert time.monotonic() < deadline, report
        if report["phase"] == "approval":
            _approve(installation, run, report["plan_digest"])
        _complete_tasks(installation, run)
        _let_time_pass(installation, run, report)


def _approve(installation: Installation, run: str, plan: str) -> None:
    for person in ("bob", "carol"):
        installation.starter("approve", run, "--plan", plan, "--yes", "--as", person)


def _complete_tasks(installation: Installation, run: str) -> None:
    for waiting in installation.starter("tasks", run)["tasks"]:
        task = waiting["task"]
        options = [*_fields(task["form"]), *_proofs(task["form"])]
        installation.starter("complete", run, task["step"], *options, "--as", "dave")


def _fields(form: dict[str, Any]) -> Iterator[str]:
    values = {"yes": "yes", "date": datetime.now().astimezone().date().isoformat()}
    for each in form["fields"]:
        if each["required"]:
            yield from ("--field", f"{each['name']}={values.get(each['type'], 'as ordered')}")


def _proofs(form: dict[str, Any]) -> Iterator[str]:
    for each in form["evidence"]:
        if each["required"]:
            yield from ("--evidence", f"{each['type']}=/desk/proof.txt")


def _let_time_pass(installation: Installation, run: str, report: dict[str, Any]) -> None:
    """To the end of grace, then in steps past the provider's end to the next bill; a wake-up makes the run look."""
    phase, until = report["phase"], report["purge_not_before"]
    if phase == "grace" and until:
        now = datetime.fromisoformat(installation.ask_simulator("GET", "/clock")["now"])
        left = datetime.fromisoformat(until) - now
        _advance(installation, max(left, timedelta()) + timedelta(minutes=1))
    elif phase in {"purge", "verify"}:
        _advance(installation, timedelta(hours=12))
    else:
        return
    installation.starter("wake", run)


def _advance(installation: Installation, span: timedelta) -> None:
    installation.ask_simulator("PUT", "/clock", {"advance": span.total_seconds()})


def _effects(installation: Installation) -> list[dict[str, Any]]:
    return [entry for entry in installation.ledger() if entry["took_effect"]]


def _effects_by_kind(installation: Installation) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in _effects(installation):
        kind = f"{entry['method']} {entry['path'].split('/')[-2]}"
        found[kind] = found.get(kind, 0) + 1
    return found
