"""Imports point one way, and workflow code is ours."""

import ast
import fnmatch
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

import workflows

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("unrack", "workflows", "activities")


def imported(file: Path) -> set[str]:
    """The top-level names that `file` imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_layers_hold() -> None:
    """Floor to roof; workflows know only model, contracts and Temporal; looking cannot touch (S0.4)."""
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

    # In a process of its own: the linter reconfigures logging, which would silence the loggers of other tests.
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "KEPT" in done.stdout


def test_the_workflows_are_ours() -> None:
    """``workflows`` is a common name: nothing installed may stand in for our package."""
    assert workflows.__file__
    assert Path(workflows.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_imports_the_commands(package: str) -> None:
    """They compose, or only call what composes; what others need lives in a room below."""
    files = list((ROOT / package).rglob("*.py"))

    assert files
    assert {str(file): names for file in files if (names := imported(file) & {"worker", "starter"})} == {}
    assert [str(file) for file in files if "unrack.worker import" in file.read_text(encoding="utf-8")] == []


def test_the_commands_hold_no_logic() -> None:
    """Composition stays small."""
    for name, limit in (("unrack/worker.py", 150), ("worker.py", 10), ("starter.py", 10)):
        assert len((ROOT / name).read_text(encoding="utf-8").split(os.linesep)) <= limit


def test_workflows_call_no_local_activities() -> None:
    """With a cold cache, a query that comes during a local activity makes the history impossible to replay (ADR 13)."""
    workflows = Path(__file__).resolve().parents[2] / "workflows"
    sources = {path.name: path.read_text(encoding="utf-8") for path in workflows.rglob("*.py")}

    assert len(sources) > 20
    assert [name for name, source in sources.items() if "local_activity" in source] == []


LIGHT = {"catalogue", "specs", "products", "iam"}
"""What vendors declare: who only looks may import it."""


def test_all_of_a_vendor_but_its_specs_is_behind_the_wall() -> None:
    """A new file in a vendor's folder calls the vendor, or imports what does: looking cannot reach it."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    wall = next(each for each in linter["contracts"] if each["name"].startswith("Looking cannot touch"))
    graph = grimp.build_graph("unrack", cache_dir=None)
    forbidden = [each for name in wall["forbidden_modules"] for each in (name, f"{name}.*")]
    behind = {m for m in graph.modules for name in forbidden if fnmatch.fnmatchcase(m, name)}
    adapters = {m for m in graph.modules if m.startswith("unrack.providers.") and not graph.find_children(m)}
    others = {m for m in adapters if not {*m.split(".")} & LIGHT} - behind

    assert len(adapters) > 80
    assert [m for m in sorted(others) if not graph.find_upstream_modules(m) & behind] == []


def test_reading_the_specs_loads_no_client() -> None:
    """Whoever checks a runbook has neither the vendors' libraries nor credentials, and starts fast."""
    loaded = "import sys, unrack.providers.catalogue; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    clients = {"boto3", "botocore", "httpx2", "ovh", "requests", "temporalio", "urllib3"}

    assert "unrack.providers.ovhcloud.specs" in done.stdout.split()
    assert {name.partition(".")[0] for name in done.stdout.split()} & clients == set()
