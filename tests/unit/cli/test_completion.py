"""What a shell is offered: quick, silent, and nothing that a shell would take for anything but a word."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from unrack.cli import completion
from unrack.cli.context import CliContext
from unrack.cli.root_group import RootGroup

ROOT = Path(__file__).resolve().parents[3]


class Line:
    """A line that is being typed, as typer hands it over."""

    def __init__(self, **params: str) -> None:
        self.params = params
        self.obj = None

    def find_root(self) -> "Line":
        """It is its own root."""
        return self


def line(**params: str) -> typer.Context:
    """The context of a line with these arguments on it."""
    return cast("Any", Line(**params))


def offering(*offers: tuple[str, str]) -> Any:  # noqa: ANN401 - a search of any kind
    """A search that finds these."""

    async def found(_: CliContext) -> list[tuple[str, str]]:
        return list(offers)

    return found


def test_only_plain_words_are_offered() -> None:
    """A stranger may have called a run what a shell would run, expand or split."""
    odd = [
        "a$(id)",
        "a`id`",
        "a b",
        "a;b",
        "a'b",
        'a"b',
        "a*",
        "a\nb",
        "a|b",
        "a&b",
        "a>b",
        "~a",
        "-rf",
        "a\\b",
        "a(b)",
    ]
    found = completion._offered(line(), "", offering(*((each, "x") for each in odd), ("ovhcloud-ip/1.2@here:x", "x")))

    assert found == [("ovhcloud-ip/1.2@here:x", "x")]


def test_what_is_said_of_a_word_holds_no_sign_of_a_shell() -> None:
    """Descriptions reach the script of the shell, too."""
    ((_, told),) = completion._offered(line(), "", offering(("run", "the `id` of $HOME: \"x\" 'y' \x1b[2J é")))

    assert set(told) <= set("the id of HOME x y 2J é")


def test_only_what_begins_so_is_offered() -> None:
    """Shells do not all sort it out themselves."""
    found = completion._offered(line(), "ovh", offering(("ovhcloud-ip/1", "x"), ("whc-vps/1", "x")))

    assert [word for word, _ in found] == ["ovhcloud-ip/1"]


def test_a_failure_offers_nothing_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody asked for an error message."""

    async def broken(_: CliContext) -> list[tuple[str, str]]:
        raise RuntimeError("no server")

    assert completion._offered(line(), "", broken) == []
    assert capsys.readouterr() == ("", "")


def test_who_presses_tab_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer offers nothing."""
    monkeypatch.setattr(completion, "WITHIN", 0.05)

    async def slow(_: CliContext) -> list[tuple[str, str]]:
        await asyncio.sleep(60)
        return [("late", "x")]

    began = time.monotonic()
    assert completion._offered(line(), "", slow) == []
    assert time.monotonic() - began < 30


def test_names_of_commands_are_offered_without_importing_one() -> None:
    """A summary for each; a hidden command is not among them."""
    root = cast("Any", RootGroup(name="unrack"))
    offered = {each.value for each in root.shell_complete(root.make_context("unrack", [], resilient_parsing=True), "")}

    assert {"secret", "status", "runbook"} <= offered
    assert "handover" not in offered


@pytest.mark.parametrize("words", ["unrack status ovh", "unrack complete x y --field a"])
def test_without_a_server_nothing_is_offered(words: str, tmp_path: Path) -> None:
    """Exit code 0 and no word on stderr."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "UNRACK_HOME": str(tmp_path),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "_UNRACK_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "unrack.cli.app"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
