"""The table of traps names a test for each, and the test is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (ROOT / "docs" / "traps.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("| trap ", "|---"))
]


def test_there_are_traps() -> None:
    """Each row has its three columns, and no trap stands there twice."""
    assert len(ROWS) > 50
    assert {len(row) for row in ROWS} == {3}
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])
def test_each_trap_is_held_by_a_test_that_exists(row: list[str]) -> None:
    """By file and name, as pytest takes them."""
    file, _, name = row[2].strip("`").partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}

    assert name.partition("[")[0].rpartition("::")[2] in functions
