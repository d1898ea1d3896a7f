"""Where a command prints: facts on stdout, problems and progress on stderr, one JSON document when asked.

Every console is made here and every text passes through here, so that what people and providers wrote is shown as they
wrote it: no markup, no pictures in place of ``:codes:``, and nothing that a terminal would obey.
"""

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, TextIO

from pydantic import BaseModel
from rich import markup
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from unrack.cli.json_text import json_text
from unrack.i18n import say, spoken
from unrack.i18n.dates import in_words
from unrack.model.errors import Problem
from unrack.model.message import Message, Verbatim, msg
from unrack.model.visible import one_line, visible

WIDTH_WITHOUT_TERMINAL = 120
"""Columns, for pipes and files, where neither a terminal nor COLUMNS tells the width."""

_width = ContextVar[int | None]("width", default=None)


class Spoken(Console):
    """A console that says every text in the language of the reader; what it does not know stays as it is."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - the base has thirty of them
        """See `Console`; codes as ``:cd:`` are what people wrote, such as a part of an address, and no pictures."""
        super().__init__(emoji=False, highlight=False, **how)

    def print(self, *objects: Any, **how: Any) -> None:  # noqa: ANN401 - as above
        """See `Console.print`. What is wider than the screen, such as a command, goes on in its next line, uncut."""
        how.setdefault("crop", False)
        super().print(*objects, **how)

    def render_str(self, text: str, **how: Any) -> Text:  # noqa: ANN401 - the base has eight of them
        """See `Console.render_str`."""
        return super().render_str(visible(say(text)), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """See `Console.render`. What was no string of ours, as a title of the library's, is made visible here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def escape(text: str) -> str:
    """A text for a line with markup, in the reader's language, on one line; it is said once, never looked up again.

    What somebody wrote stays as it was if it comes as `verbatim`: only so can a name be a word of ours.
    """
    return Verbatim(markup.escape(one_line(_said(text))))


def escape_lines(text: str) -> str:
    """Like `escape`, for what may have several lines."""
    return Verbatim(markup.escape(visible(_said(text))))


def _said(text: str) -> str:
    """`text` as it is read, with dates that stand in it as they are written in the reader's language."""
    return say(text) if isinstance(text, Message | Verbatim) else in_words(say(text), spoken())


def marked(text: str) -> Text:
    """`text` with its markup, for where it does not pass a console as a string: a title, a text to be wrapped."""
    return Text.from_markup(visible(say(text)), emoji=False)


def with_commands(text: str) -> Iterator[Text]:
    """The lines of `text`, which has markup. Those that are indented are typed: they stay in one piece."""
    for line in marked(text).split("\n", allow_blank=True):
        if line.plain.startswith("  "):
            line.no_wrap, line.overflow = True, "ignore"
        yield line


def print_within(columns: int) -> None:
    """From here on, in this task, print for so many columns where no terminal tells its width."""
    _width.set(columns)


def width_for(stream: TextIO) -> int | None:
    """How many columns `stream` has; None where its terminal tells. COLUMNS counts everywhere."""
    if (within := _width.get()) is not None:
        return within
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    return None if stream.isatty() else WIDTH_WITHOUT_TERMINAL


def facts() -> Console:
    """The console for facts (stdout). Colours only on a terminal, never with NO_COLOR."""
    return Spoken(width=width_for(sys.stdout))


def aside() -> Console:
    """The console for problems, progress and questions (stderr)."""
    return Spoken(stderr=True, width=width_for(sys.stderr), soft_wrap=True)


def before_asking(*, as_json: bool) -> Console:
    """The console for what a person reads before a question: stdout, or stderr where stdout is one JSON document."""
    if not as_json:
        return facts()
    return Spoken(stderr=True, width=width_for(sys.stderr))


def unheard() -> Console:
    """A console whose prints nobody sees, where stdout is one JSON document."""
    return Spoken(file=io.StringIO())


def print_document(content: Mapping[str, object] | Sequence[object] | BaseModel) -> None:
    """Print the one JSON document of a command on stdout."""
    sys.stdout.write(json_text(content) + "\n")
    sys.stdout.flush()


def print_problem(problem: Problem, code: int, *, as_json: bool) -> None:
    """Print a problem on stderr: what happened, what to do now, where it is recorded."""
    if as_json:
        sys.stderr.write(json_text({"problem": problem.model_dump(mode="json"), "exit_code": code}) + "\n")
        return
    console = aside()
    console.print(msg("[bold red]Error:[/] {message}", message=escape_lines(problem.message)))
    for right in problem.missing_rights:
        console.print(msg("  missing right: {right}", right=escape(right)))
    if problem.suggestion:
        console.print(msg("[bold]What to do:[/] {suggestion}", suggestion=escape_lines(problem.suggestion)))
    if problem.reference:
        console.print(msg("[dim]Recorded at: {reference}[/]", reference=escape(problem.reference)))
