"""What a command imports before it does anything: no more than it needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from unrack.cli.app import app
from unrack.cli.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[3]

NEVER = (
    "babel",
    "boto3",
    "dns",
    "holidays",
    "httpx2",
    "icalendar",
    "obstore",
    "ovh",
    "psutil",
    "requests",
    "ruamel",
    "starlette",
    "temporalio.testing",
    "temporalio.worker",
    "workflows",
)
"""What neither help nor lists have a use for."""

HELP = (*NEVER, "pydantic", "temporalio", "unrack.operations", "unrack.process.settings")
LISTS = (
    *NEVER,
    "pygments",
    "rich.markdown",
    "rich.traceback",
    "temporalio.client",
    "temporalio.contrib.pydantic",
    "unrack.model.policy",
)

_PROGRAM = """
import sys
sys.argv = ["unrack", *{words!r}]
from unrack.cli import app
app.leave = lambda code: None
app.main()
print("LOADED", *sys.modules)
"""


def loaded(*words: str, folder: Path) -> set[str]:
    """The modules that a command has loaded when it ends; a server is not needed for it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "UNRACK_HOME": str(folder), "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(words=words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    assert told, done.stderr
    return set(told[0].split())


def too_much(found: set[str], forbidden: tuple[str, ...]) -> set[str]:
    """What of `found` is forbidden, by itself or as a part of it."""
    return {each for each in found for name in forbidden if each == name or each.startswith(f"{name}.")}


def test_help_imports_no_command(tmp_path: Path) -> None:
    """Neither pydantic nor Temporal: the names and summaries are a table."""
    assert too_much(loaded("--help", folder=tmp_path), HELP) == set()


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("tasks",), ("tasks", "--json")])
def test_lists_import_what_lists_need(words: tuple[str, ...], tmp_path: Path) -> None:
    """Without worker, runbooks, evidence store, and even without Temporal's client: a bare connection is enough."""
    found = loaded(*words, folder=tmp_path)

    assert "unrack.temporal.executions" in found
    assert too_much(found, LISTS) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    """The table and the commands agree: names, summaries, titles, and what is hidden."""
    listed, command = COMMANDS[name], typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    summary = (command.help or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")

    assert (command.name, summary, bool(command.hidden)) == (name, listed.summary, listed.hidden)
    assert listed.hidden or command.rich_help_panel == listed.panel
