"""What is typed or compared is whole at 80 columns: commands, fingerprints, digests. COLUMNS counts in a pipe."""

import io
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from typer.testing import CliRunner

from tests.unit.cli.test_first_lines import approvals, asked, grace, held, parked, task
from tests.unit.cli.test_names_whole import PLANS, report
from tests.unit.cli.test_screens import NOW, begun, connection
from tests.unit.i18n.test_verbatim import whole_policy
from unrack.cli import screen
from unrack.cli.app import app
from unrack.cli.installation_holds import reached_line
from unrack.cli.render.plan import show_differences, show_plan
from unrack.cli.render.policy import show_policy
from unrack.cli.render.run import live_panel, show_run
from unrack.cli.screen import Spoken
from unrack.i18n import also_saying, speaking
from unrack.model.authority import Access
from unrack.model.lifecycle import Phase, Timing
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import Difference, RunReport
from unrack.operations.awaiting import awaited
from unrack.policy.load import parse_policy
from unrack.temporal.spreading import Spread

LANGUAGES = pytest.mark.parametrize("language", ["en", "fr"])
Happens = Callable[[Plan, RunReport], None]
HAPPENS: tuple[Happens, ...] = (approvals, task, parked, asked, held, grace)


@LANGUAGES
@pytest.mark.parametrize("happens", HAPPENS, ids=lambda happens: getattr(happens, "__name__", ""))
@pytest.mark.parametrize("stated", [True, False], ids=["stated", "ruled"])
def test_a_status_gives_each_command_in_one_piece(happens: Happens, language: str, stated: bool) -> None:
    """On a line of its own, which a terminal may wrap and a person copies whole."""
    plan = connection(Timing.END_OF_TERM)
    told, out = begun(plan, Phase.HANDOVER), StringIO()
    happens(plan, told)
    told.state.access = Access(stated=stated)
    with speaking(language), also_saying(plan.translations):
        show_run(Spoken(file=out, width=80), told, plan)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    commands = [command for each in awaited(told, plan, NOW) for command in each.commands]

    assert [command for command in commands if command not in lines] == []
    assert [line for line in lines if line.endswith(("unrack status", "unrack resolve", "unrack approve"))] == []


@pytest.mark.parametrize("happens", HAPPENS, ids=lambda happens: getattr(happens, "__name__", ""))
def test_what_is_watched_stays_within_the_screen(happens: Happens) -> None:
    """It is drawn over itself, again and again: nothing may run over, and nothing is cut off."""
    plan = connection(Timing.END_OF_TERM)
    told, out = begun(plan, Phase.HANDOVER), StringIO()
    happens(plan, told)
    Spoken(file=out, width=80).print(live_panel(told, plan, 80, NOW))

    assert max(map(len, out.getvalue().splitlines())) <= 80
    commands = [command for each in awaited(told, plan, NOW) for command in each.commands]
    assert [each for each in commands if each not in " ".join(out.getvalue().split())] == []


def test_where_a_policy_rules_a_status_says_who_may() -> None:
    """By the right, and with the command that names the people; what wants a reason is shown with one."""
    plan = connection(Timing.END_OF_TERM)
    told = begun(plan, Phase.HANDOVER)
    approvals(plan, told)
    told.state.access = Access(stated=False)
    (first,) = awaited(told, plan, NOW)

    assert first.may == "anybody with the right 'approve' but olivia, alice"
    assert first.commands == (f"unrack approve {told.run}", f"unrack policy who approve --run {told.run}")
    held(plan, told)
    assert awaited(told, plan, NOW)[0].commands[0] == f"unrack release {told.run} --reason …"


@LANGUAGES
def test_a_policy_shows_whole_fingerprints(language: str) -> None:
    """They are compared by eye with what ssh-keygen prints."""
    policy, out = parse_policy(whole_policy("margaret.hamilton@example.org")), StringIO()
    with speaking(language):
        show_policy(Spoken(file=out, width=80), policy)
    words = out.getvalue().split()

    assert policy.digest in words
    assert [key.fingerprint for person in policy.people for key in person.keys if key.fingerprint not in words] == []


@LANGUAGES
def test_a_plan_cuts_no_word_of_who_does_a_step(language: str) -> None:
    """``automatique, une fois`` is longer than ``automatic, once``."""
    out = StringIO()
    with speaking(language):
        for plan in PLANS:
            show_plan(Spoken(file=out, width=80), plan)
            show_run(Spoken(file=out, width=80), report(plan), plan)

    assert [line for line in out.getvalue().splitlines() if "matique…" in line or "matiqu…" in line] == []


@pytest.mark.parametrize(
    ("columns", "width"),
    [("80", 80), ("200", 200), ("", screen.WIDTH_WITHOUT_TERMINAL), ("0", screen.WIDTH_WITHOUT_TERMINAL), ("x", 120)],
)
def test_a_pipe_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    """Facts and problems alike; without it, as wide as ever."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    assert screen.facts().width == width
    assert screen.aside().width == width
    assert screen.before_asking(as_json=True).width == width


@LANGUAGES
def test_facts_that_differ_are_shown_whole(language: str) -> None:
    """An approver compares ids and dates; on a narrow screen they stand below the field."""
    before, after, out = "2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10", "ovh-eu-production-2f0c9a1e-6b1d-4c55-9a37", StringIO()
    with speaking(language):
        found = Difference(field="details.attached-configuration", before=before, after=after, expected=True)
        show_differences(Spoken(file=out, width=80), (found,), msg("In the plan"), msg("Now"))
    words = out.getvalue().split()

    assert [name for name in (before, after, found.field) if name not in words] == []


@pytest.mark.parametrize("width", ["80", "60"])
def test_help_lists_no_broken_actions(width: str) -> None:
    """There are too many to stand in a table: one that is not known is answered with the nearest."""
    runner = CliRunner(env={"COLUMNS": width, "LC_ALL": "C", "UNRACK_LANG": ""})
    shown = runner.invoke(app, ["policy", "who", "--help"]).stdout

    assert "override-fre" not in shown
    assert "ACTION" in shown
    typed = runner.invoke(app, ["policy", "who", "aprove"])
    assert (typed.exit_code, "Did you mean 'approve'?" in typed.stderr) == (2, True)


def test_the_line_that_moves_is_in_french() -> None:
    """No console says it: it is drawn by a spinner."""
    with speaking("fr"):
        assert reached_line("a1", Spread()) == "a1 : 0 atteintes, 0 confirmées"
