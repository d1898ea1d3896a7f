"""One typist who plays all roles of a page: types each line, reads, answers questions, waits as the page says."""

import re
import time
from collections.abc import Iterable, Mapping
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
    patience: float = 300
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
    _open: ExitStack = field(default_factory=ExitStack)
    _desk: Terminal | None = None
    _own: list[Terminal] = field(default_factory=list[Terminal])
    _printed: str = ""
    """What the commands of the block before printed."""

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what goes on in terminals of its own, as a person does, and close them."""
        for terminal in self._own:
            terminal.press("\x03")
            terminal.look(60, PROMPT.search)
        self._open.close()

    def walk(self, blocks: Iterable[Block]) -> None:
        """Type `blocks` from top to bottom."""
        for block in blocks:
            if block.shows:
                self._compare(block)
            elif block.own_terminal:
                self._start(block)
            else:
                self._printed = "".join(self._do(line) for line in block.lines)

    def _do(self, line: Line) -> str:
        """Type one command, again if the page says so, and read what it prints."""
        deadline = time.monotonic() + self.pace.patience
        terminal = self._at_desk()
        while True:
            printed = self._once(terminal, line)
            time.sleep(self.pace.reading(printed))
            if line.until is None or _flat(line.until) in _flat(printed):
                return printed
            if time.monotonic() > deadline:
                self._fail(line, printed, f"'{line.until}' within {self.pace.patience:.0f} s")
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
            terminal.type(text)
            if not terminal.look(10, MORE.search):
                self._fail(line, terminal.seen[-500:], "the shell waits for the rest of the command")
        before = len(terminal.seen)
        terminal.type(line.typed[-1])
        terminal.look(10, lambda seen: "\n" in seen[before:])
        return terminal.seen.index("\n", before) + 1

    def _answer_until_prompt(self, terminal: Terminal, line: Line, begin: int) -> None:
        """Look on until the command has ended; a question is answered with what the page says."""
        answers, deadline = list(line.answers), time.monotonic() + self.pace.patience
        while not terminal.look(_STILL, lambda seen: PROMPT.search(seen, begin)):
            printed = terminal.seen[begin:]
            if time.monotonic() > deadline:
                self._fail(line, printed, f"it ends within {self.pace.patience:.0f} s")
            if _asks(printed) and time.monotonic() - terminal.changed >= _STILL:
                if not answers:
                    self._fail(line, printed, "no question, or 'answer …' in the comment of this line")
                time.sleep(self.pace.reading(printed))
                terminal.type(answers.pop(0))
        if answers:
            self._fail(line, terminal.seen[begin:], f"a question that is answered '{answers[0]}'")

    def _compare(self, block: Block) -> None:
        """Every line that the page shows was printed, in this order."""
        rest = [_flat(text) for text in self._printed.splitlines()]
        for number, text in enumerate(block.text, start=block.number):
            shown = _pattern(text)
            found = next((at for at, printed in enumerate(rest) if shown.search(printed)), None)
            if found is None:
                self._fail(Line(number, ()), self._printed, text)
            rest = rest[found + 1 :]

    def _start(self, block: Block) -> None:
        """Type what goes on in a terminal of its own, and wait for what the page shows of it, or for its first line."""
        for line in block.lines:
            terminal = self._open.enter_context(Terminal(self.folder, self.environment))
            self._own.append(terminal)
            terminal.look(10, PROMPT.search)
            begin = self._type(terminal, line)
            ready = terminal.look(self.pace.patience, lambda seen, at=begin: "Ready." in seen[at:])
            self._printed = terminal.seen[begin:]
            if not ready:
                self._fail(line, self._printed, "Ready.")

    def _at_desk(self) -> Terminal:
        """The terminal in which the page is typed."""
        if self._desk is None:
            self._desk = self._open.enter_context(Terminal(self.folder, self.environment))
            self._desk.look(10, PROMPT.search)
        return self._desk

    def _fail(self, line: Line, printed: str, expected: str) -> NoReturn:
        typed = "\n  ".join(line.typed) or "(the block before)"
        came = "\n  ".join(printed.splitlines())
        pytest.fail(
            f"{self.page.name}:{line.number}\ntyped:\n  {typed}\ncame:\n  {came}\nexpected:\n  {expected}", pytrace=False
        )


def _asks(printed: str) -> bool:
    last = printed.rpartition("\n")[2]
    return bool(last.strip()) and bool(_QUESTION.fullmatch(last))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _pattern(shown: str) -> re.Pattern[str]:
    """What a shown line looks like: ``…`` is anything."""
    return re.compile(".*".join(re.escape(part.strip()) for part in _flat(shown).split("…")))
