"""Recorded histories as the command tells them, without any server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from unrack.cli.app import app

HISTORIES = Path(__file__).resolve().parents[2] / "replay" / "histories"


def typed(*words: object) -> str:
    """What a command prints that must succeed."""
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("command", ["history", "replay"])
def test_the_record_is_told_in_its_own_language(command: str, tmp_path: Path) -> None:
    """A quotation of the record that is half translated is no quotation; the reader's language is for the rest."""
    file = HISTORIES / "end-of-term-closed.json"

    assert typed("--home", tmp_path, "--lang", "fr", command, file) == typed("--home", tmp_path, command, file)
