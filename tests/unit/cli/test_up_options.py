"""What `unrack up` refuses before it starts anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from unrack.cli.app import app
from unrack.cli.problems import ExitCode


@pytest.mark.parametrize("option", [("--scale", "60"), ("--services", "3")])
def test_what_is_said_of_the_simulator_needs_one(tmp_path: Path, option: tuple[str, str]) -> None:
    """Real providers' clocks are theirs, and their services are not made here: exit code 2, nothing is written."""
    home = tmp_path / "home"
    result = CliRunner().invoke(app, ["--home", str(home), "up", *option])

    assert result.exit_code == ExitCode.BAD_INPUT
    assert "add --simulator" in result.stderr
    assert not home.exists()
