"""Lists and statuses on narrow and wide screens: what is copied from them is never broken, and dates have a zone."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import RenderableType

from unrack.cli.render.plan import show_plan
from unrack.cli.render.run import live_panel, run_panel
from unrack.cli.render.tables import RunTable
from unrack.cli.render.tasks import TaskPages
from unrack.cli.screen import Spoken
from unrack.i18n import speaking
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus, Timing
from unrack.model.message import joined, msg
from unrack.model.plan import Plan
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import (
    Extension,
    OpenTask,
    Parked,
    Reason,
    ReasonKind,
    Rollback,
    RunReport,
    RunState,
    RunView,
    StepState,
)
from unrack.operations.listing import Listed, WaitingTask
from unrack.runbook import compile_plan, load_request, load_runbook

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SERVICE = "2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10"
RUN = f"ovhcloud-connect-direct/{SERVICE}"
WIDTHS = pytest.mark.parametrize("width", [80, 120])
LONG_ID = "handover.remove-cross-connect-of-port-2"
KEPT = EvidenceRef(
    type="removal-confirmation",
    sha256="ab" * 32,
    size=2148,
    media_type="application/json",
    name="planned-end.json",
    taken_at=NOW,
    source="provider:whc.capture",
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan whose facts are stated."""
    request = load_request(ROOT / "examples" / "whc-domain.yaml").request
    runbook = load_runbook(ROOT / "runbooks" / f"{request.runbook}.yaml")
    service = ServiceRef(provider=runbook.model.provider, product=runbook.model.product, service=request.service.id)
    assert request.stated is not None
    return compile_plan(runbook, request, request.stated.facts(service, ProviderClock(read_at=NOW, shown=NOW)))


@pytest.fixture
def report(plan: Plan) -> RunReport:
    """A run in grace: every planned step is over, and one with a long name has a proof."""
    clock = ProviderClock(read_at=NOW, shown=NOW)
    state = RunState(plan_digest=plan.digest, launched_by=Actor(name="olivia"), launched_at=NOW, clock=clock)
    state.phase = Phase.GRACE
    over = StepState(status=StepStatus.DONE, ended_at=NOW, note="ends 2026-12-26T13:07:22.5+00:00", evidence=(KEPT,))
    state.steps = dict.fromkeys((*(step.id for step in plan.steps), LONG_ID), over)
    return RunReport(run=RUN, plan_digest=plan.digest, outcome=None, state=state)


def printed(what: RenderableType, width: int) -> str:
    """What stands on a screen of `width` columns."""
    out = StringIO()
    Spoken(file=out, width=width).print(what)
    return out.getvalue()


def connection(timing: Timing) -> Plan:
    """The plan for a connection of the shipped runbook that OVHcloud could end both ways."""
    name = "ovhcloud-connect-direct" + ("-immediate" if timing is Timing.IMMEDIATE else "")
    request = load_request(ROOT / "examples" / f"{name}.yaml").request
    facts = ServiceFacts(
        service=ServiceRef(provider="ovhcloud", product="connect-direct", service=SERVICE),
        title="Connect 1, Paris",
        state="active",
        active=True,
        billing_state="ok",
        owner="ab12345-ovh",
        caller="ab12345-ovh",
        expires_at=NOW + timedelta(days=30),
        renewal_period="P1M",
        renews_automatically=True,
        timings=(Timing.END_OF_TERM, Timing.IMMEDIATE),
        configuration_digest="sha256:0",
        clock=ProviderClock(read_at=NOW, shown=NOW),
    )
    return compile_plan(load_runbook(ROOT / "runbooks" / "ovhcloud-connect-direct.yaml"), request, facts)


def begun(plan: Plan, phase: Phase) -> RunReport:
    """A run of `plan` in `phase`."""
    clock = ProviderClock(read_at=NOW, shown=NOW)
    state = RunState(plan_digest=plan.digest, launched_by=Actor(name="olivia"), launched_at=NOW, clock=clock)
    state.phase = phase
    return RunReport(run=RUN, plan_digest=plan.digest, outcome=None, state=state)


@WIDTHS
def test_a_status_breaks_no_name_and_says_dates_with_their_zone(plan: Plan, report: RunReport, width: int) -> None:
    """Also where a provider's note has the date as its API writes it."""
    text = printed(run_panel(report, plan, width, NOW), width)

    assert [step for step in report.state.steps if step not in text] == []
    assert text.count(LONG_ID) == 2  # as a step, and as what kept a proof
    assert "removal-confirmation" in text
    assert f"{KEPT.sha256[:16]}…" in text
    assert "2026-11-23 12:00 UTC" in text
    assert "2026-12-26 13:07:22 UTC" in " ".join(text.split())
    assert "T13:07" not in text


@WIDTHS
def test_what_is_watched_fits_a_small_terminal(plan: Plan, report: RunReport, width: int) -> None:
    """Steps of other phases are counted, not shown: what the run waits for must not fall off the screen."""
    text = printed(live_panel(report, plan, width, NOW), width)

    assert "Purge not before" in text
    assert f"{len(report.state.steps)} of {len(report.state.steps)} steps are over" in text
    assert len(text.splitlines()) <= 24


def test_what_goes_on_is_watched_whatever_the_phase(plan: Plan, report: RunReport) -> None:
    """A step that is parked in an earlier phase, or taken back, stands there."""
    report.state.steps[LONG_ID] = StepState(status=StepStatus.UNDOING)

    assert LONG_ID in printed(live_panel(report, plan, 80, NOW), 80)


@WIDTHS
def test_a_list_breaks_neither_the_service_nor_what_it_waits_for(width: int) -> None:
    """The service's id alone names the run in every command."""
    view = RunView(
        service=SERVICE,
        provider="ovhcloud",
        product="connect-direct",
        title="Connect 1, Paris",
        phase=Phase.HANDOVER,
        timing="end-of-term",
        waiting_for=("task:handover.remove-cross-connect",),
        due=NOW,
        rehearsal=True,
    )
    out = StringIO()
    table = RunTable(Spoken(file=out, width=width))
    table.add(Listed(run=RUN, run_id="r1", open=True, started_at=NOW, view=view))
    table.end()

    wanted = (SERVICE, "Connect 1, Paris", "(rehearsal)", "handover", *view.waiting_for, "2026-11-23 12:00 UTC")
    assert [word for word in wanted if word not in out.getvalue()] == []


def test_a_run_on_its_way_back_is_not_said_to_purge() -> None:
    """Its end is scheduled no more, nothing is purged, and each step that undoes one says what it does."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.GRACE)
    state = report.state
    state.effective_at = NOW + timedelta(days=30)
    state.rollback = Rollback(to=Outcome.REACTIVATED, by=Actor(name="root"), reason="still needed", at=NOW)
    state.steps["request.schedule-termination"] = StepState(status=StepStatus.UNDONE, note="the end is planned")
    state.scheduled = True
    state.steps["undo.handover.remove-cross-connect"] = StepState(status=StepStatus.WAITING)
    state.steps["undo.compare"] = StepState(status=StepStatus.DONE, ended_at=NOW)
    because = (Reason(kind=ReasonKind.GRACE, text="grace ends later"),)
    late = report.model_copy(update={"purge_not_before": NOW + timedelta(days=28), "purge_because": because})

    text = " ".join(printed(run_panel(late, plan, 200, NOW), 200).split())

    assert "Purge not before" not in text
    assert "grace ends later" not in text
    assert "The run is rolled back; nothing is purged." in text
    assert "Phase grace, rolled back: it ends reactivated" in text
    assert "Effective the provider has no end scheduled" in text
    assert "undo.handover.remove-cross-connect waiting Put the cross-connect back" in text
    assert "undo.compare done Compare the configuration with the captured one, field by field" in text


def test_a_refused_secret_is_said_to_be_asked_for_again() -> None:
    """The provider's advice not to retry unchanged must not keep anybody from handing over the right one."""
    plan = connection(Timing.IMMEDIATE)
    report = begun(plan, Phase.PURGE)
    step = "purge.confirm-termination"
    problem = Problem(category=Category.INVALID, message="HTTP 400, Invalid token")
    report.state.parked[step] = Parked(step=step, reason=ParkReason.REFUSED, since=NOW, problem=problem)
    other = "purge.check-unchanged"
    report.state.parked[other] = Parked(step=other, reason=ParkReason.REFUSED, since=NOW, problem=problem)

    text = " ".join(printed(run_panel(report, plan, 120, NOW), 120).split())

    assert f"{step} retry --reason … # asks for another secret first: purge.enter-token" in text
    assert text.count("asks for another secret") == 1


def test_reasons_stand_below_their_beginning(plan: Plan, report: RunReport) -> None:
    """On a narrow screen the second line of a reason is not taken for another reason."""
    because = (Reason(kind=ReasonKind.STEP, text="one two three four five six " * 4),)
    text = printed(run_panel(report.model_copy(update={"purge_because": because}), plan, 80, NOW), 80)

    first, second = [line for line in text.splitlines() if "five six" in line][:2]
    assert first.startswith("  • one")
    assert second.startswith("    ")


def test_instructions_are_broken_where_the_screen_ends() -> None:
    """Not where the runbook's lines end as well; what a person is to read first has its command."""
    plan = connection(Timing.END_OF_TERM)
    step = plan.step("handover.remove-cross-connect")
    assert step.task is not None
    task = OpenTask(step=step.id, title=step.title, since=NOW, deadline=NOW, form=step.task)
    out = StringIO()
    pages = TaskPages(Spoken(file=out, width=80))
    pages.add(WaitingTask(run=RUN, service=SERVICE, rehearsal=True, task=task))
    pages.end()
    lines = [line.rstrip() for line in out.getvalue().splitlines()]

    first = lines.index("  1. Open the letter of authority (LOA) shown with this task. It names the site,")
    assert lines[first + 1] == "     the rack, the patch panel and the port of the cable."
    assert [line for line in lines if len(line) > 80 and "unrack " not in line] == []
    assert f"  unrack evidence get {RUN} loa    # read this first" in lines


@pytest.mark.parametrize("timing", [Timing.END_OF_TERM, Timing.IMMEDIATE])
def test_a_plan_breaks_no_name(timing: Timing) -> None:
    """What is typed later, and the names of dates, are whole on a narrow screen too."""
    plan = connection(timing)
    out = StringIO()
    show_plan(Spoken(file=out, width=80), plan)

    names = [*(step.id for step in plan.steps), *(date.name for date in plan.dates)]
    assert [name for name in names if name not in out.getvalue()] == []
    assert "…" not in out.getvalue().replace("sha256", "")


@pytest.mark.parametrize("timing", [Timing.END_OF_TERM, Timing.IMMEDIATE])
def test_a_plan_says_whole_what_undoes_a_step(timing: Timing) -> None:
    """An approver on a narrow screen reads every word of it: the column folds, nothing is cut off at the edge."""
    plan = connection(timing)
    out = StringIO()
    show_plan(Spoken(file=out, width=80), plan)
    lines = out.getvalue().splitlines()
    column = next(line.index("Undone") for line in lines if "Undone" in line)

    words = " ".join(" ".join(line[column:] for line in lines).split())
    assert [step.undo.title for step in plan.steps if step.undo and step.undo.title not in words] == []


def test_moves_of_grace_are_said_in_french() -> None:
    """With the word for the direction, and without an English word between."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.GRACE)
    move = Extension(
        id="e1",
        by=Actor(name="root"),
        span=timedelta(days=-5),
        shortens=True,
        reason="le bail finit",
        at=NOW,
        to=NOW,
        asked=NOW,
        runbook=NOW,
    )
    report.state.grace.extensions.append(move)

    with speaking("fr"):
        text = " ".join(printed(run_panel(report, plan, 120, NOW), 120).split())

    assert "Déplacé 5 jours plus tôt par root (déclaré, non vérifié) le 23 novembre 2026 à 12:00 UTC" in text
    assert "Lancement 23 novembre 2026 à 12:00 UTC par olivia" in text
    assert "chez le fournisseur" in text


def test_what_a_step_and_a_plan_tell_is_said_in_french() -> None:
    """Several notes of one step each by itself, and what is left out or to be known of a plan."""
    plan = connection(Timing.END_OF_TERM)
    report = begun(plan, Phase.GRACE)
    means = msg("the cross-connect may still be in place")
    seen = msg("light at port {name}: {status}{at}, {get}", name="A", status="up", at="", get=means)
    note = joined(
        "; ", (seen, msg("light at port {name}: {status}{at}, {get}", name="B", status="up", at="", get=means))
    )
    report.state.steps["handover.check-port-dark"] = StepState(status=StepStatus.DONE, ended_at=NOW, note=note)

    with speaking("fr"):
        status = " ".join(printed(run_panel(report, plan, 200, NOW), 200).split())
        out = StringIO()
        show_plan(Spoken(file=out, width=400), plan)

    assert "port A : up, l'interconnexion est peut-être encore en place ; lumière au port B : up" in status
    assert "detach.lock-interfaces : seulement quand scream-test est donné" in out.getvalue()
    assert "only when" not in out.getvalue()
    assert "L'approbation et les tâches avant le délai de grâce peuvent prendre 66 jours" in out.getvalue()


def test_why_a_run_does_not_purge_yet_is_told_in_french() -> None:
    """Each reason, and how long a freeze still lasts."""
    plan = connection(Timing.END_OF_TERM)
    days = msg("{abs} business days", abs=2)
    grace = msg("grace ends {counted}, {words}{rolled}{ends}", counted=days, words="", rolled="", ends="")
    freeze = Reason(kind=ReasonKind.FREEZE, text=msg("overdue"), until=NOW + timedelta(days=3))
    because = (Reason(kind=ReasonKind.GRACE, text=grace), freeze)
    report = begun(plan, Phase.GRACE).model_copy(update={"purge_because": because})

    with speaking("fr"):
        text = " ".join(printed(run_panel(report, plan, 120, NOW), 120).split())

    assert "le délai de grâce se termine 2 jours ouvrés" in text
    assert "grace ends" not in text
    assert "en retard (dans 3 jours)" in text or "échue (dans 3 jours)" in text
