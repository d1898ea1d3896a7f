"""Evidence that was looked for beside a check counts for that very read of it, and for no later one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.workflows.plans import plan
from unrack.contracts.calls import CheckResult
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding, ProviderClock
from unrack.model.state import StepState
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates.entry import Entry
from workflows.steps.actions import Actions

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFUSED = Problem(category=Category.DENIED, message="a right is missing")
CHECK = "purge.unchanged"

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
    run = SimpleNamespace(plan=planned, state=SimpleNamespace(steps=steps, step=steps.__getitem__))
    context = SimpleNamespace(**vars(run), time=lambda: NOW, set_clock=lambda *_: None)
    entry = SimpleNamespace(proved_by=step)

    await read(Actions(cast("RunContext", context), cast("Entry", entry), lambda: None), step, state)

    assert entry.proved_by is None
