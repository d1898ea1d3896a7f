"""One word for one thing: the words that were given up do not come back (docs/glossary.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from unrack.i18n.catalogue import HERE, entries

ROOT = Path(__file__).resolve().parents[2]
CODE = ("unrack", "workflows", "activities", "bench", "chaos", "worker.py", "starter.py")

RETIRED = {
    **dict.fromkeys(("patience",), "timeout"),
    **dict.fromkeys(("look_every", "look_result", "look_again_result"), "poll"),
    **dict.fromkeys(("turned_round", "on_way_back", "way_back"), "rollback"),
    **dict.fromkeys(("ended_there",), "ended_by_provider"),
    **dict.fromkeys(("remains", "remains_of"), "interrupted run"),
    **dict.fromkeys(("desk", "desk_of"), "cli context"),
    **dict.fromkeys(("fate", "happening"), "injected faults, scenario event"),
    **dict.fromkeys(("wish", "spelt_alike", "at_best"), "loaded request, normalized name, best effort"),
    **dict.fromkeys(("fresh_history_due",), "continue-as-new due"),
    **dict.fromkeys(("tether", "cold_queries", "torn"), "die_with_parent, query_eviction, interrupted"),
    **dict.fromkeys(("overtaken",), "ended_by_provider"),
}
"""Words of identifiers and modules, in snake case, and what is said instead."""

MODULES = (
    "asking",
    "calling",
    "keep",
    "leaving",
    "looking",
    "loose",
    "moving",
    "plants",
    "publishing",
    "reactivation",
    "tell",
)
"""Names that modules had; as words inside of one they are English."""

PHRASES = (
    r"turned? (it|the run|a run|runs) round|turn(s|ed)? round|was turned round|asked, no answer|on (the|its) way back"
    r"|\bpatience\b|\blook-every\b"
)
"""What screens and pages said before."""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case _:
                pass


def _sources() -> list[Path]:
    places = [ROOT / place for place in CODE]
    return sorted(file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place]))


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_identifier_or_module_has_a_retired_word(path: Path) -> None:
    """Who reads the code meets the words of the field."""
    found = {_snake(name) for name in _names(ast.parse(path.read_text(encoding="utf-8")))} | {path.stem}

    assert {name: RETIRED[name] for name in found & RETIRED.keys()} == {}
    assert path.stem not in MODULES


def test_no_key_of_a_runbook_is_a_retired_word() -> None:
    """Runbooks, examples, their translations and the schemas."""
    files = [*(ROOT / "runbooks").rglob("*.yaml"), *(ROOT / "examples").glob("*.yaml")]
    keys = re.compile(r"^\s*-?\s*(patience|look-every):", re.MULTILINE)

    assert [path.name for path in files if keys.search(path.read_text(encoding="utf-8"))] == []


def test_no_page_says_a_retired_word() -> None:
    """Pages for people; what a decision or a changelog says of the past stays."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "runbooks/README.md", *(ROOT / "docs").rglob("*.md")]
    told = [page for page in pages if "adr" not in page.parts and page.name != "traps.md"]
    found = {page.name: re.findall(f"(?i)(?:{PHRASES})", page.read_text(encoding="utf-8")) for page in told}

    assert {name: words for name, words in found.items() if words} == {}


def test_no_screen_says_a_retired_word() -> None:
    """Every text of the program; the refusal of an old key names it as a value."""
    said = [text for text, _ in entries(HERE / "fr.po") if re.search(f"(?i){PHRASES}", text)]

    assert said == []


def test_every_word_stands_once_in_the_glossary() -> None:
    """In one line each."""
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert len(words) == len(set(words)) > 0
