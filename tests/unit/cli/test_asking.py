"""Questions at a real terminal: one Ctrl-C ends them, whatever waits for it and whichever thread gets it."""

import pytest

from tests.surfaces.terminal import python_at_a_terminal
from unrack.cli.questions import INTERRUPTED

HIDDEN = "typed('secret', hidden=True)"
ASKED = "confirm('Go on?', yes=False)"
PLAIN = """
import sys, typer
from unrack.cli.questions import confirm, typed
try:
    {question}
except typer.Exit as end:
    sys.exit(end.exit_code)
"""
IN_A_LOOP = """
import asyncio, sys, typer
from unrack.cli.questions import confirm, typed
async def ask():
    {question}
try:
    asyncio.run(ask())
except typer.Exit as end:
    sys.exit(end.exit_code)
"""
TO_ANOTHER_THREAD = """
import signal, sys, threading, typer
from unrack.cli.questions import confirm, typed
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
try:
    {question}
except typer.Exit as end:
    sys.exit(end.exit_code)
"""


@pytest.mark.parametrize("question", [ASKED, HIDDEN], ids=["question", "secret"])
@pytest.mark.parametrize(
    "script", [PLAIN, IN_A_LOOP, TO_ANOTHER_THREAD], ids=["plain", "in-a-loop", "to-another-thread"]
)
def test_one_interrupt_ends_a_question(script: str, question: str) -> None:
    """An event loop swallows the first one, and a thread of the client may get it in place of the one that waits."""
    with python_at_a_terminal("-c", script.format(question=question)) as terminal:
        terminal.sees("Go on?" if question == ASKED else "secret")
        terminal.interrupt()
        code = terminal.ends()

    assert code == INTERRUPTED
    assert "Nothing was sent." in terminal.seen
    assert "Traceback" not in terminal.seen


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_a_question_is_answered_by_a_person(typed: str, code: int) -> None:
    """Only a yes goes on; Enter alone is none."""
    with python_at_a_terminal("-c", IN_A_LOOP.format(question=ASKED)) as terminal:
        terminal.sees("[y/N]")
        terminal.type(typed)
        assert terminal.ends() == code


IN_FRENCH = """
import sys, typer
from unrack.cli.questions import confirm
from unrack.i18n import speak
speak('fr')
try:
    confirm('Approve this plan as {name}?', yes=False)
except typer.Exit as end:
    sys.exit(end.exit_code)
"""


@pytest.mark.parametrize(("typed", "code"), [("o", 0), ("OUI", 0), ("yes", 0), ("non", 1), ("", 1)])
def test_a_question_is_answered_in_french(typed: str, code: int) -> None:
    """With a word or a letter; an English answer is understood, too."""
    with python_at_a_terminal("-c", IN_FRENCH) as terminal:
        terminal.sees("[o/N]")
        terminal.type(typed)
        assert terminal.ends() == code


def test_what_is_no_answer_is_asked_again_in_french() -> None:
    """In the language of the question."""
    with python_at_a_terminal("-c", IN_FRENCH) as terminal:
        terminal.sees("[o/N]")
        terminal.type("peut-être")
        terminal.sees("Pas compris : répondez oui ou non.")
        terminal.type("non")
        assert terminal.ends() == 1
