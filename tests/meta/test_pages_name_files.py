"""Pages name files that are there: a path that moved sends its reader nowhere."""

import re
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("unrack", "workflows", "activities", "runbooks", "examples", "docs", "tests", "bench", "chaos", "deploy")
BELOW = ("", "unrack/", "docs/", "tests/")
"""Where a page may mean a path to begin."""
NAMED = re.compile(r"`([\w./-]+/[\w-]+\.(?:py|yaml|md|json|po))`")
OF_THE_PAST = ("adr", "traps.md", "tests-removed.md")
"""What a decision, a trap or a removal tells was so when it was written."""


def _pages() -> list[Path]:
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(file for place in PLACES for file in (ROOT / place).rglob("*.md")),
    ]
    return [page for page in pages if not set(OF_THE_PAST) & set(page.relative_to(ROOT).parts)]


def _is_there(named: str, page: Path) -> bool:
    if any((ROOT / below / named).exists() for below in BELOW) or (page.parent / named).exists():
        return True
    return any(
        PurePath(found).match(f"*/{named}") for place in PLACES for found in (ROOT / place).rglob(PurePath(named).name)
    )


@pytest.mark.parametrize("page", _pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_files_that_are_there(page: Path) -> None:
    """By their path from the root, from the package, from the page, or by the end of it."""
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))

    assert sorted(each for each in named if not _is_there(each, page)) == []
