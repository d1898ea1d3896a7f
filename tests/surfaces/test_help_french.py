"""``--help`` is French from its first line to its last for who reads French."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from unrack.cli.app import app
from unrack.cli.commands import COMMANDS
from unrack.cli.help import paragraphs
from unrack.i18n.catalogue import HERE, entries

SAME = frozenset({"Options", "Arguments"})
"""What is the same word in both languages."""


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer keeps the types of its commands to itself
    yield path, group
    for name in COMMANDS if not path else getattr(group, "commands", {}):
        yield from _commands(group.commands[name], (*path, name))


EVERY = dict(_commands(get_command(app)))


def _told(command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Every text that the help of `command` says, one paragraph each; without its examples, which are typed."""
    texts = [command.help, command.short_help, command.epilog, getattr(command, "rich_help_panel", None)]
    for parameter in command.params:
        texts += [getattr(parameter, "help", None), getattr(parameter, "rich_help_panel", None)]
    for text in texts:
        if isinstance(text, str):
            yield from (part for part in paragraphs(text) if part.strip() and not part.startswith("  "))


@cache
def _french() -> dict[str, str]:
    """The catalogue, read once."""
    return dict(entries(HERE / "fr.po"))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_text_of_a_help_has_its_french(path: tuple[str, ...]) -> None:
    """A new option, or another first line of a command, is translated like every other text."""
    french = {text: says for text, says in _french().items() if says}

    assert sorted(set(_told(EVERY[path])) - french.keys()) == []


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_no_english_is_left_in_a_french_help(path: tuple[str, ...]) -> None:
    """As it is typed: options are answered in the order in which they come, and ``--help`` comes first."""
    shown = CliRunner().invoke(app, ["--lang", "fr", *path, "--help"], env={"COLUMNS": "4000", "LC_ALL": "C"})
    french = _french()
    flat = re.sub(r"\s+", " ", shown.output)

    assert shown.exit_code == 0
    assert "Afficher cette aide et quitter." in flat
    assert [text for text in _told(EVERY[path]) if text not in SAME and french[text] != text and text in flat] == []


def test_help_is_french_by_the_locale_and_english_without() -> None:
    """As every other text: the option, else the setting, else the locale."""
    runner = CliRunner()

    assert "Exploitation" in runner.invoke(app, ["--help"], env={"LC_ALL": "fr_FR.UTF-8"}).output
    assert "Exploitation" in runner.invoke(app, ["--help"], env={"UNRACK_LANG": "fr", "LC_ALL": "C"}).output
    assert "Operations" in runner.invoke(app, ["--help"], env={"LC_ALL": "C", "UNRACK_LANG": ""}).output
