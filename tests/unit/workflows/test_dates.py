"""The provider's date of an end that was taken back while it was read."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.plans import END_OF_TERM, plan, step
from unrack.contracts.calls import CaptureResult, PollResult
from unrack.contracts.workflows import RunStart
from unrack.model.calendar import Calendar, Zone, ZoneOffset
from unrack.model.decision import Actor
from unrack.model.lifecycle import StepKind
from unrack.model.plan import PlannedStep
from unrack.model.service import ProviderClock
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.gates.entry import Entry
from workflows.steps import poll
from workflows.steps.actions import Actions
from workflows.steps.step_input import call_of

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
END = BEGIN + timedelta(days=30)
CLOCK = ProviderClock(read_at=BEGIN, shown=BEGIN)
READ = CaptureResult(evidence=(), note="read", effective_at=END, clock=CLOCK)
SEEN = PollResult(reached=True, note="seen", effective_at=END, clock=CLOCK)
NAME = "confirm.read-date"
KINDS = pytest.mark.parametrize("kind", [StepKind.CAPTURE, StepKind.AWAIT])


async def no_checks(_: Sequence[PlannedStep]) -> None:
    """There are none."""


async def until(holds: Callable[[], bool]) -> None:
    """Waits as a workflow does."""
    while not holds():  # noqa: ASYNC110 - nothing signals it
        await asyncio.sleep(0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> RunContext:
    """A run that comes to read the date of its end."""
    monkeypatch.setattr("workflows.context.workflow.now", lambda: BEGIN)
    monkeypatch.setattr("workflows.context.workflow.wait_condition", until)
    monkeypatch.setattr(RunContext, "is_long", False)
    return RunContext(RunStart(plan=plan(shown=BEGIN, steps=END_OF_TERM), launched_by=Actor(name="lea")))


def read(run: RunContext, kind: StepKind, monkeypatch: pytest.MonkeyPatch, *, taken_back: bool) -> None:
    """Reads the date; meanwhile the watch may take the end back."""

    async def answer(*_: object, **__: object) -> CaptureResult | PollResult:
        if taken_back:
            run.state.steps[NAME] = run.state.step(NAME).anew()
        return READ if kind is StepKind.CAPTURE else SEEN

    monkeypatch.setattr(activity_options, "activity", answer)
    planned, state = step(NAME, kind), run.state.step(NAME)
    if kind is StepKind.CAPTURE:
        asyncio.run(Actions(run, Entry(run, no_checks), lambda: None).act(planned, state))
    else:
        asyncio.run(poll.until_reached(run, planned, state, lambda: call_of(run, planned, state)))


@KINDS
def test_a_date_that_was_read_counts(run: RunContext, kind: StepKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider ends the service then."""
    read(run, kind, monkeypatch, taken_back=False)

    assert run.state.effective_at == END


@KINDS
def test_the_date_of_an_end_that_was_taken_back_meanwhile_does_not_count(
    run: RunContext, kind: StepKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies behind when the next term's end is scheduled: the watch would take that back at once, too."""
    read(run, kind, monkeypatch, taken_back=True)

    assert run.state.effective_at is None


def test_who_reads_a_stated_day_learns_where_it_begins(run: RunContext) -> None:
    """The plan's zone goes with actions on what people state, and with no other: those adapters know by themselves."""
    offset = ZoneOffset(since=BEGIN, offset=timedelta(hours=-5), name="EST")
    there = Calendar(zone=Zone(name="America/Toronto", offsets=(offset,)))
    grace = run.plan.grace.model_copy(update={"calendar": there})
    run.plan = run.plan.model_copy(update={"grace": grace})
    stated = step(NAME, StepKind.CAPTURE).model_copy(update={"reads_days": True})
    other = stated.model_copy(update={"reads_days": False})

    assert call_of(run, stated, StepState()).zone == there.zone
    assert call_of(run, other, StepState()).zone is None
