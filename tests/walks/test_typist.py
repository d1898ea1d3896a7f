"""The typist obeys the page, and says clearly where page and program differ."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.walks.pages import blocks
from tests.walks.typist import Pace, Typist

QUICK = Pace(key=0, command=0, line=0, again=0.1, watching=0.5, timeout=10)

Walk = Callable[[str], Typist]


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    """Has a page typed in a folder of its own."""
    page = tmp_path / "PAGE.md"
    with Typist(page, tmp_path, {"PATH": os.environ["PATH"]}, QUICK) as typist:

        def whole(text: str) -> Typist:
            page.write_text(text, encoding="utf-8")
            typist.walk(blocks(page))
            return typist

        yield whole


def typed(*lines: str) -> str:
    """A page with one block to type."""
    return "\n".join(["# Page", "", "Type:", "", "```", *lines, "```", ""])


def shown(*lines: str) -> str:
    """A block that shows what comes."""
    return "\n".join(["", "```text", *lines, "```", ""])


def test_a_block_is_typed_line_by_line_and_shows_what_it_says(walk: Walk, tmp_path: Path) -> None:
    """In one shell, with its variables and files; a line may go on in the next; what differs each time is ``…``."""
    lines = (
        "day=$(echo 2026-12-01)",
        "echo \\",
        "    $day > kept.txt   # a comment",
        "cat kept.txt; echo 'id 4711 ok'",
    )
    walk(typed(*lines) + shown("2026-…", "id … ok"))

    assert (tmp_path / "kept.txt").read_text() == "2026-12-01\n"


def test_a_question_gets_the_answers_of_the_page_in_order(walk: Walk, tmp_path: Path) -> None:
    """Each when it is asked."""
    asking = "read -p 'Name: ' a; read -p 'Sure? [y/N]: ' b; echo $a $b > said"
    walk(typed(f"{asking}   # answer alice; once more: answer y"))

    assert (tmp_path / "said").read_text() == "alice y\n"


def test_a_reader_looks_again_until_the_page_lets_them_go_on(walk: Walk, tmp_path: Path) -> None:
    """By typing the same line again."""
    walk(typed("echo x >> tries; wc -l < tries   # again until it shows 3"))

    assert (tmp_path / "tries").read_text() == "x\n" * 3


def test_what_goes_on_is_ended_with_ctrl_c_where_the_page_says_so(walk: Walk) -> None:
    """And the next line is typed in the same shell."""
    walk(typed("sleep 300   # Ctrl-C ends it", "echo next") + shown("next"))


def test_what_stays_up_has_its_own_terminal(walk: Walk) -> None:
    """It is waited for, goes on while the rest is typed, and ends with Ctrl-C when the reader leaves."""
    up = typed("sleep 1; echo Ready; touch up; sleep 300").replace("Type:", "Leave it running in its own terminal.")
    typist = walk(up + shown("Ready") + typed("ls up") + shown("up"))

    typist.leave()


@pytest.mark.parametrize(
    ("page", "number", "came", "expected"),
    [
        (typed("true", "echo this; exit_with() { return $1; }; exit_with 3"), 7, "this", "exit code 0"),
        (typed("read -p 'Really? [y/N]: ' x"), 6, "Really? [y/N]: ", "no question, or 'answer …' in the comment"),
        (typed("echo none   # answer y"), 6, "none", "a question that is answered 'y'"),
        (typed("echo one") + shown("two"), 10, "one", "two"),
        (typed("echo one; echo two") + shown("two", "one"), 11, "two", "one"),
        (typed("echo Traceback"), 6, "Traceback", "no traceback"),
        (typed("echo early   # again until it shows late"), 6, "early", "'late' within"),
    ],
)
def test_a_difference_is_told_with_its_line(walk: Walk, page: str, number: int, came: str, expected: str) -> None:
    """Which line of the page, what was typed, what came, what was expected."""
    with pytest.raises(pytest.fail.Exception) as told:
        walk(page)

    said = str(told.value)
    assert said.startswith(f"PAGE.md:{number}\ntyped:\n")
    assert came in said.partition("came:\n")[2].partition("expected:\n")[0]
    assert expected in said.partition("expected:\n")[2]
