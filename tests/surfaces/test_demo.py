"""The demo: one command, no keyboard, from plan to proof."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120
"""Seconds that the demo may take."""


def demo(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Play it in a process of its own, without a keyboard."""
    environment = {**os.environ, "UNRACK_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "unrack.cli.app", "demo", *options],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT * 2,
    )


def document(home: Path, *options: str) -> dict[str, Any]:
    """The one document of a demo that must succeed in time."""
    begun = time.monotonic()
    done = demo(home, "--json", *options)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < LIMIT
    return json.loads(done.stdout)


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_cancels_a_service_from_plan_to_proof(tmp_path: Path) -> None:
    """One document: closed, each mutating call once and in the safe order (S2.5, S2.6), every proof (S2.13)."""
    shown = document(tmp_path)
    assert shown["outcome"] == "closed"
    assert shown["differences"] == []
    assert set(shown["ledger"][0]) == {"method", "path", "at", "effect"}
    calls = [(entry["method"], entry["path"]) for entry in shown["ledger"]]
    assert len(calls) == len(set(calls))
    order = [path for method, path in calls if method == "DELETE"]
    assert [path for path in order if path.startswith("/vrack")] == order[-1:]
    kinds = {kept["type"] for kept in shown["evidence"]}
    assert kinds >= {"loa", "configuration", "provider-confirmation", "removal-confirmation", "gone", "bills"}
    assert {"olivia", "alice", "bob", "omar"} <= {entry["by"]["name"] for entry in shown["timeline"] if entry["by"]}


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_turned_round_restores_the_configuration(tmp_path: Path) -> None:
    """Reactivated in grace; nothing differs but the ids that the provider assigns anew, which are listed (S0.7)."""
    shown = document(tmp_path, "--reactivate")
    assert shown["outcome"] == "reactivated"
    assert shown["differences"] == []
    assert shown["assigned_anew"]
    assert all(each["field"].endswith(".id") for each in shown["assigned_anew"])


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_prints_each_command_and_ends_with_the_proofs(tmp_path: Path) -> None:
    """What a person would type, as it would be typed; timeline, evidence, ledger, where to look next."""
    done = demo(tmp_path)
    assert done.returncode == 0, done.stderr
    for typed in ("$ unrack plan ", "$ unrack launch ", "$ unrack approve ", "$ unrack complete ", "$ unrack history "):
        assert typed in done.stdout
    for ending in ("Evidence", "ledger", "Done:", "unrack replay"):
        assert ending in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_interactive_demo_without_a_keyboard_is_refused(tmp_path: Path) -> None:
    """Before anything is started."""
    done = demo(tmp_path, "--interactive")
    assert done.returncode == 2
    assert not (tmp_path / "demo").exists()
