"""Help, completion and the entry points: what a person meets before anything runs."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from unrack.cli.app import app

ROOT = Path(__file__).resolve().parents[2]


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer hides the types
    """Every command with its path."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


EVERY = dict(commands(typer.main.get_command(app)))


def examples(epilog: str) -> list[str]:
    """The commands among the closing lines of a help page."""
    lines = [Text.from_markup(line).plain.strip() for line in epilog.split("\n\n")]
    return [line for line in lines if line.startswith("unrack ")]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_explains_itself_with_examples_that_parse(path: tuple[str, ...]) -> None:
    """The examples are commands of this very program, with options that exist."""
    command = EVERY[path]
    assert command.help
    shown = examples(command.epilog or "")
    assert shown, f"{path} shows no example"
    for example in shown:
        words = shlex.split(example.partition(" > ")[0].partition(" < ")[0])
        assert tuple(words[1 : 1 + len(path)]) == path
        command.make_context(" ".join(path), words[1 + len(path) :], resilient_parsing=False)


@pytest.mark.parametrize("path", [(), *EVERY], ids=lambda path: " ".join(path) or "unrack")
def test_help_needs_no_settings_and_no_server(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Even broken settings do not stop it."""
    monkeypatch.setenv("UNRACK_LOG_LEVEL", "LOUD")
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_the_help_lists_the_exit_codes() -> None:
    """Scripts rely on them."""
    shown = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    for meaning in ("0 done", "2 bad input", "3 refused", "4 server or worker not reachable", "5 not found"):
        assert meaning in shown


def test_broken_settings_are_told_by_name() -> None:
    """Which variable, never its value; exit code 2."""
    result = CliRunner(env={"UNRACK_LOG_LEVEL": "LOUD"}).invoke(app, ["list"])
    assert result.exit_code == 2
    assert "UNRACK_LOG_LEVEL" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_generated(shell: str) -> None:
    """The script completes commands and options."""
    unrack = Path(sys.executable).with_name("unrack")
    variable = {"bash": "complete_bash", "zsh": "complete_zsh", "fish": "complete_fish"}[shell]
    asked = {"COMP_WORDS": "unrack rea", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "unrack rea"}
    environment = {**os.environ, **asked, "_UNRACK_COMPLETE": variable, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [unrack] if unrack.exists() else [sys.executable, "-m", "unrack.cli.app"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "reactivate" in done.stdout, done.stderr


def test_starter_is_the_same_command() -> None:
    """``python starter.py …`` works too, and ends with the same codes."""
    done = subprocess.run(
        [sys.executable, "starter.py", "status"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "Usage: unrack status" in done.stderr


def test_colours_stay_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR and a pipe give plain text."""
    monkeypatch.setenv("NO_COLOR", "1")
    result = CliRunner().invoke(app, ["runbook", "check"])
    assert result.exit_code == 0
    assert "\x1b[" not in result.output


def test_a_usage_error_with_json_is_one_document_on_stderr() -> None:
    """Nothing on stdout."""
    result = CliRunner().invoke(app, ["list", "--nonsense", "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert '"exit_code": 2' in result.stderr


def test_a_runbook_with_mistakes_is_told_with_file_line_and_column(tmp_path: Path) -> None:
    """``runbook check`` points at the place and suggests the nearest name; exit code 2."""
    good = (ROOT / "runbooks" / "ovhcloud-connect-direct.yaml").read_text(encoding="utf-8")
    path = tmp_path / "ovhcloud-connect-direct.yaml"
    path.write_text(good.replace("ovhcloud.connect.remove-pops", "ovhcloud.connect.remove-pop"), encoding="utf-8")
    result = CliRunner().invoke(app, ["runbook", "check", str(path)])
    assert result.exit_code == 2
    line = next(
        n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "remove-pop\n" in text + "\n"
    )
    assert f"{path}:{line}:" in result.stdout
    assert "ovhcloud.connect.remove-pops" in result.stdout


def test_a_runbook_with_an_old_key_is_refused_with_the_new_one(tmp_path: Path) -> None:
    """``patience`` is called ``timeout`` now, ``look-every`` is ``poll-every``: file, line, column, exit code 2."""
    good = (ROOT / "runbooks" / "ovhcloud-connect-direct.yaml").read_text(encoding="utf-8")
    path = tmp_path / "ovhcloud-connect-direct.yaml"
    old = good.replace("\n  timeout: ", "\n  patience: ", 1).replace("      poll-every: ", "      look-every: ", 1)
    path.write_text(old, encoding="utf-8")

    result = CliRunner().invoke(app, ["runbook", "check", str(path)])

    lines = old.splitlines()
    approval = next(number for number, text in enumerate(lines, 1) if text.startswith("  patience"))
    pace = next(number for number, text in enumerate(lines, 1) if text.startswith("      look-every"))
    assert result.exit_code == 2
    assert f"{path}:{approval}:3: `patience` is called `timeout` now" in result.stdout
    assert f"{path}:{pace}:7: `look-every` is called `poll-every` now" in result.stdout
