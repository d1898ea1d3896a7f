"""Driving a run as its people would: tasks are done as they open, approvals are given, and time passes."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from tests.workflows.harness import PATIENCE
from tests.workflows.rehearsal import Rehearsed
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.model.state import RunReport

Answers = Mapping[str, Mapping[str, str]]
"""What a person writes into the fields of a task, by step; other fields are invented."""

_SETTLING = timedelta(minutes=1)
"""How much time passes at once while a call without an answer is looked into."""

_SOONEST, _RAREST = 0.05, 0.5
"""Real seconds between two looks at a run that is at work, ever longer until there is something to do."""


async def driven(
    run: Rehearsed,
    until: Callable[[RunReport], bool],
    answers: Answers | None = None,
    stride: timedelta = timedelta(hours=6),
) -> RunReport:
    """Drives `run` until its report shows something; fails when a step parks, or nothing happens any more.

    Args:
        run: The run.
        until: What is waited for; judged before each task is done.
        answers: What people write.
        stride: How much time passes at once while the run waits for a date.
    """
    pause = _SOONEST
    for _ in range(4000):
        report = await run.report()
        if until(report) or report.outcome is not None:
            return report
        assert report.state.parked == {}, report.state.parked
        if await _next(run, report, answers or {}, stride):
            pause = _SOONEST
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _RAREST)
    pytest.fail(f"nothing happens any more: {(await run.report()).model_dump_json(indent=1)}")


async def closed(run: Rehearsed, answers: Answers | None = None, stride: timedelta = timedelta(days=3)) -> RunReport:
    """Drives `run` to its end, which must be a closed one."""
    report = await driven(run, lambda _: False, answers, stride)
    assert report.outcome is Outcome.CLOSED
    return report


async def in_phase(run: Rehearsed, phase: Phase, answers: Answers | None = None) -> RunReport:
    """Drives `run` into `phase`."""
    return await driven(run, lambda report: report.state.phase is phase, answers)


async def reactivated(run: Rehearsed, answers: Answers | None = None) -> RunReport:
    """Turns `run` round and drives it back."""
    assert (await run.reactivate()).good
    report = await driven(run, lambda _: False, answers)
    assert report.outcome is Outcome.REACTIVATED
    assert [found for found in report.state.differences if not found.expected] == []
    return report


async def _next(run: Rehearsed, report: RunReport, answers: Answers, stride: timedelta) -> bool:
    """Does what is due; False when the run is at work."""
    if report.state.tasks:
        for step in report.state.tasks:
            await run.complete(step, **answers.get(step, {}))
            await answered(run, step)
    elif report.state.phase is Phase.APPROVAL and not report.state.approvals:
        await run.approve()
    elif _settles(report):
        await run.forward(_SETTLING)
    elif _waits(report):
        await run.forward(stride)
    else:
        return False
    return True


async def answered(run: Rehearsed, step: str) -> None:
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while step in (await run.report()).state.tasks:
        assert asyncio.get_running_loop().time() < give_up, f"{step} is still open"
        await asyncio.sleep(_SOONEST)


def _settles(report: RunReport) -> bool:
    """Whether an irreversible call got no answer, and time passes until the provider is read again."""
    return bool(report.state.in_doubt)


def _waits(report: RunReport) -> bool:
    """Whether nothing but time moves the run."""
    waiting = any(state.status is StepStatus.WAITING for state in report.state.steps.values())
    busy = any(state.status in (StepStatus.RUNNING, StepStatus.UNDOING) for state in report.state.steps.values())
    return not busy and (waiting or report.state.phase is Phase.GRACE)
