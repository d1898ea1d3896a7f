"""Completion against a real server: runs, tasks, fields, as a shell asks for them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.surfaces.installation import Bench
from tests.surfaces.test_decisions import ATTESTATION

ROOT = Path(__file__).resolve().parents[2]


def offered(desk: Bench, *words: str) -> list[str]:
    """What bash is offered for the last of `words`."""
    every = ["unrack", "--home", str(desk.home), *words]
    asked = {"_UNRACK_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(every), "COMP_CWORD": str(len(every) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "unrack.cli.app"],
        env={**os.environ, **asked, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_a_shell_is_offered_runs_tasks_fields_and_proofs(desk: Bench) -> None:
    """Run ids and service ids by their beginning, the tasks that wait, and what their form asks for."""
    run = desk.at_attestation()
    desk.wait_for(lambda: run in desk.type("tasks", "--json").stdout)
    service = run.partition("/")[2]

    def eventually(wanted: str, *words: str) -> None:
        desk.wait_for(lambda: wanted in offered(desk, *words), seconds=60)

    eventually(run, "status", run[:-4])
    eventually(service, "status", service[:-4])
    eventually(ATTESTATION, "complete", run, "pre")
    eventually("workloads-moved=yes", "complete", run, ATTESTATION, "--field", "workloads-m")
    eventually("routing-before=", "complete", run, ATTESTATION, "--evidence", "rou")
    assert offered(desk, "status", "no-such-run") == []


def test_a_secret_is_handed_over_by_its_new_name_and_by_the_old(desk: Bench) -> None:
    """The same reference; only the new name is in the help."""
    for name in ("secret", "handover"):
        assert desk.type(name, text="s3cret-token\n").stdout.startswith("handover:")
    shown = desk.type("--help").stdout
    assert ("secret" in shown, "│ handover" in shown) == (True, False)
