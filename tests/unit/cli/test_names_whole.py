"""What is copied from a screen, a step's id above all, is whole in every table, however narrow, in each language."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from unrack.cli.render.plan import show_plan
from unrack.cli.render.run import run_panel
from unrack.cli.render.runbooks import show_catalogue, show_description
from unrack.cli.render.tables import RunTable, TaskTable
from unrack.cli.render.tasks import TaskPages
from unrack.cli.screen import Spoken
from unrack.i18n import also_saying, speaking
from unrack.model.decision import Actor
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import Phase, StepStatus, Timing
from unrack.model.plan import Plan
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import OpenTask, RunReport, RunState, RunView, StepState
from unrack.operations.listing import Listed, WaitingTask
from unrack.runbook import compile_plan, load_request, load_runbook
from unrack.runbook.describe import describe
from unrack.runbook.load import LoadedRunbook, valid_runbooks

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLOCK = ProviderClock(read_at=NOW, shown=NOW)
KEPT = EvidenceRef(
    type="removal-confirmation",
    sha256="ab" * 32,
    size=21480,
    media_type="application/json",
    name="planned-end.json",
    taken_at=NOW,
    source="provider:whc.capture",
)
EACH = pytest.mark.parametrize(
    ("language", "width"),
    [
        pytest.param(to, wide, marks=pytest.mark.long if wide == 100 else ())
        for to in ("en", "fr")
        for wide in (80, 100, 120)
    ],
)


def plans() -> Iterator[Plan]:
    """A plan for each example that states its facts, and for a connection, which has the longest names."""
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        request = load_request(path).request
        runbook = load_runbook(ROOT / "runbooks" / f"{request.runbook}.yaml")
        service = ServiceRef(provider=runbook.model.provider, product=runbook.model.product, service=request.service.id)
        if request.stated is not None:
            yield compile_plan(runbook, request, request.stated.facts(service, CLOCK))
        elif runbook.model.product == "connect-direct":
            yield compile_plan(runbook, request, connection(service))


def connection(service: ServiceRef) -> ServiceFacts:
    """The facts of a connection that OVHcloud could end both ways."""
    return ServiceFacts(
        service=service,
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
        clock=CLOCK,
    )


PLANS = tuple(plans())
RUNBOOKS: tuple[LoadedRunbook, ...] = tuple(valid_runbooks([ROOT / "runbooks"]))


class Screen:
    """A screen of `width` columns."""

    def __init__(self, width: int) -> None:
        """Nothing stands on it yet."""
        self._out = StringIO()
        self.console: Console = Spoken(file=self._out, width=width)

    def broken(self, *names: str) -> list[str]:
        """Those of `names` that do not stand on it in one piece; it is empty again afterwards."""
        text = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        words = {word.strip(",") for word in text.replace("│", " ").replace("parked:", " ").split()}
        return [name for name in names if name not in words]


def report(plan: Plan) -> RunReport:
    """A run of `plan` in grace, with a proof of each step."""
    state = RunState(plan_digest=plan.digest, launched_by=Actor(name="olivia"), launched_at=NOW, clock=CLOCK)
    state.phase = Phase.GRACE
    state.steps = {step.id: StepState(status=StepStatus.DONE, ended_at=NOW, evidence=(KEPT,)) for step in plan.steps}
    return RunReport(run=str(plan.run_id), plan_digest=plan.digest, outcome=None, state=state)


@EACH
def test_a_runbook_is_shown_with_whole_names(language: str, width: int) -> None:
    """Its steps, its timings and its parameters, as a request and a decision name them."""
    screen, broken = Screen(width), dict[str, list[str]]()
    with speaking(language):
        for runbook in RUNBOOKS:
            found = describe(runbook)
            with also_saying(runbook.translations):
                show_description(screen.console, found, Path("examples") / f"{found.name}.yaml")
            broken[found.name] = screen.broken(*(step.id for step in found.steps), found.name)
        show_catalogue(screen.console, [describe(each) for each in RUNBOOKS])

    assert screen.broken(*(each.model.name for each in RUNBOOKS)) == []
    assert {name: ids for name, ids in broken.items() if ids} == {}


@EACH
def test_a_plan_is_shown_with_whole_names(language: str, width: int) -> None:
    """Its steps, its dates, its run and its digest."""
    screen, broken = Screen(width), dict[str, list[str]]()
    with speaking(language):
        for plan in PLANS:
            with also_saying(plan.translations):
                show_plan(screen.console, plan)
            names = (*(step.id for step in plan.steps), *(date.name for date in plan.dates))
            broken[plan.runbook] = screen.broken(*names, str(plan.run_id), plan.digest)

    assert {name: ids for name, ids in broken.items() if ids} == {}


@EACH
def test_a_status_is_shown_with_whole_names(language: str, width: int) -> None:
    """The run, its steps, and the digests of what they kept."""
    screen, broken = Screen(width), dict[str, list[str]]()
    with speaking(language):
        for plan in PLANS:
            with also_saying(plan.translations):
                screen.console.print(run_panel(report(plan), plan, width, NOW))
            steps = [step.id for step in plan.steps]
            broken[plan.runbook] = screen.broken(*steps, str(plan.run_id), f"{KEPT.sha256[:16]}…")

    assert {name: ids for name, ids in broken.items() if ids} == {}


@EACH
def test_lists_are_shown_with_whole_names(language: str, width: int) -> None:
    """Which step of which service is waited for; each with the longest names of any runbook."""
    screen, broken = Screen(width), dict[str, list[str]]()
    with speaking(language):
        for plan in PLANS:
            steps, service = [step.id for step in plan.steps], plan.service.service
            runs = RunTable(screen.console)
            for step in steps:
                runs.add(listed(plan, f"parked:{step}"))
            runs.end()
            broken[f"runs of {plan.runbook}"] = screen.broken(*steps, service)
            table, pages = TaskTable(screen.console), TaskPages(screen.console)
            for each in tasks(plan):
                table.add(each)
            table.end()
            asked = [step.id for step in plan.steps if step.task]
            broken[f"tasks of {plan.runbook}"] = screen.broken(*asked, service, "CHG-47112233")
            for each in tasks(plan):
                pages.add(each)
            broken[f"pages of {plan.runbook}"] = screen.broken(*asked, str(plan.run_id))

    assert {name: ids for name, ids in broken.items() if ids} == {}


def listed(plan: Plan, waits: str) -> Listed:
    """A run of `plan` that waits."""
    view = RunView(
        service=plan.service.service,
        provider=plan.service.provider,
        product=plan.service.product,
        title=plan.facts.title,
        phase=Phase.HANDOVER,
        timing="end-of-term",
        waiting_for=(waits,),
        due=NOW,
        rehearsal=True,
    )
    return Listed(run=str(plan.run_id), run_id="r1", open=True, started_at=NOW, view=view)


def tasks(plan: Plan) -> Iterator[WaitingTask]:
    """Every task of `plan`."""
    for step in plan.steps:
        if step.task:
            yield WaitingTask(
                run=str(plan.run_id),
                service=plan.service.service,
                rehearsal=True,
                task=OpenTask(step=step.id, title=step.title, since=NOW, deadline=NOW, form=step.task),
                owner="Network team of Paris",
                ticket="CHG-47112233",
            )
