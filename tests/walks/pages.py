"""A page as its reader takes it: blocks of commands to type, with what the page says about each, and what it shows.

What a page tells its reader, and the typist obeys:

- a block without a language is typed line by line; one marked ``text`` shows what the block before it prints, line by
  line, with ``…`` for what differs each time;
- a comment says what comes: ``answer X`` is typed at a question, ``again until it shows X`` has the reader look again,
  ``Ctrl-C`` ends what would go on, ``exit code N`` is another than 0;
- a block of which the text before says "own terminal" gets one, and goes on there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r"(?:^|\s+)#\s+(.*)$")
_ANSWER = re.compile(r"\banswer ([\w.@-]*\w)")
_UNTIL = re.compile(r"\bagain until it shows (.+)$")
_CODE = re.compile(r"\bexit code (\d+)")

_TAKEN = ("", "text")
"""Languages of blocks that are typed or compared; others are pictures and files."""


@dataclass(frozen=True)
class Line:
    """A command of a page, and what the page says of it."""

    number: int
    """Where it begins in the page, from 1."""
    typed: tuple[str, ...]
    """The command as its lines stand in the page."""

    @property
    def comment(self) -> str:
        """What stands behind ``#``, of all its lines."""
        return " ".join(found.group(1).strip() for text in self.typed if (found := _COMMENT.search(text)))

    @property
    def answers(self) -> tuple[str, ...]:
        """What to type at its questions, in order."""
        return tuple(_ANSWER.findall(self.comment))

    @property
    def until(self) -> str | None:
        """What it shows when the reader may go on."""
        found = _UNTIL.search(self.comment)
        return found.group(1) if found else None

    @property
    def interrupted(self) -> bool:
        """Whether the reader ends it."""
        return "Ctrl-C" in self.comment

    @property
    def code(self) -> int:
        """Its exit code."""
        found = _CODE.search(self.comment)
        return int(found.group(1)) if found else 0


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    number: int
    """Its first line in the page, from 1."""
    language: str
    text: tuple[str, ...]
    said: str = ""
    """The paragraph before it."""
    chapter: str = ""

    @property
    def lines(self) -> Iterator[Line]:
        """Its commands; a backslash at the end of a line goes on in the next."""
        begun: list[str] = []
        for number, text in enumerate(self.text, start=self.number):
            if begun or text.strip():
                begun.append(text)
            if begun and not text.endswith("\\"):
                yield Line(number - len(begun) + 1, tuple(begun))
                begun = []

    @property
    def shows(self) -> bool:
        """Whether it shows what is printed, and is not typed."""
        return self.language == "text"

    @property
    def own_terminal(self) -> bool:
        """Whether the reader opens a terminal for it and leaves it."""
        return "own terminal" in self.said


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of `page` to type or to compare, from top to bottom."""
    chapter, said, language = "", "", None
    text: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if language is None and line.startswith("```"):
            language, text = line.removeprefix("```").strip(), []
        elif language is None and line.startswith("## "):
            chapter, said = line.removeprefix("## "), ""
        elif language is None:
            said = f"{said}{line} " if line.strip() else f"{said}\n"
        elif not line.startswith("```"):
            text.append(line)
        else:
            if language in _TAKEN:
                yield Block(number - len(text), language, tuple(text), said.strip().rpartition("\n")[2], chapter)
            language, said = None, ""
