"""The ground that everything stands on: the lock file, the commands, and files that name no machine."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from unrack.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control, or skip where there is none."""
    git = shutil.which("git")
    if not git or not (ROOT / ".git").exists():
        pytest.skip("no version control here: a copy, not a clone")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return tuple(path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file())


def text_of(path: Path) -> str:
    """The text of `path`; what is not text has none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def locked() -> Iterator[tuple[str, str]]:
    """Each locked requirement with its hashes, one string each."""
    body = LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in body.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, _, hashes = line.partition("--hash=")
            yield requirement.strip(), hashes


def test_every_locked_requirement_has_a_version_and_hashes() -> None:
    """An exact version and SHA-256 hashes, for every package, and nothing else in the file."""
    entries = list(locked())

    assert len(entries) > 50
    for requirement, hashes in entries:
        assert re.fullmatch(r"[a-z0-9.-]+(\[[a-z,-]+\])?==\S+( ;.+)?", requirement), requirement
        assert re.fullmatch(r"(sha256:[0-9a-f]{64}\s*(--hash=)?)+", hashes), requirement


def test_the_lock_fits_the_project() -> None:
    """Whatever the project and its tools ask for is locked, in a version that they accept (`make lock`)."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [Requirement(text) for text in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]]
    pinned = {canonicalize_name(found.name): found for found in (Requirement(text) for text, _ in locked())}

    for requirement in wanted:
        found = pinned.get(canonicalize_name(requirement.name))
        assert found, f"{requirement.name} is not locked"
        (version,) = (each.version for each in found.specifier)
        assert requirement.specifier.contains(version), f"{requirement} against {found}"


def test_no_file_names_a_registry_or_a_machine() -> None:
    """Packages come from wherever the machine is set up to take them; no path of a developer's machine is written."""
    registry = re.compile(r"https?://[^\s\"'>]*(pypi|pythonhosted|artifactory|nexus|/simple\b)|--(extra-)?index-url")
    machine = re.compile(r"(?<![\w.$}])/(home/[a-z]+|root/|Users/|work/)")
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in tracked()
        if path != Path(__file__)
        for pattern in (registry, machine)
        for hit in pattern.finditer(text_of(path))
    ]

    assert found == []


def code_blocks(text: str) -> Iterator[str]:
    """The lines of the fenced blocks of a page that a reader would type."""
    for block in re.findall(r"^```(?:sh|bash|console|shell)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            yield line.strip().removeprefix("$ ")


def pages() -> list[Path]:
    """Every page of documentation."""
    return [path for path in tracked() if path.suffix == ".md"]


def test_the_readme_exists() -> None:
    """It is part of the package, and the first thing that anyone reads."""
    assert (ROOT / "README.md").is_file()


def test_make_targets_that_pages_name_exist() -> None:
    """A reader who types what a page says gets something."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))

    assert {"demo", "test", "test-long", "check", "bench", "lock", "clean"} <= targets
    for page in pages():
        named = {hit for line in code_blocks(text_of(page)) for hit in re.findall(r"^make ([a-z][a-z-]*)", line)}
        assert named <= targets, page


def test_commands_that_pages_name_exist() -> None:
    """``unrack …`` and ``python starter.py …`` in a page are commands that there are."""
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # it is a group

    assert {"plan", "launch", "tasks", "complete"} <= known
    for page in pages():
        named = {
            hit
            for line in code_blocks(text_of(page))
            for hit in re.findall(r"^(?:unrack|python3? starter\.py) ([a-z][a-z-]*)", line)
        }
        assert named <= known, page


def test_the_ci_script_runs_checks_and_tests() -> None:
    """It is executable, valid, stops at the first failure, and does what `make` does."""
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")

    assert script.stat().st_mode & 0o111
    assert "set -eu" in text
    order = [line for line in text.splitlines() if line.startswith("make ")]
    assert order == ["make check", "make test", "make test-long"]
    bash = shutil.which("bash")
    if bash:
        subprocess.run([bash, "-n", str(script)], check=True)
