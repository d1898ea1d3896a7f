"""One typist who plays all roles of a page: types each line, reads, answers questions, waits as the page says."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Self

import pytest

from tests.walks.pages import Block, Line
from tests.walks.terminal import MORE, PROMPT, Terminal

_QUESTION = re.compile(r"[^\n]*[:?] ?\Z")
"""A line without an end that asks; the terminal has been still for `_STILL` seconds since."""
_STILL = 1.5


@dataclass(frozen=True)
class Pace:
    """How fast somebody reads and how long they wait, in seconds."""

    key: float = 0.02
    """Between two keys: a quick typist."""
    command: float = 3
    """Between the end of a command and the next one, at least."""
    line: float = 0.15
    """To read a line of what was printed."""
    most: float = 20
    """Nobody reads a screen for longer before going on."""
    again: float = 5
    """Before looking again."""
    watching: float = 10
    """Before Ctrl-C."""
    timeout: float = 300
    """Nobody waits longer for anything."""

    def reading(self, text: str) -> float:
        """How long it takes to read `text` and to find the next line of the page."""
        return min(self.most, self.command + self.line * text.count("\n"))


@dataclass
class Typist:
    """Types the blocks of `page` in `folder`; every failure says which line, what was typed, what came, what should."""

    page: Path
    folder: Path
    environment: Mapping[str, str]
    pace: Pace = Pace()
    printed: Callable[[], str] = str
    """Tells what the commands of the block before have printed."""
    _open: ExitStack = field(default_factory=ExitStack)
    _desk: Terminal | None = None
    _goes_on: bool = False
    """Whether more may be printed."""
    _own: list[tuple[Line, Terminal]] = field(default_factory=list[tuple[Line, Terminal]])

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every terminal."""
        self._open.close()

    def walk(self, blocks: Iterable[Block]) -> None:
        """Type `blocks` from top to bottom."""
        for block in blocks:
            if block.shows:
                self._compare(block)
            elif block.own_terminal:
                self._start(block)
            else:
                printed = "".join(self._do(line) for line in block.lines)
                self.printed, self._goes_on = (lambda text=printed: text), False

    def leave(self) -> None:
        """End with Ctrl-C what goes on in terminals of its own; it ends well."""
        for line, terminal in self._own:
            begin = len(terminal.seen)
            terminal.press("\x03")
            if not terminal.look(60, lambda seen, at=begin: PROMPT.search(seen, at)):
                self._fail(line, terminal.seen[begin:], "it ends at Ctrl-C")

    def _do(self, line: Line) -> str:
        """Type one command, again if the page says so, and read what it prints."""
        deadline = time.monotonic() + self.pace.timeout
        terminal = self._at_desk()
        while True:
            printed = self._once(terminal, line)
            time.sleep(self.pace.reading(printed))
            if line.until is None or _flat(line.until) in _flat(printed):
                return printed
            if time.monotonic() > deadline:
                self._fail(line, printed, f"'{line.until}' within {self.pace.timeout:.0f} s")
            time.sleep(self.pace.again)

    def _once(self, terminal: Terminal, line: Line) -> str:
        begin = self._type(terminal, line)
        if line.interrupted:
            terminal.look(self.pace.watching, lambda seen: PROMPT.search(seen, begin))
            terminal.press("\x03")
        self._answer_until_prompt(terminal, line, begin)
        printed = terminal.seen[begin:]
        ended = PROMPT.search(printed)
        assert ended
        if not line.interrupted and int(ended.group(1)) != line.code:
            self._fail(line, printed, f"exit code {line.code}")
        if "Traceback" in printed:
            self._fail(line, printed, "no traceback")
        return printed[: ended.start()]

    def _type(self, terminal: Terminal, line: Line) -> int:
        """Type the lines of a command; returns where in the terminal its output begins."""
        for text in line.typed[:-1]:
            terminal.type(text, self.pace.key)
            if not terminal.look(10, MORE.search):
                self._fail(line, terminal.seen[-500:], "the shell waits for the rest of the command")
        before = len(terminal.seen)
        terminal.type(line.typed[-1], self.pace.key)
        if not terminal.look(10, lambda seen: "\n" in seen[before:]):
            self._fail(line, terminal.seen[before:], "the shell takes the line")
        return terminal.seen.index("\n", before) + 1

    def _answer_until_prompt(self, terminal: Terminal, line: Line, begin: int) -> None:
        """Look on until the command has ended; a question is answered with what the page says."""
        answers, deadline = list(line.answers), time.monotonic() + self.pace.timeout
        while not terminal.look(_STILL, lambda seen: PROMPT.search(seen, begin)):
            printed = terminal.seen[begin:]
            if time.monotonic() > deadline:
                self._fail(line, printed, f"it ends within {self.pace.timeout:.0f} s")
            if _asks(printed) and time.monotonic() - terminal.changed >= _STILL:
                if not answers:
                    self._fail(line, printed, "no question, or 'answer …' in the comment of this line")
                time.sleep(self.pace.reading(printed))
                terminal.type(answers.pop(0), self.pace.key)
        if answers:
            self._fail(line, terminal.seen[begin:], f"a question that is answered '{answers[0]}'")

    def _compare(self, block: Block) -> None:
        """Every line that the page shows is printed, in this order; of what goes on, in the end."""
        deadline = time.monotonic() + (self.pace.timeout if self._goes_on else 0)
        while missing := _missing(block, self.printed()):
            if time.monotonic() >= deadline:
                number, text = missing
                self._fail(Line(number, ()), self.printed(), text)
            time.sleep(_STILL)

    def _start(self, block: Block) -> None:
        """Type what goes on in a terminal of its own."""
        for line in block.lines:
            terminal = self._open.enter_context(Terminal(self.folder, self.environment))
            terminal.look(10, PROMPT.search)
            begin = self._type(terminal, line)
            self._own.append((line, terminal))
            self.printed, self._goes_on = (lambda of=terminal, at=begin: of.look_now()[at:]), True

    def _at_desk(self) -> Terminal:
        """The terminal in which the page is typed."""
        if self._desk is None:
            self._desk = self._open.enter_context(Terminal(self.folder, self.environment))
            self._desk.look(10, PROMPT.search)
        return self._desk

    def _fail(self, line: Line, printed: str, expected: str) -> NoReturn:
        typed = "\n  ".join(line.typed) or "(the block before)"
        came = "\n  ".join(printed.splitlines())
        told = f"typed:\n  {typed}\ncame:\n  {came}\nexpected:\n  {expected}"
        pytest.fail(f"{self.page.name}:{line.number}\n{told}", pytrace=False)


def _missing(block: Block, printed: str) -> tuple[int, str] | None:
    """The first line that `block` shows and nothing `printed` fits, with its number; None when all are there.

    Where a narrow screen breaks a line, it is still that line.
    """
    screen, begin = _flat(printed), 0
    for number, text in enumerate(block.text, start=block.number):
        found = _pattern(text).search(screen, begin)
        if found is None:
            return number, text
        begin = found.end()
    return None


def _asks(printed: str) -> bool:
    last = printed.rpartition("\n")[2]
    return bool(last.strip()) and bool(_QUESTION.fullmatch(last))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _pattern(shown: str) -> re.Pattern[str]:
    """What a shown line looks like: ``…`` is whatever fits into a few lines."""
    return re.compile(".{0,300}?".join(re.escape(part.strip()) for part in _flat(shown).split("…")))
