"""Installations in which something is missing: a worker, a right, a credential that works."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.surfaces.installation import Bench
from unrack.simulator.ovhcloud.seeds import APPLICATION_KEY, APPLICATION_SECRET

ROOT = Path(__file__).resolve().parents[2]


def add_account(desk: Bench, name: str, consumer: str) -> None:
    """Give the worker another credential, in the file that it reads."""
    path = desk.home / "simulator.toml"
    with path.open("a", encoding="utf-8") as file:
        file.write(
            f'[ovhcloud.{name}]\nendpoint = "{desk.installation.simulator_url}/1.0"\n'
            f'application_key = "{APPLICATION_KEY}"\napplication_secret = "{APPLICATION_SECRET}"\n'
            f'consumer_key = "{consumer}"\n'
        )


def looking_credential(desk: Bench) -> str:
    """A consumer key that may read everything, and change nothing."""
    asked = httpx2.post(
        f"{desk.installation.simulator_url}/1.0/auth/credential",
        headers={"X-Ovh-Application": APPLICATION_KEY},
        json={"accessRules": [{"method": "GET", "path": "/*"}]},
        trust_env=False,
    )
    granted = asked.raise_for_status().json()
    httpx2.get(granted["validationUrl"], trust_env=False).raise_for_status()
    return granted["consumerKey"]


def test_doctor_names_exactly_the_rights_that_are_missing(desk: Bench) -> None:
    """For every action of the runbooks, as the provider writes access rules; reading is there, changing is not."""
    add_account(desk, "looker", looking_credential(desk))
    result = desk.type("doctor", "--account", "looker", "--json")
    assert result.exit_code == 1
    checks = json.loads(result.stdout)["checks"]
    (wrong,) = [each for each in checks if each["health"] not in ("ok", "unused")]
    rights = [line for line in wrong["todo"].splitlines() if line.split(" ")[0] in ("GET", "PUT", "POST", "DELETE")]
    assert "DELETE /vrack/*/ovhCloudConnect/*" in rights
    assert "PUT /services/*" in rights
    assert not any(right.startswith("GET ") for right in rights)


def test_wrong_credentials_are_told_and_not_shown(desk: Bench) -> None:
    """The provider refuses the key: exit code 3, the provider's reference, and no secret anywhere."""
    add_account(desk, "wrong", "n0tAConsumerKey00000000000000000")
    service = desk.service()
    path = desk.request(service)
    path.write_text(path.read_text(encoding="utf-8") + "  account: wrong\n", encoding="utf-8")
    result = desk.type("plan", path, "--json")
    assert result.exit_code == 3, result.output
    problem = json.loads(result.stderr)["problem"]
    assert problem["category"] == "denied"
    assert "n0tAConsumerKey" not in result.output
    assert APPLICATION_SECRET not in result.output


@pytest.mark.parametrize("command", ["plan", "launch"])
def test_a_task_queue_without_a_worker_is_told_within_seconds(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Exit code 4, and how to start one; nothing is left waiting."""
    monkeypatch.setenv("UNRACK_TASK_QUEUE", "nobody-polls-this")
    begun = time.monotonic()
    result = desk.type(command, desk.request(), "--json")
    assert time.monotonic() - begun < 20
    assert result.exit_code == 4, result.output
    problem = json.loads(result.stderr)["problem"]
    assert "nobody-polls-this" in problem["message"]
    assert "unrack up" in problem["suggestion"]
    assert "unrack.worker" in problem["suggestion"]


def test_doctor_tells_of_a_missing_worker(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be looked at without one is said to be unknown, not well."""
    monkeypatch.setenv("UNRACK_TASK_QUEUE", "nobody-polls-this")
    result = desk.type("doctor", "--json")
    assert result.exit_code == 1
    health = {each["subject"]: each["health"] for each in json.loads(result.stdout)["checks"]}
    assert health["worker"] == "missing"
    assert health["credential ovhcloud/default"] == "unknown"
    assert health["server"] == "ok"


def test_doctor_tells_of_missing_search_attributes(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that adds each; a namespace that nobody prepared has none."""
    temporal = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    assert temporal
    create = [temporal, "operator", "namespace", "create", "--address", desk.installation.address, "-n", "bare"]
    subprocess.run(create, check=True, capture_output=True, timeout=30)
    monkeypatch.setenv("UNRACK_NAMESPACE", "bare")

    def lacking() -> list[str]:
        checks = json.loads(desk.type("doctor", "--json").stdout)["checks"]
        return [each["todo"] for each in checks if each["subject"] == "search attributes" and each["health"] != "ok"]

    desk.wait_for(lambda: bool(lacking()) and "--name UnrackWaiting --type KeywordList" in lacking()[0])


def test_doctor_tells_of_an_evidence_store_that_cannot_be_written(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before a run needs it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("UNRACK_EVIDENCE_URL", (tmp_path / "file").as_uri())
    result = desk.type("doctor", "--json")
    assert result.exit_code == 1
    wrong = [each["subject"] for each in json.loads(result.stdout)["checks"] if each["health"] == "missing"]
    assert wrong == ["evidence store"]


@pytest.mark.long
def test_up_runs_until_it_is_asked_to_end(tmp_path: Path) -> None:
    """It says where everything is; another command in the same folder finds it; Ctrl-C ends it with 0."""
    environment = {**os.environ, "UNRACK_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "unrack.cli.app"]
    process = subprocess.Popen(
        [*words, "up", "--simulator"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ready"):
                break
        assert str(tmp_path) in said
        listed = subprocess.run(
            [*words, "list", "--json"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert json.loads(listed.stdout) == {"runs": [], "count": 0, "more": False}, listed.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait(30)
