"""What `unrack up` refuses before it starts anything."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.policy.conftest import WHOLE
from unrack.cli import up_and_doctor
from unrack.cli.app import app
from unrack.cli.problems import ExitCode
from unrack.model.errors import Category, Problem, UnrackError
from unrack.process.settings import Settings


@pytest.mark.parametrize("option", [("--scale", "60"), ("--services", "3")])
def test_what_is_said_of_the_simulator_needs_one(tmp_path: Path, option: tuple[str, str]) -> None:
    """Real providers' clocks are theirs, and their services are not made here: exit code 2, nothing is written."""
    home = tmp_path / "home"
    result = CliRunner().invoke(app, ["--home", str(home), "up", *option])

    assert result.exit_code == ExitCode.BAD_INPUT
    assert "add --simulator" in result.stderr
    assert not home.exists()


def test_a_policy_that_is_not_valid_starts_nothing(tmp_path: Path) -> None:
    """It is read before anything else happens, and what is wrong is told where it stands: exit code 2."""
    home, file = tmp_path / "home", tmp_path / "policy.yaml"
    file.write_text(WHOLE.replace("grants:", "grant:"))
    result = CliRunner().invoke(app, ["--home", str(home), "up", "--policy", str(file)])

    assert result.exit_code == ExitCode.BAD_INPUT
    assert "Did you mean 'grants'?" in result.stderr
    assert not home.exists()


def test_what_is_said_of_the_policy_reaches_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option goes before the setting; without either, no policy rules and nothing but rehearsals runs."""
    policy, other = tmp_path / "policy.yaml", tmp_path / "other.yaml"
    for file in (policy, other):
        file.write_text(WHOLE)
    monkeypatch.setenv("UNRACK_POLICY", str(other))
    assert _ruled_by(monkeypatch, tmp_path, "--policy", str(policy)) == (policy, False)
    assert _ruled_by(monkeypatch, tmp_path) == (other, False)
    monkeypatch.delenv("UNRACK_POLICY")
    assert _ruled_by(monkeypatch, tmp_path, "--allow-stated") == (None, True)
    assert _ruled_by(monkeypatch, tmp_path) == (None, False)


def _ruled_by(monkeypatch: pytest.MonkeyPatch, home: Path, *options: str) -> tuple[Path | None, bool]:
    """What an installation is told of the policy; none is started."""
    told: list[Settings] = []

    def describe(settings: Settings, **_: object) -> None:
        told.append(settings)
        raise UnrackError(Problem(category=Category.INVALID, message="enough"))

    monkeypatch.setattr(up_and_doctor, "Installation", describe)
    CliRunner().invoke(app, ["--home", str(home), "up", *options])
    (settings,) = told
    return settings.policy, settings.allow_stated
