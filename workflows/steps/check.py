"""Checks that stand next to each other are read by one call, and each is judged by itself."""

from collections.abc import Sequence
from itertools import groupby

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import AlsoCheck, CheckResult, ChecksCall
from unrack.model.lifecycle import FINISHED, StepKind, StepStatus
from unrack.model.plan import PlannedStep
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.steps.step_input import call_of


def side_by_side(steps: Sequence[PlannedStep]) -> list[list[PlannedStep]]:
    """The steps in order, checks next to each other in one group."""
    return [list(group) for _, group in groupby(steps, key=lambda step: step.kind is StepKind.CHECK)]


def unread(context: RunContext, step: PlannedStep) -> bool:
    """Whether `step` is a check that can be read now, together with others."""
    state = context.state.step(step.id)
    reading = step.kind is StepKind.CHECK and not step.guarded
    return reading and state.status not in FINISHED and step.id not in context.state.parked


async def read_together(context: RunContext, due: Sequence[PlannedStep]) -> Sequence[tuple[PlannedStep, CheckResult]]:
    """What the checks saw; one that could not be read is left out."""
    first = due[0]
    for step in due:
        state = context.state.step(step.id)
        state.status, state.begun_at = StepStatus.RUNNING, state.begun_at or context.now()
    context.publish()
    call = call_of(context, first, context.state.step(first.id))
    also = tuple(AlsoCheck(step=s.id, action=s.action or s.id, parameters=s.parameters) for s in due[1:])
    try:
        seen = await activity_options.activity(
            ReadActivities.check_several,
            ChecksCall(**dict(call), also=also),
            key=f"{first.phase.value}.checks",
            title="; ".join(step.title for step in due),
            how=activity_options.together(),
            phase=first.phase,
        )
    except StepStopped:
        return ()
    return [(step, result) for step, result in zip(due, seen.results, strict=True) if result is not None]
