"""The main job, on the real image: operator's command, worker, simulator and Temporal server each in a container."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.containers.installation import Installation, health_of, logs_of, wait_until
from unrack.simulator.ovhcloud.seeds import DEMO_SERVICE

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
_POP = "/ovhCloudConnect/*/config/pop/*"
MUTATIONS = {
    f"DELETE {_POP}/datacenter/*/extra/*": 4,
    f"DELETE {_POP}/datacenter/*": 2,
    f"DELETE {_POP}": 1,
    "DELETE /vrack/*/ovhCloudConnect/*": 1,
    "PUT /services/*": 1,
    "POST /services/*/terminate/skipRetentionPeriod": 1,
}
"""What cancelling the demo service takes at the provider, ids left out."""


@pytest.mark.long  # minutes of real time; that the image starts, ends well and is healthy is shown each time
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
    assert Counter(_kind(entry) for entry in _effects(installation)) == MUTATIONS
    assert set(Counter((entry["method"], entry["path"]) for entry in _effects(installation)).values()) == {1}
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
        if "handover.remove-cross-connect" in report["state"]["tasks"]:
            _let_grace_end_soon(installation, report)
            installation.ask_simulator("POST", "/happenings", {"service": DEMO_SERVICE, "light": False})
        _complete_tasks(installation, run, report["state"]["tasks"])
        _let_time_pass(installation, run, report)


def _approve(installation: Installation, run: str, plan: str) -> None:
    for person in ("bob", "carol"):
        installation.starter("approve", run, "--plan", plan, "--yes", "--as", person)


def _complete_tasks(installation: Installation, run: str, tasks: dict[str, Any]) -> None:
    for task in tasks.values():
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


def _let_grace_end_soon(installation: Installation, report: dict[str, Any]) -> None:
    """Before grace begins: the run reads the provider's clock again when the handover is done."""
    now = datetime.fromisoformat(installation.ask_simulator("GET", "/clock")["now"])
    left = datetime.fromisoformat(report["purge_not_before"]) - now
    _advance(installation, left - timedelta(minutes=5))


def _let_time_pass(installation: Installation, run: str, report: dict[str, Any]) -> None:
    """Past the provider's end to the next bill; a wake-up makes the run look."""
    if report["phase"] in {"purge", "verify"}:
        _advance(installation, timedelta(days=1))
        installation.starter("wake", run)


def _advance(installation: Installation, span: timedelta) -> None:
    installation.ask_simulator("PUT", "/clock", {"advance": span.total_seconds()})


def _effects(installation: Installation) -> list[dict[str, Any]]:
    return [entry for entry in installation.ledger() if entry["took_effect"]]


def _kind(entry: dict[str, Any]) -> str:
    """A call without the ids in its path: a uuid, a number, the name of a vRack."""
    return f"{entry['method']} {re.sub(r'/([0-9a-f]{8}-[0-9a-f-]+|[0-9]+|pn-[0-9]+)(?=/|$)', '/*', entry['path'])}"
