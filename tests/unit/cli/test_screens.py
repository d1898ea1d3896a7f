"""Lists and statuses on narrow and wide screens: what is copied from them is never broken, and dates have a zone."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import RenderableType

from unrack.cli.render.lists import show_runs
from unrack.cli.render.run import live_panel, run_panel
from unrack.cli.screen import Spoken
from unrack.model.decision import Actor
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import Phase, StepStatus
from unrack.model.plan import Plan
from unrack.model.service import ProviderClock, ServiceRef
from unrack.model.state import RunReport, RunState, RunView, StepState
from unrack.operations.listing import Listed
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
    show_runs(Spoken(file=out, width=width), (Listed(run=RUN, open=True, started_at=NOW, view=view),))

    wanted = (SERVICE, "Connect 1, Paris", "(rehearsal)", "handover", *view.waiting_for, "2026-11-23 12:00 UTC")
    assert [word for word in wanted if word not in out.getvalue()] == []
