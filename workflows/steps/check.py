"""Checks that stand next to each other are read by one call, and so are captures; each is judged by itself."""

from collections.abc import Sequence
from itertools import groupby

from unrack.contracts.activities import CaptureActivities, ReadActivities
from unrack.contracts.calls import AlsoRead, CaptureResult, CheckResult, EvidenceResult, SeveralCall
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import FINISHED, StepKind, StepStatus
from unrack.model.message import joined
from unrack.model.plan import PlannedStep
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.steps.step_input import call_of

TOGETHER = (StepKind.CHECK, StepKind.CAPTURE)
"""Kinds that only read."""

Seen = Sequence[tuple[PlannedStep, CheckResult | CaptureResult]]

_Results = Sequence[CheckResult | CaptureResult | None]


def side_by_side(steps: Sequence[PlannedStep]) -> list[list[PlannedStep]]:
    """The steps in order, checks next to each other in one group, and captures; every other step by itself."""
    groups = (list(group) for _, group in groupby(steps, key=lambda step: step.kind))
    return [part for group in groups for part in ([group] if group[0].kind in TOGETHER else [[one] for one in group])]


def unread(context: RunContext, step: PlannedStep) -> bool:
    """Whether `step` can be read now, together with others of its kind."""
    state = context.state.step(step.id)
    reading = step.kind in TOGETHER and not step.guarded
    if step.kind is StepKind.CAPTURE and step.reads_evidence:  # which a capture beside it may be about to bring
        return False
    return reading and state.status not in FINISHED and step.id not in context.state.parked


async def read_together(
    context: RunContext, due: Sequence[PlannedStep], prove: tuple[EvidenceRef, ...] = ()
) -> tuple[Seen, EvidenceResult | None]:
    """Each step with what it saw or kept; one that could not be read is left out.

    Args:
        context: The run.
        due: Checks, or captures.
        prove: Evidence that is looked for in the store beside checks.

    Returns:
        What was read, and what the store said once all of it was; None: one could not be read, or nobody looked.
    """
    for step in due:
        state = context.state.step(step.id)
        state.status, state.begun_at = StepStatus.RUNNING, state.begun_at or context.now()
    context.publish(passing=True)
    try:
        results, proof = await _results(context, due, prove)
    except StepStopped:
        return (), None
    seen = [(step, result) for step, result in zip(due, results, strict=True) if result is not None]
    return seen, proof if len(seen) == len(due) else None


async def _results(
    context: RunContext, due: Sequence[PlannedStep], prove: tuple[EvidenceRef, ...]
) -> tuple[_Results, EvidenceResult | None]:
    first = due[0]
    call = call_of(context, first, context.state.step(first.id), prove)
    also = tuple(AlsoRead(step=s.id, action=s.action or s.id, parameters=s.parameters) for s in due[1:])
    several = SeveralCall(**dict(call), also=also)
    title, how = joined("; ", (step.title for step in due)), activity_options.together()
    if first.kind is StepKind.CHECK:
        key = f"{first.phase.value}.checks"
        method = ReadActivities.check_several
        checked = await activity_options.activity(method, several, key=key, title=title, how=how, phase=first.phase)
        return checked.results, checked.proof
    key = f"{first.phase.value}.captures"
    captured = await activity_options.activity(
        CaptureActivities.capture_several, several, key=key, title=title, how=how, phase=first.phase
    )
    return captured.results, None
