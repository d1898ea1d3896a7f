"""Evidence that was looked for beside a check counts for that very read of it, and for no later one."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.workflows.harness import proof
from tests.workflows.plans import plan
from unrack.contracts.calls import CheckResult, EvidenceResult
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, StepStatus, Timing
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding, ProviderClock
from unrack.model.state import RunState, StepState
from workflows.context import RunContext
from workflows.decisions.line import Line
from workflows.errors import StepStopped
from workflows.gates import entry as entry_module
from workflows.gates import evidence, guard, no_return, stopping
from workflows.gates.entry import Entry
from workflows.steps.actions import Actions

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFUSED = Problem(category=Category.DENIED, message="a right is missing")
CHECK = "purge.unchanged"


async def _nothing_to_run(_: Sequence[PlannedStep]) -> None:
    """Runs no check."""


Read = Callable[[Actions, PlannedStep, StepState], Awaitable[None]]


async def _alone(actions: Actions, step: PlannedStep, state: StepState) -> None:
    await actions.act(step, state)


async def _beside_others(actions: Actions, step: PlannedStep, _state: StepState) -> None:
    clock = ProviderClock(read_at=NOW, shown=NOW)
    await actions.take_over(step, CheckResult(findings=(), clock=clock), NOW)


@pytest.mark.parametrize("read", [_alone, _beside_others])
async def test_what_was_proved_beside_an_earlier_read_does_not_count_for_a_later_one(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second read fails and was skipped by a person, or was made with others: the store was not asked then."""

    async def refused(*_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever the call gets
        raise StepStopped(ParkReason.REFUSED, REFUSED)

    monkeypatch.setattr(Actions, "_call", refused)
    planned = plan()
    step = planned.step(CHECK)
    unread = Finding(subject="not read", text=REFUSED.message, blocking=True, now=REFUSED.category.value)
    state = StepState(accepted=(unread,))
    steps = {CHECK: state}
    shown = SimpleNamespace(steps=steps, step=steps.__getitem__, passed_no_return_at=None)
    run = SimpleNamespace(plan=planned, state=shown)
    context = SimpleNamespace(**vars(run), time=lambda: NOW, set_clock=lambda *_: None)
    entry = Entry(cast("RunContext", context), _nothing_to_run)
    entry.proved_by = step

    await read(Actions(cast("RunContext", context), entry, lambda: None), step, state)

    assert entry.proved_by is None


class _Gate:
    """The gate of the first irreversible step of a plan, before which one check is read again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked_for: list[tuple[EvidenceRef, ...]] = []
        """What the store was asked for by calls of their own."""
        self.told: Iterator[tuple[Finding, ...]] = iter(())
        """What stands against the step, at each judgement; nothing after these."""
        self.during_a_check: Callable[[], None] = lambda: None
        self.store_answers = True
        """Whether the store answers beside a check."""
        self.plan = plan(timing=Timing.IMMEDIATE)
        self.state = RunState.model_construct(
            steps={CHECK: StepState(status=StepStatus.DONE, evidence=(proof("before"),))},
            recheck_preflight=False,
            passed_no_return_at=None,
        )
        run = SimpleNamespace(plan=self.plan, state=self.state, line=Line(), holds_taken_over=True)
        context = SimpleNamespace(**vars(run), checkpoint=_nothing, note=_nothing, now=lambda: NOW)
        self.entry = Entry(cast("RunContext", context), self._checked)
        for module, name, stand_in in (
            (evidence, "in_store", self._in_store),
            (guard, "blockers", lambda *_: next(self.told, ())),
            (stopping, "until_free", _nothing_awaited),
            (no_return, "stopped_again", _nothing_awaited),
            (entry_module, "until_clear", _nothing_awaited),
        ):
            monkeypatch.setattr(module, name, stand_in)

    async def passed(self) -> None:
        """Waits until the irreversible step may begin."""
        await self.entry.until_due(self.plan.step("purge.ask"))

    def bring(self, kind: str) -> None:
        """A person brings more evidence."""
        state = self.state.steps[CHECK]
        state.evidence = (*state.evidence, proof(kind, "b"))

    async def _checked(self, checks: Sequence[PlannedStep]) -> None:
        asked = self.entry.proof_beside(checks[-1])
        self.during_a_check()
        self.entry.take_proof(checks[-1], asked, EvidenceResult() if self.store_answers else None)
        self.entry.last = checks[-1]

    async def _in_store(self, _: object, __: str, refs: tuple[EvidenceRef, ...], ___: object) -> None:
        self.looked_for.append(refs)


def _nothing(*_: object, **__: object) -> None:
    """Does nothing."""


async def _nothing_awaited(*_: object) -> bool:
    """Waits for nothing, and nothing came meanwhile."""
    return False


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> _Gate:
    """A gate in front of which nothing stands."""
    return _Gate(monkeypatch)


async def test_what_the_check_found_whole_is_not_looked_for_again(gate: _Gate) -> None:
    """Nothing was awaited since."""
    await gate.passed()

    assert gate.looked_for == []


async def test_what_people_brought_while_the_check_was_under_way_is_looked_for(gate: _Gate) -> None:
    """The check was asked for less than the run rests on now."""
    gate.during_a_check = lambda: gate.bring("late")

    await gate.passed()

    assert [[ref.type for ref in refs] for refs in gate.looked_for] == [["before", "late"]]


async def test_a_store_that_did_not_answer_beside_the_check_is_asked_by_itself(gate: _Gate) -> None:
    """With retries of its own."""
    gate.store_answers = False

    await gate.passed()

    assert [[ref.type for ref in refs] for refs in gate.looked_for] == [["before"]]


async def test_what_was_found_before_a_wait_is_looked_for_again_after_it(gate: _Gate) -> None:
    """A hold came while the store was asked; days later the file may be gone."""
    gate.store_answers = False
    held = Finding(subject="hold", text="Ann holds the run", blocking=True)
    gate.told = iter([(), (held,)])

    await gate.passed()

    assert len(gate.looked_for) == 2
