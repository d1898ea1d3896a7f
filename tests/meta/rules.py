"""Which test holds which rule of the source documents. ``python -m tests.meta.rules`` prints it and fails on a gap.

A test holds a rule only when its own docstring names it: a mention in a comment, a fixture or a file name promises
nothing.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rules.md"

_ROW = re.compile(r"^\| (S\d+\.\d+) \| (.+) \|$", re.MULTILINE)
_NAMED = re.compile(r"\bS\d+\.\d+\b")


def rules() -> dict[str, str]:
    """Every rule with what it says, in the order of the documents."""
    return dict(_ROW.findall(PAGE.read_text(encoding="utf-8")))


def holders(root: Path = ROOT) -> dict[str, list[str]]:
    """The tests that name each rule, as ``tests/unit/test_x.py::test_y``."""
    found: dict[str, list[str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        for test, docstring in _tests(ast.parse(file.read_text(encoding="utf-8"))):
            for rule in sorted(set(_NAMED.findall(docstring))):
                found.setdefault(rule, []).append(f"{file.relative_to(root)}::{test}")
    return found


def _tests(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def gaps() -> list[str]:
    """The rules that no test holds."""
    held = holders()
    return [rule for rule in rules() if rule not in held]


def main() -> int:
    """Print the table; 1 when a rule is held by no test, or a test names a rule that there is not."""
    known, held, missing = rules(), holders(), gaps()
    for rule, says in known.items():
        tests = held.get(rule, [])
        more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        sys.stdout.write(f"{rule:6} {tests[0] + more if tests else 'NO TEST: ' + says}\n")
    unknown = sorted(held.keys() - known.keys())
    sys.stdout.write(f"{len(known)} rules, {len(missing)} without a test: {', '.join(missing) or 'none'}\n")
    if unknown:
        sys.stdout.write(f"tests name rules that are not in {PAGE.relative_to(ROOT)}: {', '.join(unknown)}\n")
    return 1 if missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
