"""Questions of commands: asked at a terminal, answered by a person or beforehand, never by what a pipe holds."""

import json

import pytest

from tests.surfaces.installation import Bench
from tests.surfaces.terminal import at_a_terminal
from tests.surfaces.test_decisions import answered, in_approval
from unrack.cli.questions import INTERRUPTED


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that waits for approvals; tests that use it leave it there."""
    return in_approval(desk)


ASKING = (
    ("approve",),
    ("reactivate", "--reason", "still needed"),
    ("extend", "--by", "7d", "--reason", "late"),
    ("amend", "preflight.attest-moved", "--field", "network-checked-by=Noor", "--reason", "a slip"),
)
"""Commands that ask: they approve, roll a run back, bill another term, or replace a record."""


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
@pytest.mark.parametrize("stdin", [None, "n\n", "y\n", "yes\n" * 5])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["plain", "json"])
def test_without_a_terminal_nothing_is_sent_unless_somebody_said_yes(
    desk: Bench, run: str, words: tuple[str, ...], stdin: str | None, more: tuple[str, ...]
) -> None:
    """``echo n |`` and ``echo y |`` alike: exit code 2, what to add, and the run records nothing."""
    before = answered(desk.report(run))
    name, *options = words

    result = desk.type(name, run, *options, "--as", "alice", *more, text=stdin)

    assert result.exit_code == 2, result.output
    assert "nothing was sent" in result.stderr
    assert "--yes" in result.stderr
    assert answered(desk.report(run)) == before


def test_a_launch_without_a_terminal_wants_its_confirmation(desk: Bench) -> None:
    """`--confirm` suffices; the service id in a pipe does not."""
    path = desk.request()
    desk.ask("plan", path)

    piped = desk.type("launch", path, text=f"{path.stem}\n")

    assert piped.exit_code == 2
    assert f"--confirm {path.stem}" in piped.stderr
    assert desk.type("status", f"ovhcloud-connect-direct/{path.stem}").exit_code == 5
    assert desk.type("launch", path, "--confirm", path.stem).exit_code == 0


def test_a_person_at_a_terminal_is_asked_and_may_say_no(desk: Bench, run: str) -> None:
    """The question stands on stderr, where the plan and what changed were shown before; nothing is sent."""
    before = answered(desk.report(run))
    with at_a_terminal("approve", run, "--as", "alice", home=desk.home) as terminal:
        terminal.sees("Approve this plan as alice? [y/N]")
        terminal.type("n")
        code, printed = terminal.ends(), terminal.printed()

    assert code == 1
    assert "Nothing was sent." in terminal.seen
    assert "Consent revision 1" in printed
    assert answered(desk.report(run)) == before


def test_with_json_a_person_is_asked_and_shown_all_on_stderr(desk: Bench) -> None:
    """Stdout has the one document, with what was shown."""
    run = in_approval(desk)
    with at_a_terminal("approve", run, "--as", "alice", "--json", home=desk.home) as terminal:
        terminal.sees("Approve this plan as alice? [y/N]")
        terminal.type("y")
        code, printed = terminal.ends(), terminal.printed()

    assert code == 0, terminal.seen
    assert "Consent revision 1" in terminal.seen
    document = json.loads(printed)
    assert document["answer"]["verdict"] == "accepted"
    assert document["decision"]["revision"] == document["shown"]["revision"] == 1
    assert [approval.by.name for approval in desk.report(run).state.approvals] == ["alice"]


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_one_interrupt_ends_a_question(desk: Bench, run: str, words: tuple[str, ...]) -> None:
    """One Ctrl-C: the command ends at once, and nothing is sent."""
    before = answered(desk.report(run))
    name, *options = words
    with at_a_terminal(name, run, *options, "--as", "alice", home=desk.home) as terminal:
        terminal.sees("[y/N]")
        terminal.interrupt()
        code = terminal.ends()

    assert code == INTERRUPTED
    assert "Nothing was sent." in terminal.seen
    assert "Traceback" not in terminal.seen
    assert answered(desk.report(run)) == before


def test_one_interrupt_ends_the_question_of_a_launch(desk: Bench) -> None:
    """And no run is there."""
    path = desk.request()
    desk.ask("plan", path)
    with at_a_terminal("launch", str(path), home=desk.home) as terminal:
        terminal.sees("Type the service id to go on")
        terminal.interrupt()
        code = terminal.ends()

    assert code == INTERRUPTED
    assert desk.type("status", f"ovhcloud-connect-direct/{path.stem}").exit_code == 5


def test_one_interrupt_ends_the_question_for_a_secret(desk: Bench) -> None:
    """What was typed is not kept."""
    with at_a_terminal("handover", home=desk.home) as terminal:
        terminal.sees("secret")
        terminal.interrupt()
        code = terminal.ends()

    assert code == INTERRUPTED
    assert "Traceback" not in terminal.seen
