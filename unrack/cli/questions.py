"""The one way in which a command asks a person before it acts.

A question is asked at a terminal only, on stderr, so that stdout stays what it is; ``--yes`` answers it beforehand.
What a pipe or a file holds is never taken for an answer: without a terminal and without ``--yes`` nothing is sent.
"""

import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, TextIO

import typer

from unrack.cli import screen
from unrack.cli.problems import ExitCode, invalid
from unrack.i18n import ENGLISH, say, spoken
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.model.visible import one_line

Yes = Annotated[bool, typer.Option("--yes", help="Answer the question with yes; needed without a terminal.")]

INTERRUPTED = 128 + signal.SIGINT
"""The exit code of a command that Ctrl-C ended, as shells count it."""

_YES = {ENGLISH: ("y", "yes"), "fr": ("o", "oui")}
_NO = {ENGLISH: ("n", "no"), "fr": ("n", "non")}
"""How people agree and disagree, by language: with one letter, or with the word."""

_LOOK_AGAIN = 0.2
"""Seconds after which a Ctrl-C is heard that did not end the wait for the keyboard by itself."""


def at_a_keyboard() -> bool:
    """Whether a person can be asked: they type at a terminal, and see the question there."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def refuse_unasked(*, yes: bool) -> None:
    """Refuse a command that would have to ask, where nobody can be asked and nobody said yes.

    Raises:
        UnrackError: it is so (``INVALID``); nothing was sent.
    """
    if not yes and not at_a_keyboard():
        raise unasked(msg("this command asks before it acts, and there is no terminal to ask at"), "--yes")


def unasked(message: str, option: str) -> UnrackError:
    """The problem that a question cannot be asked; `option` answers it beforehand."""
    return invalid(
        msg("{message}; nothing was sent", message=message),
        msg("look first, then add {option}, or run it in a terminal", option=option),
    )


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if a person agrees.

    Args:
        question: A whole question, in English.
        yes: They agreed beforehand.

    Raises:
        UnrackError: there is no terminal to ask at (``INVALID``).
        typer.Exit: they said no, or ended the question with Ctrl-C.
    """
    refuse_unasked(yes=yes)
    if yes:
        return
    with _one_interrupt_ends():
        agreed = _agrees(question)
    if not agreed:
        screen.aside().print(msg("Nothing was sent."))
        raise typer.Exit(ExitCode.WRONG)


def typed(request: str, *, hidden: bool = False) -> str:
    """Ask a person at the terminal and return the answer, trimmed. The caller made sure that there is one.

    Raises:
        typer.Exit: they ended the question with Ctrl-C.
    """
    with _one_interrupt_ends():
        return _answer(msg("{request}: ", request=request), hidden=hidden)


def _agrees(question: str) -> bool:
    """Ask until a yes or a no is typed; Enter alone is a no. An English answer is understood in every language."""
    yes, no = _YES.get(spoken(), _YES[ENGLISH]), _NO.get(spoken(), _NO[ENGLISH])
    asked = msg("{question} [{yes}/{no}]: ", question=question, yes=yes[0], no=no[0].upper())
    while True:
        answer = _answer(asked, default="").lower()
        if answer in (*yes, *_YES[ENGLISH]):
            return True
        if answer in ("", *no, *_NO[ENGLISH]):
            return False
        screen.aside().print(msg("Not understood: answer {yes} or {no}.", yes=yes[1], no=no[1]))


def _answer(asked: str, *, hidden: bool = False, default: str | None = None) -> str:
    shown = one_line(say(asked))
    answer = typer.prompt(shown, default, hide_input=hidden, prompt_suffix="", show_default=False, err=True)
    return str(answer).strip()


@contextmanager
def _one_interrupt_ends() -> Generator[None]:
    """Have the first Ctrl-C end a question."""
    try:
        with _hearing_interrupts():
            yield
    except (KeyboardInterrupt, typer.Abort):
        screen.aside().print(msg("\nNothing was sent."))
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _hearing_interrupts() -> Generator[None]:
    """Turn Ctrl-C into `KeyboardInterrupt` while the keyboard is waited for.

    An event loop takes it as a wish to cancel its task, which a task that waits for a keyboard never hears. One that
    another thread gets, or that comes just before the wait begins, does not end the wait: the alarm makes it look.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, _nothing)
    timer = signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN, _LOOK_AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        for number, handler in before.items():
            signal.signal(number, handler)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Handle a signal whose coming is all that it is for."""


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()
