"""How a status begins: what is waited for, from whom, who may act next, and with which command."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.unit.cli.test_screens import NOW, RUN, begun, connection, printed
from unrack.cli.render.run import run_panel
from unrack.cli.render.run_document import run_document
from unrack.i18n import speaking
from unrack.model.assurance import Assurance
from unrack.model.authority import Access, GlassBroken
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus, Timing
from unrack.model.not_begun import NotBegun
from unrack.model.plan import Plan
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action
from unrack.model.state import GivenApproval, HoldOn, OpenTask, Parked, Reason, ReasonKind, RunReport, StepState
from unrack.model.statement import Refusal

CABLE = "handover.remove-cross-connect"
END = "request.schedule-termination"
SOON = NOW + timedelta(days=3)


def approvals(plan: Plan, report: RunReport) -> None:
    """One of two people approved."""
    report.state.phase = Phase.APPROVAL
    report.state.approvals = [GivenApproval(by=Actor(name="alice"), plan=plan.digest, at=NOW)]


def task(plan: Plan, report: RunReport) -> None:
    """A person is asked."""
    step = plan.step(CABLE)
    assert step.task is not None
    report.state.approvals = [GivenApproval(by=Actor(name=name), plan=plan.digest, at=NOW) for name in ("alice", "bob")]
    report.state.tasks[CABLE] = OpenTask(step=CABLE, title=step.title, since=NOW, deadline=SOON, form=step.task)


def parked(plan: Plan, report: RunReport) -> None:
    """A person said that it cannot be done."""
    task(plan, report)
    report.state.tasks.clear()
    problem = Problem(category=Category.CONFLICT, message="no LOA")
    report.state.steps[CABLE] = StepState(status=StepStatus.PARKED, rejected_by=(Actor(name="omar"),))
    report.state.parked[CABLE] = Parked(step=CABLE, reason=ParkReason.REJECTED, since=NOW, problem=problem)


def asked(plan: Plan, report: RunReport) -> None:
    """A call has no answer."""
    task(plan, report)
    report.state.tasks.clear()
    report.state.steps[END] = StepState(status=StepStatus.IN_DOUBT, asked_at=NOW, late_at=SOON)


def held(plan: Plan, report: RunReport) -> None:
    """A hold stands over a task."""
    task(plan, report)
    report.state.holds.append(HoldOn(by=Actor(name="dana"), reason="incident", since=NOW, id="h1"))


def grace(plan: Plan, report: RunReport) -> None:
    """Only time is waited for."""
    task(plan, report)
    report.state.tasks.clear()
    report.state.phase = Phase.GRACE


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (approvals, f"Waits for 1 approval by 1 person. Next: anybody but olivia, alice: unrack approve {RUN}"),
        (
            task,
            (
                f"Waits for the task {CABLE} by a person, until 2026-11-26 12:00 UTC (in 3 days). "
                f"Next: anybody: unrack tasks {RUN} {CABLE}"
            ),
        ),
        (
            parked,
            (
                f"Waits for a decision on {CABLE}, parked (rejected) by an operator. Next: anybody may retry it, "
                f"anybody but olivia, omar may leave it out: unrack resolve {RUN} {CABLE} retry --reason … "
                f"unrack resolve {RUN} {CABLE} skip --reason …"
            ),
        ),
        (
            asked,
            (
                f"Waits for the effect of {END} by ovhcloud, until 2026-11-26 12:00 UTC (in 3 days). "
                f"Next: the run reads it; whoever knows may say so: unrack resolve {RUN} {END} retry --reason …"
            ),
        ),
        (grace, "Waits for the end of grace by the calendar. Next: nobody has to act"),
    ],
)
def test_a_status_begins_with_what_is_waited_for(happens: Callable[[Plan, RunReport], None], said: str) -> None:
    """By whom, until when, and who may act next."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.HANDOVER)
    happens(plan, report)

    assert " ".join(printed(run_panel(report, plan, 400, NOW), 400).split()).startswith(said)


def test_a_status_says_first_that_nobody_verifies_who_decides() -> None:
    """On a real provider, where a worker was told to do without a policy; and that an emergency right was used."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.HANDOVER)
    bob = Actor(name="bob", assurance=Assurance.SIGNED)
    glass = GlassBroken(by=bob, action=Action.HOLD, decision="a" * 8, at=NOW)
    report.state.access = Access(allowed_stated=True).broken(glass)
    held(plan, report)
    text = " ".join(printed(run_panel(report, plan, 400, NOW), 400).split())

    assert text.startswith(
        "Nobody verifies who decides: a worker was told to run without a policy. "
        "An emergency right was used (1): last 'hold' by bob (signed), 2026-11-23 12:00 UTC"
    )


def test_a_status_says_first_that_a_run_did_not_begin_and_what_to_do() -> None:
    """The word and the reason, that nothing was touched, and what to do; of one that nobody judged, that."""
    plan = connection(Timing.END_OF_TERM)
    report, open_ = begun(plan, Phase.PREFLIGHT), begun(plan, Phase.PREFLIGHT)
    rules = PolicyRef(version=1, digest="sha256:" + "1" * 64)
    words = "eve has no right to 'launch' here"
    report.state.not_begun = NotBegun(why=Refusal.RIGHT_MISSING, words=words, policy=rules)
    report = report.model_copy(update={"outcome": Outcome.ABORTED})
    open_ = open_.model_copy(update={"not_admitted": True})
    text, unjudged = (" ".join(printed(run_panel(each, plan, 400, NOW), 400).split()) for each in (report, open_))

    assert text.startswith(
        f"Not begun: right-missing: {words} Nothing was touched. "
        f"What to do: `unrack policy who launch --run {RUN}` says who may"
    )
    assert unjudged.startswith("Not judged yet: no worker has said whether it may begin.")
    assert run_document(report, plan)["not_begun"] == {
        "why": "right-missing",
        "words": words,
        "policy": rules.model_dump(),
    }


def test_a_hold_comes_before_what_it_stops() -> None:
    """The task under it is nobody's turn."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.HANDOVER)
    held(plan, report)
    text = " ".join(printed(run_panel(report, plan, 400, NOW), 400).split())

    assert text.startswith("Held by dana")
    assert f"the hold h1 by dana. Next: anybody: unrack release {RUN} --reason … Run {RUN}" in text
    waits = run_document(report, plan, NOW)["waits_for"]
    assert isinstance(waits, list)
    assert len(waits) == 1


def test_a_run_that_ended_waits_for_nothing() -> None:
    """It says so first."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.VERIFY).model_copy(update={"outcome": Outcome.CLOSED})

    assert printed(run_panel(report, plan, 200, NOW), 200).startswith("Nothing is waited for: the run has ended.")
    assert run_document(report, plan, NOW)["waits_for"] == []


def test_what_is_merely_not_done_yet_is_a_count() -> None:
    """What else stands against the purge is said in words; the document has every step."""
    plan = connection(Timing.END_OF_TERM)
    steps = tuple(Reason(kind=ReasonKind.STEP, text=f"{step.id} is not done") for step in plan.steps)
    freeze = Reason(kind=ReasonKind.FREEZE, text="freeze 'Advent' until January")
    report = begun(plan, Phase.APPROVAL).model_copy(update={"purge_because": (freeze, *steps)})
    text = printed(run_panel(report, plan, 200, NOW), 200)

    assert "is not done" not in text
    assert f"• {len(steps)} steps before it are not done yet" in text
    assert "freeze 'Advent'" in text
    document = run_document(report, plan, NOW)
    assert (document["steps_to_come"], len(report.purge_because)) == (len(steps), len(steps) + 1)


def test_ticket_and_owner_stand_in_a_status() -> None:
    """As the request has them."""
    plan = connection(Timing.END_OF_TERM)
    request = plan.request.model_copy(update={"ticket": "CHG-4711", "owner": "Network team"})
    plan = plan.model_copy(update={"request": request})
    report = begun(plan, Phase.APPROVAL)
    text = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())

    assert "Ticket CHG-4711 Owner Network team" in text
    document = run_document(report, plan, NOW)
    assert (document["ticket"], document["owner"]) == ("CHG-4711", "Network team")


def test_a_status_begins_in_french() -> None:
    """With the same commands."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.HANDOVER)
    task(plan, report)
    with speaking("fr"):
        text = " ".join(printed(run_panel(report, plan, 400, NOW), 400).split())

    assert text.startswith(f"Attend la tâche {CABLE} (une personne), jusqu'au 26 novembre 2026 à 12:00 UTC")
    assert f"Ensuite : n'importe qui : unrack tasks {RUN} {CABLE}" in text
