"""A run waits in one module: who reads it knows every way in which a run can stand still."""

import ast
from pathlib import Path

import pytest

import workflows

ROOT = Path(workflows.__path__[0])
ITS_OWN = {"waiting.py", "activity_options.py", "installation.py", "reconcile.py", "inquiry.py"}
"""The module that waits, the one that ends paused calls, and the workflows that are no runs."""

WAITS = {"workflow.sleep", "workflow.wait_condition", "asyncio.sleep", "asyncio.wait", "asyncio.wait_for"}
RUN = sorted(file for file in ROOT.rglob("*.py") if file.name not in ITS_OWN)


@pytest.mark.parametrize("file", RUN, ids=[file.relative_to(ROOT).as_posix() for file in RUN])
def test_only_one_module_calls_the_engines_waits(file: Path) -> None:
    """Everything else waits through `workflows.waiting`, which leaves nothing that must end the wait unseen."""
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))

    assert not [ast.unparse(call.func) for call in calls if ast.unparse(call.func) in WAITS]
