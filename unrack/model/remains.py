"""How far a run had come, read from its plan and its state: what it changed, and what nobody saw the end of."""

from unrack.model.ids import undone_step
from unrack.model.lifecycle import Phase, StepKind, StepStatus
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunState, StepState

_ACTING = (StepKind.CHANGE, StepKind.COMMIT)


def changed(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Steps that are done and not undone, and left the service or its cabling changed; in the plan's order."""
    return tuple(step.id for step in plan.steps if _changed(step, state.steps.get(step.id)))


def in_flight(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Steps and undos that were begun and not ended, parked ones too, in the plan's order, undos last.

    What they did to the service is not known from here.
    """
    steps = [step.id for step in plan.steps if step.kind in _ACTING and _begun(state.steps.get(step.id))]
    undos = [key for key, undo in state.steps.items() if undone_step(key) and _undoing(undo)]
    return (*steps, *undos)


def _changed(step: PlannedStep, standing: StepState | None) -> bool:
    if standing is None or standing.status is not StepStatus.DONE:
        return False
    return step.kind in _ACTING or (step.kind is StepKind.TASK and step.phase is Phase.HANDOVER)


def _begun(standing: StepState | None) -> bool:
    return (
        standing is not None
        and standing.status in (StepStatus.RUNNING, StepStatus.ASKED, StepStatus.PARKED)
        and standing.tries > 0
    )


def _undoing(undo: StepState) -> bool:
    over = undo.status in (StepStatus.DONE, StepStatus.SKIPPED)
    return not over and (undo.tries > 0 or undo.status is StepStatus.UNDOING)
