"""The order in which each workflow module issues commands, read from its source: a change of it is seen in review.

Histories in the tests show what a change breaks on the paths that they take; this shows every path.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import workflows

COMMANDS = frozenset(
    {
        "workflow.continue_as_new",
        "workflow.deprecate_patch",
        "workflow.execute_activity_method",
        "workflow.patched",
        "workflow.sleep",
        "workflow.upsert_memo",
        "workflow.upsert_search_attributes",
        "workflow.wait_condition",
        "activity_options.activity",
    }
)
"""Calls that end in a command, as the modules write them."""

WAYS = frozenset(
    {
        "ask",
        "alarm",
        "notify",
        "park",
        "pause",
        "publish",
        "undone",
        "unparked",
        "until",
        "until_done",
        "wait",
        "wait_beside",
    }
)
"""Functions and methods of the workflows that end in one of `COMMANDS`, whoever they are called on."""

WHAT_TO_DO = (
    "The commands of a workflow changed. A run that is under way replays its history through the new code: give the "
    "change a patch in workflows/versioning.py, or let pinned workers finish the open runs first, and say so in "
    "CHANGELOG.md. Then write the new fingerprints and histories: python -m tests.replay.scenarios"
)


def fingerprints(folder: Path | None = None) -> dict[str, list[str]]:
    """By module: its command-issuing calls in source order, each as ``function: call``.

    Args:
        folder: The package to read; today's workflows when None.
    """
    root = folder or Path(workflows.__path__[0])
    found: dict[str, list[str]] = {}
    for file in sorted(root.rglob("*.py")):
        calls = list(_calls(ast.parse(file.read_text(encoding="utf-8")), ""))
        if calls:
            found[file.relative_to(root).as_posix()] = calls
    return found


def _calls(node: ast.AST, where: str) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}".lstrip(".")
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in COMMANDS or name.rpartition(".")[2] in WAYS:
            yield f"{where}: {name}({', '.join(_telling(node))})"
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, where)


def _telling(call: ast.Call) -> Iterator[str]:
    """Yield the arguments that tell one command from another: its target, and its `key` or `activity_id`."""
    if call.args and ast.unparse(call.func) in COMMANDS:
        yield ast.unparse(call.args[0])
    yield from (f"{word.arg}={ast.unparse(word.value)}" for word in call.keywords if word.arg in ("key", "activity_id"))
