"""Whatever reaches a screen passes through one place: nothing is obeyed, made a picture, or taken for markup."""

import ast
import io
import json
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unrack.cli import screen
from unrack.model.errors import Category, Problem

CLI = Path(screen.__file__).parent
EVIL = "a\x1b[2Jb\x9bc\u202ed\u200be\x07f\rg"
SHOWN = r"a\x1b[2Jb\x9bc\u202ed\u200be\x07f\rg"
ADDRESSES = "3c:cd:36:aa:00:01, 65000:100:20, 2001:a:b::1, [link=x]y[/link]"


def _in_a_table(text: str) -> Table:
    table = Table(title=screen.escape(text))
    table.add_column(screen.escape(text))
    table.add_row(screen.escape(text))
    return table


@pytest.mark.parametrize("how", ["line", "cell", "title", "text", "marked"])
@pytest.mark.parametrize(("text", "shown"), [(EVIL, SHOWN), (ADDRESSES, ADDRESSES)], ids=["control", "pictures"])
def test_every_way_to_the_screen_is_safe(text: str, shown: str, how: str) -> None:
    """A line, a table, a title, and what never was a string of ours: each shows what was written, and obeys nothing."""
    ways = {
        "line": screen.escape(text),
        "cell": _in_a_table(text),
        "title": Panel("x", title=screen.marked(screen.escape(text))),
        "text": Text(text.replace("\r", "").replace("\x07", "")),  # these two the library itself leaves out
        "marked": screen.marked(screen.escape_lines(text)),
    }
    console = screen.unheard()
    console.width = 200

    console.print(ways[how])

    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert (shown if how != "text" else shown.replace(r"\r", "").replace(r"\x07", "")) in printed
    assert printed.replace("\n", "").isprintable()


def test_a_line_break_is_no_other_line() -> None:
    """In a line of ours, somebody's text stays within that line."""
    console = screen.unheard()
    console.print(f"reason: {screen.escape('fine' + chr(10) + 'approved by: bob')}", soft_wrap=True)

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "reason: fine\\napproved by: bob\n"


def test_a_problem_is_safe_too(capsys: pytest.CaptureFixture[str]) -> None:
    """What a provider said and what a person typed stand in errors; JSON keeps them exactly."""
    problem = Problem(category=Category.INVALID, message=f"no {EVIL}", suggestion=EVIL, reference=EVIL)

    screen.print_problem(problem, 2, as_json=False)
    text = capsys.readouterr().err
    screen.print_problem(problem, 2, as_json=True)
    document = capsys.readouterr().err

    assert text.count(SHOWN) == 3
    assert text.replace("\n", "").isprintable()
    assert document.replace("\n", "").isprintable()
    assert json.loads(document)["problem"]["message"] == f"no {EVIL}"


def test_half_a_character_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A file name that is no text ended the command with a traceback: it cannot be encoded."""
    screen.facts().print(screen.escape("r\udce9sum\udce9.pdf"))
    screen.print_document({"name": "r\udce9sum\udce9.pdf"})

    assert r"r\udce9sum\udce9.pdf" in capsys.readouterr().out.encode().decode()


def test_consoles_and_markup_are_made_in_one_place() -> None:
    """A console made elsewhere shows pictures for codes; the library's own `escape` knows no control characters."""
    strange = {
        f"{file.relative_to(CLI)}: {ast.unparse(node)}"
        for file in CLI.rglob("*.py")
        if file.name != "screen.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if _makes_its_own(node)
    }

    assert strange == set()


def _makes_its_own(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "rich.markup"
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name in ("Console", "rich.print") or name.endswith(("Text.from_markup", "Text.from_ansi"))
    return False
