"""What people wrote is data: it is read in French as they wrote it, also where it happens to be a word of ours."""

from collections.abc import Callable
from io import StringIO

import pytest

from tests.unit.cli.test_first_lines import approvals, held, parked
from tests.unit.cli.test_names_whole import PLANS, listed, tasks
from tests.unit.cli.test_screens import NOW, begun, connection
from unrack.audit.decided import Decided
from unrack.cli.render.decided import decided_lines
from unrack.cli.render.plan import show_plan
from unrack.cli.render.policy import show_policy
from unrack.cli.render.run import run_panel
from unrack.cli.render.tables import RunTable, TaskTable
from unrack.cli.render.who import Asked, show_who
from unrack.cli.screen import Spoken, escape
from unrack.cli.watch import journal_line
from unrack.i18n import say, speaking
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor, Verdict
from unrack.model.lifecycle import Phase, Timing
from unrack.model.message import joined, msg, verbatim
from unrack.model.rights import Action
from unrack.model.state import JournalEntry
from unrack.operations.who_may import who_may
from unrack.policy.load import parse_policy

WORD = "unused"
"""A word that the program says, too: in French it is ``inutilisé``."""
OURS = "inutilisé"

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhzz0mMEdhVYZpbzQqEZCpKSEOvSyHPfSSMiCyqqLeH"
POLICY = f"""
version: 1
installation: {WORD}
people:
  - principal: {WORD}
    names: [{WORD} two]
    keys: [{{key: "{KEY}"}}]
groups:
  {WORD}: [{WORD}]
grants:
  - groups: [{WORD}]
    actions: [all]
duties: {{launcher: false}}
quorums:
  - of: {{{WORD}: 1}}
"""


def whole_policy(principal: str = WORD) -> str:
    """A policy whose every name is a word of the program."""
    policy = POLICY.replace("[all]", f"[{', '.join(Action)}]")
    return policy.replace(f"principal: {WORD}", f"principal: {principal}").replace(
        f"[{WORD}]\ngr", f"[{principal}]\ngr"
    )


def of_policy(console: Spoken) -> None:
    """`policy show`."""
    show_policy(console, parse_policy(whole_policy()))


def of_who(console: Spoken) -> None:
    """`policy who`."""
    policy = parse_policy(whole_policy())
    show_who(console, Asked(policy, Action.APPROVE, None, who_may(policy, Action.APPROVE, None, NOW)))


def of_decisions(console: Spoken) -> None:
    """`decisions`."""
    found = Decided(n=1, kind="approve", by=WORD, assurance=Assurance.SIGNED, verdict=Verdict.ACCEPTED, at=NOW)
    for line in decided_lines(found):
        console.print(line)


def of_status(console: Spoken) -> None:
    """`status`, with somebody of that name who launched, approved, holds and rejected."""
    plan = connection(Timing.END_OF_TERM)
    told = {"reason": WORD, "ticket": WORD, "owner": WORD}
    plan = plan.model_copy(update={"request": plan.request.model_copy(update=told)})
    for happens in (approvals, held, parked):
        report = begun(plan, Phase.HANDOVER)
        happens(plan, report)
        by = Actor(name=WORD)
        report.state.launched_by = by
        report.state.holds = [each.model_copy(update={"by": by, "reason": WORD}) for each in report.state.holds]
        report.state.approvals = [each.model_copy(update={"by": by}) for each in report.state.approvals]
        console.print(run_panel(report, plan, 400, NOW))


def of_plan(console: Spoken) -> None:
    """`plan` and `approve`."""
    plan = connection(Timing.END_OF_TERM)
    told = {"reason": WORD, "ticket": WORD, "owner": WORD}
    facts = plan.facts.model_copy(update={"title": WORD, "owner": WORD, "caller": WORD})
    request = plan.request.model_copy(update=told)
    show_plan(console, plan.model_copy(update={"request": request, "facts": facts}))


def of_lists(console: Spoken) -> None:
    """`list` and `tasks`."""
    runs, waiting = RunTable(console), TaskTable(console)
    view = listed(PLANS[0], "approval")
    assert view.view is not None
    told = {"title": WORD, "owner": WORD, "ticket": WORD}
    runs.add(view.model_copy(update={"view": view.view.model_copy(update=told)}))
    runs.end()
    for each in tasks(PLANS[0]):
        waiting.add(each.model_copy(update={"owner": WORD, "ticket": WORD}))
    waiting.end()


def of_journal(console: Spoken) -> None:
    """`watch` in a pipe."""
    console.print(
        journal_line(JournalEntry(at=NOW, what=msg("{name} waits", name=verbatim(WORD)), by=Actor(name=WORD)))
    )


SHOWN = (of_policy, of_who, of_decisions, of_status, of_plan, of_lists, of_journal)


@pytest.mark.parametrize("show", SHOWN, ids=lambda show: getattr(show, "__name__", ""))
def test_no_screen_translates_data(show: Callable[[Spoken], None]) -> None:
    """Names, groups, reasons, tickets, owners and titles, in every cell and sentence."""
    out = StringIO()
    with speaking("fr"):
        assert say(WORD) == OURS
        show(Spoken(file=out, width=400))

    assert WORD in out.getvalue()
    assert OURS not in out.getvalue()


def test_a_verbatim_text_stays_one_inside_other_texts() -> None:
    """Alone, in a list, in a sentence, in a sentence of a sentence, and after it was made fit for a screen."""
    name = verbatim(WORD)
    with speaking("fr"):
        assert say(name) == WORD
        assert say(joined(", ", [name, name])) == f"{WORD}, {WORD}"
        assert say(joined("", [name])) == WORD
        assert say(msg("{a}: {b}", a=msg("{name}", name=name), b=escape(name))) == f"{WORD} : {WORD}"


def test_what_was_said_is_not_said_again() -> None:
    """A text that `escape` put into French is no English text that could be looked up."""
    with speaking("fr"):
        assert say(msg("{text}", text=escape("[b]2026-03-01"))) == "\\[b]1er mars 2026"
        assert say(msg("{text}", text=escape(verbatim("2026-03-01")))) == "2026-03-01"


def test_a_colon_is_spaced_as_french_has_it() -> None:
    """Also between two texts that stand in markup, which is no word to translate."""
    with speaking("fr"):
        assert say(msg("[bold]{name}[/]: {text}", name="a", text="b")) == "[bold]a[/] : b"
