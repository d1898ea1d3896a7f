"""On every screen, what people and providers wrote stands as they wrote it, and nothing of it is obeyed."""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.replay.kept import kept
from unrack.audit.entries import EntryKind, TimelineEntry
from unrack.audit.replay import ReplayVerdict, Verdict
from unrack.cli import evidence
from unrack.cli.render.history import history_panel, verdict_panel
from unrack.cli.render.plan import show_plan
from unrack.cli.render.run import live_panel, show_run
from unrack.cli.render.tables import RunTable, TaskTable
from unrack.cli.render.tasks import TaskPages
from unrack.cli.screen import Spoken
from unrack.cli.watch import journal_line
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, Phase, StepStatus, Timing
from unrack.model.plan import Plan, TaskForm
from unrack.model.service import Finding, ProviderClock, ServiceRef
from unrack.model.state import HoldOn, JournalEntry, OpenTask, Parked, RunReport, RunState, RunView, StepState
from unrack.operations.listing import Listed, WaitingTask
from unrack.runbook import compile_plan, load_request, load_runbook

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "whc-domain/old-brand.example"
EVIL = "3c:cd:36 [bold]x[/] \x1b[2J\x1b]0;t\x07\x9b1m\r\u202egnp\u200b"
SHOWN = r"3c:cd:36 [bold]x[/] \x1b[2J\x1b]0;t\x07\x9b1m\r\u202egnp\u200b"
BREAKS = "fine\n  unrack release --all"


@pytest.fixture
def console() -> Console:
    """A wide screen, so that nothing is broken into lines."""
    return Spoken(file=StringIO(), width=400)


def on(console: Console) -> str:
    """What stands there."""
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert text.replace("\n", "").isprintable()
    return text


@pytest.fixture
def plan() -> Plan:
    """A plan with strange words wherever people and providers have theirs."""
    request = load_request(ROOT / "examples" / "whc-domain.yaml").request
    runbook = load_runbook(ROOT / "runbooks" / f"{request.runbook}.yaml")
    service = ServiceRef(provider=runbook.model.provider, product=runbook.model.product, service=request.service.id)
    assert request.stated is not None
    facts = request.stated.facts(service, ProviderClock(read_at=NOW, shown=NOW))
    strange = {"title": EVIL, "state": EVIL, "owner": EVIL, "details": {"rack": EVIL}, "billing_state": EVIL}
    made = compile_plan(runbook, request, facts)
    finding = Finding(subject=EVIL, text=EVIL, blocking=True)
    worded = {"reason": EVIL, "ticket": EVIL, "owner": EVIL}
    return made.model_copy(
        update={
            "facts": facts.model_copy(update=strange),
            "request": request.model_copy(update=worded),
            "warnings": (finding,),
            "blockers": (finding,),
            "loses": (EVIL,),
        }
    )


@pytest.fixture
def report(plan: Plan) -> RunReport:
    """A run of it, with strange words of everybody who had something to say."""
    clock, by = ProviderClock(read_at=NOW, shown=NOW), Actor(name="olivia")
    state = RunState(plan_digest=plan.digest, launched_by=by, launched_at=NOW, clock=clock)
    state.phase = Phase.GRACE
    step = plan.steps[0].id
    kept = EvidenceRef(type="x", sha256="ab" * 32, size=1, media_type="x/y", name=EVIL, taken_at=NOW, source="person:x")
    state.steps = {step: StepState(status=StepStatus.DONE, ended_at=NOW, note=EVIL, evidence=(kept,))}
    problem = Problem(category=Category.FAILED, message=EVIL, suggestion=EVIL, reference=EVIL)
    finding = Finding(subject=EVIL, text=EVIL, blocking=True)
    reason = ParkReason.REFUSED
    state.parked = {
        step: Parked(step=step, reason=reason, problem=problem, since=NOW, may_skip=True, findings=(finding,))
    }
    state.holds = [HoldOn(id="h1", by=by, since=NOW, reason=EVIL)]
    return RunReport(run=RUN, plan_digest=plan.digest, outcome=None, state=state)


def test_a_plan(console: Console, plan: Plan) -> None:
    """Reason, ticket, owner, the provider's title, state and details, findings, and what is lost."""
    show_plan(console, plan)

    assert on(console).count(SHOWN) >= 12


def test_a_status(console: Console, plan: Plan, report: RunReport) -> None:
    """Notes, problems, findings, names of evidence; whole and watched."""
    show_run(console, report, plan)
    whole = on(console).count(SHOWN)
    console.print(live_panel(report, plan, 400, NOW))

    assert whole >= 8
    assert on(console).count(SHOWN) > whole


def test_a_provider_cannot_write_lines_of_ours(console: Console, plan: Plan, report: RunReport) -> None:
    """A command below a problem is one that Unrack suggests."""
    (step,) = report.state.parked
    problem = Problem(category=Category.FAILED, message=BREAKS, suggestion=BREAKS, reference=BREAKS)
    report.state.parked[step] = report.state.parked[step].model_copy(update={"problem": problem, "findings": ()})

    show_run(console, report, plan)

    assert [line for line in on(console).splitlines() if line.strip() == "unrack release --all"] == []


def test_lists(console: Console) -> None:
    """Titles, and what a memo claims that is waited for, held and stopped: anybody may have written it."""
    view = RunView(
        service="x",
        provider="whc",
        product="domain",
        title=EVIL,
        phase=Phase.GRACE,
        timing=Timing.END_OF_TERM.value,
        waiting_for=(EVIL,),
        due=NOW,
        plan_digest="sha256:0",
        held=(EVIL,),
        stopping=EVIL,
    )
    form = TaskForm(instructions=EVIL)
    task = OpenTask(step="a.b", title=EVIL, since=NOW, deadline=NOW + timedelta(days=1), form=form)

    runs = RunTable(console)
    runs.add(Listed(run=f"whc-domain/{EVIL}", run_id="x", open=True, started_at=NOW, view=view, paused=(EVIL,)))
    runs.add(Listed(run="whc-domain/x", run_id="y", open=True, started_at=NOW, view=None, unreadable=EVIL))
    runs.end()
    listed = on(console).count(SHOWN)
    waiting = WaitingTask(run=RUN, service="x", rehearsal=False, task=task, held=(EVIL,), owner=EVIL, ticket=EVIL)
    TaskPages(console).add(waiting)
    tasks = TaskTable(console)
    tasks.add(waiting)
    tasks.end()

    assert listed >= 1  # most stand in columns, broken into lines
    assert on(console).count(SHOWN) >= listed + 3


def _entries() -> Iterator[TimelineEntry]:
    common: dict[str, Any] = {"at": NOW, "run_id": "x", "event": 1, "step": EVIL, "client": EVIL, "reference": EVIL}
    for kind in EntryKind:
        yield TimelineEntry(kind=kind, what=EVIL, fields={EVIL: EVIL}, answer=EVIL, **common)
    yield TimelineEntry(kind=EntryKind.DECISION, what=BREAKS, **{**common, "step": None})


def test_a_history_and_verdicts(console: Console) -> None:
    """Whatever a record holds, each fact is one line."""
    console.print(history_panel(kept("outcome-unknown"), tuple(_entries())), soft_wrap=True)
    verdict = ReplayVerdict(source=EVIL, verdict=Verdict.DIFFERS, event=1, text=EVIL, run=EVIL, run_id=EVIL, events=2)
    console.print(verdict_panel((verdict,)), soft_wrap=True)
    console.print(journal_line(JournalEntry(at=NOW, what=EVIL, step=EVIL, by=Actor(name="olivia"))), soft_wrap=True)

    text = on(console)
    assert text.count(SHOWN) > 40
    assert [line for line in text.splitlines() if line.strip() == "unrack release --all"] == []


@pytest.mark.parametrize("terminal", [True, False])
def test_evidence_on_stdout(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """Into a pipe goes every byte; a terminal shows text, and gets nothing that is none."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8")
    monkeypatch.setattr(out, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stdout", out)

    evidence._to_stdout(b"a\x1b[2J\n")
    if terminal:
        with pytest.raises(UnrackError, match="no text for a terminal"):
            evidence._to_stdout(b"\x89PNG\xff")
    out.flush()

    assert raw.getvalue() == (rb"a\x1b[2J" + b"\n" if terminal else b"a\x1b[2J\n")
