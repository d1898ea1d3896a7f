"""What a status and lists say of holds, consent and moves of grace, and in which order."""

from datetime import datetime, timedelta
from io import StringIO

import pytest

from tests.unit.cli.test_screens import NOW, RUN, SERVICE, begun, connection, printed
from unrack.cli.render.run import live_panel, run_panel
from unrack.cli.render.run_document import run_document
from unrack.cli.render.tables import TaskTable
from unrack.cli.render.tasks import TaskPages
from unrack.cli.screen import Spoken
from unrack.i18n import speaking
from unrack.model.decision import Actor, HoldScope
from unrack.model.lifecycle import Phase, Timing
from unrack.model.state import Extension, GivenApproval, HoldOn, OpenTask, RunReport, VoidedApproval
from unrack.operations.listing import WaitingTask


def held(report: RunReport, **changes: object) -> RunReport:
    """The run, held by dana."""
    hold = HoldOn(by=Actor(name="dana"), reason="incident", since=NOW, id="h1")
    report.state.holds.append(hold.model_copy(update=changes))
    return report


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "dana (stated, not verified) since 2026-11-23 12:00 UTC: incident (h1); nothing changes the service",
        ),
        ({"scope": HoldScope.PURGE}, "incident (h1); nothing is purged"),
        ({"until": NOW + timedelta(days=1)}, "12:00 UTC, until 2026-11-24 12:00 UTC: incident (h1)"),
        ({"from_all": "a1"}, "incident (a1, of the whole installation)"),
    ],
)
def test_a_hold_is_said_first(changes: dict[str, object], said: str) -> None:
    """Before the run's own name: whoever looks must not act."""
    report = held(begun(connection(Timing.END_OF_TERM), Phase.HANDOVER), **changes)
    text = " ".join(printed(run_panel(report, connection(Timing.END_OF_TERM), 200, NOW), 200).split())

    assert text.startswith("Held by dana")
    assert said in text


def test_a_hold_that_is_over_is_not_said() -> None:
    """Its own end has come by the provider's clock."""
    report = held(begun(connection(Timing.END_OF_TERM), Phase.HANDOVER), until=NOW - timedelta(seconds=1))

    assert "Held" not in printed(run_panel(report, connection(Timing.END_OF_TERM), 200, NOW), 200)
    assert run_document(report, connection(Timing.END_OF_TERM), NOW)["holds"] == []


def test_what_is_being_stopped_is_said_first() -> None:
    """With what may still happen; the document and the watch have it, too."""
    plan = connection(Timing.END_OF_TERM)
    report = held(begun(plan, Phase.DETACH))
    report.state.stopping = "detach.remove-pops"

    for panel in (run_panel(report, plan, 200, NOW), live_panel(report, plan, 200, NOW)):
        assert "stopping: detach.remove-pops, at most the one request" in " ".join(printed(panel, 200).split())
    assert run_document(report, plan, NOW)["stopping"] == "detach.remove-pops"


def test_what_brings_the_service_back_may_be_done_under_a_hold() -> None:
    """An undo is no step that a hold stops: only the forward task is not to be done."""
    plan = connection(Timing.END_OF_TERM)
    report, step = held(begun(plan, Phase.HANDOVER)), plan.step("handover.remove-cross-connect")
    assert step.task is not None
    for key in (step.id, f"undo.{step.id}", "preflight.attest-moved"):
        report.state.tasks[key] = OpenTask(step=key, title=step.title, since=NOW, deadline=NOW, form=step.task)

    text = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())

    assert f"held: do not act {step.id}" in text
    assert text.count("held: do not act") == 1


def test_lists_say_what_is_held() -> None:
    """By the holds' ids; a task that brings the service back is to be done."""
    plan = connection(Timing.END_OF_TERM)
    step = plan.step("handover.remove-cross-connect")
    assert step.task is not None
    task = OpenTask(step=step.id, title=step.title, since=NOW, deadline=NOW, form=step.task)
    waiting = WaitingTask(run=RUN, service=SERVICE, rehearsal=False, held=("h1",), task=task)
    for kind in (TaskPages, TaskTable):
        out = StringIO()
        printer = kind(Spoken(file=out, width=80))
        printer.add(waiting)
        printer.end()

        assert "held: do not act (h1)" in out.getvalue()


def test_consent_is_said_with_what_no_longer_counts() -> None:
    """Revision, who approved, whose approval was voided and why, and how many are missing."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.GRACE)
    state = report.state
    alice, bob = (GivenApproval(by=Actor(name=name), plan=plan.digest, at=NOW) for name in ("alice", "bob"))
    state.revision, state.approvals = 3, [bob]
    state.voided = [VoidedApproval(approval=alice, at=NOW, why="omar amended the date")]

    text = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())

    assert "Consent revision 3, approved by bob (stated, not verified)" in text
    assert "Voided alice (stated, not verified) at 2026-11-23 12:00 UTC: omar amended the date" in text
    assert "Waits for approval: bob (stated, not verified) approved; 1 more needed, not from olivia" in text
    consent = run_document(report, plan, NOW)["consent"]
    assert isinstance(consent, dict)
    assert (consent["revision"], consent["missing"], len(consent["voided"])) == (3, 1, 1)


@pytest.mark.parametrize(
    ("people", "at", "said"),
    [
        (("omar",), None, "To be taken back e1 by omar (stated, not verified), and by somebody else"),
        (("omar", "zoe"), NOW, "Taken back e1 by omar (stated, not verified), zoe (stated, not verified) at 2026"),
    ],
)
def test_an_extension_that_goes_back_says_by_whom(people: tuple[str, ...], at: datetime | None, said: str) -> None:
    """Somebody else's is taken back by two; until then it counts."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.GRACE)
    move = Extension(
        id="e1",
        by=Actor(name="root"),
        span=timedelta(days=5),
        reason="late",
        at=NOW,
        to=NOW,
        asked=NOW,
        runbook=NOW,
        withdrawn_by=tuple(Actor(name=name) for name in people),
        withdrawn_at=at,
    )
    report.state.grace.extensions.append(move)

    text = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())

    assert "Moved 5 days later by root (stated, not verified) at 2026-11-23 12:00 UTC: late (e1)" in text
    assert said in text


def test_holds_and_consent_are_said_in_french() -> None:
    """Every part of the line, and the rows below."""
    plan = connection(Timing.END_OF_TERM)
    report = held(begun(plan, Phase.GRACE), until=NOW + timedelta(days=1))
    report.state.revision = 2

    with speaking("fr"):
        text = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())

    assert text.startswith("Suspendu par dana (déclaré, non vérifié) depuis le 23 novembre 2026 à 12:00 UTC, jusqu'au")
    assert "incident (h1) ; rien ne modifie le service" in text
    assert "Consentement révision 2, approuvée par personne" in text
