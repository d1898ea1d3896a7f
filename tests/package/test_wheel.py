"""The wheel is whole: nothing that the program reads is left behind, and the demo runs from it in an empty folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("unrack", "workflows", "activities")
SHIPPED = ("runbooks", "examples")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


def _files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(ROOT).as_posix() for path in found}


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(opened.read(name).decode())


def test_every_file_is_in_it_and_nothing_else(wheel: Path) -> None:
    """Code, texts in other languages, templates, runbooks, schemas, examples; no test, no module called ``worker``."""
    with ZipFile(wheel) as opened:
        there = {name for name in opened.namelist() if ".dist-info/" not in name}
    wanted = set[str]().union(*map(_files, PACKAGES))
    wanted |= {f"unrack/shipped/{name}" for folder in SHIPPED for name in _files(folder)}

    assert there == wanted
    assert {f"{package}/py.typed" for package in PACKAGES} <= there


def test_it_says_what_it_is(wheel: Path) -> None:
    """Licence, Python versions, the page to read; the command is there."""
    said = _metadata(wheel)

    assert said["License-Expression"]
    assert said["Requires-Python"] == ">=3.11"
    assert "Typing :: Typed" in (said.get_all("Classifier") or [])
    assert "# Unrack" in str(said.get_payload())
    with ZipFile(wheel) as opened:
        (entry,) = (name for name in opened.namelist() if name.endswith("entry_points.txt"))
        assert "unrack = unrack.cli.app:main" in opened.read(entry).decode()


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The programs of a fresh environment in which the wheel is installed, beside what it needs; no index is asked."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False)
    programs = folder / "bin"
    install = ["--python", str(programs / "python"), "install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, capture_output=True, timeout=300)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (programs / "temporal").symlink_to(Path(sys.executable).with_name("temporal"))
    return programs


def _run(program: Path, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    folder = home / "empty"
    folder.mkdir(parents=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "UNRACK_", "TEMPORAL_"))
    }
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env={**kept, "UNRACK_HOME": str(home / "data")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    """And not this tree, which lies beside what the wheel needs; all three packages are found."""
    shown = "import activities, unrack, workflows; print(activities.__file__, unrack.__file__, workflows.__file__)"
    done = _run(installed / "python", "-c", shown, home=tmp_path)

    assert done.returncode == 0, done.stderr
    assert [str(installed.parent) in file for file in done.stdout.split()] == [True] * 3


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_demo_runs_from_a_wheel_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """Runbooks, examples, server, simulator and worker come with it; the folder stays empty."""
    done = _run(installed / "unrack", "demo", "--json", home=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "closed"
    assert list((tmp_path / "empty").iterdir()) == []
