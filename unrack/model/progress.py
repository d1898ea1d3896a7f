"""How far a run has come, by its plan and its state: which steps touched the service, and what must be taken back.

This is the one place that knows. Whether a run may be aborted, what a reactivation undoes and shows beforehand, what a
reconciliation tells of a run that is gone: all of it is answered from here. Pure.
"""

from unrack.model.ids import undone_step
from unrack.model.lifecycle import FINISHED, Phase, StepKind, StepStatus
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunState, StepState

CALLS = (StepKind.CHANGE, StepKind.COMMIT)
"""The kinds of steps that call the provider to change something."""

ACTING = (Phase.DETACH, Phase.REQUEST, Phase.HANDOVER, Phase.PURGE)
"""The phases in which the service, or what hangs on it, is changed: by calls or by people."""


def acts(plan: Plan, step: PlannedStep) -> bool:
    """Whether doing `step` changes the service or what hangs on it, by a call or by a person's hand."""
    if step.kind in CALLS:
        return True
    by_hand = step.phase in ACTING or step.undo is not None or _ends_service(plan, step)
    return step.kind is StepKind.TASK and by_hand


def touched(plan: Plan, state: RunState) -> tuple[PlannedStep, ...]:
    """The steps that changed the service, or may have, and were not taken back; in the plan's order.

    A call counts from its first attempt on, a person's task once it was completed. A person who was asked to have the
    provider end the service may have done so before saying it: that task counts while it waits. The call that passes
    the point of no return does not count while that is not passed: it surely took no effect.
    """
    return tuple(step for step in plan.steps if _touched(plan, state, step))


def changed(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Ids of the steps that left the service changed, or may have, and are over; in the plan's order."""
    return tuple(step.id for step in touched(plan, state) if _status(state, step) in FINISHED)


def in_flight(plan: Plan, state: RunState) -> tuple[str, ...]:
    """Ids of steps and undos that were begun and not ended, parked ones too; in the plan's order, undos last.

    What they did to the service is not known from here.
    """
    begun = (step.id for step in touched(plan, state) if _status(state, step) not in (*FINISHED, StepStatus.UNDOING))
    undos = (key for key, undo in state.steps.items() if undone_step(key) and _undoing(undo))
    return (*begun, *undos)


def needs_undo(plan: Plan, state: RunState, step: PlannedStep) -> bool:
    """Whether `step` did something, or may have, that a reactivation takes back."""
    return step.undo is not None and _touched(plan, state, step)


def last_first(plan: Plan) -> list[PlannedStep]:
    """The steps in the order in which a reactivation takes them back: a scheduled end first, then the last one first.

    People may need weeks for their part of the way back, and the provider's date does not wait for them.
    """
    backwards = plan.steps[::-1]
    return sorted(backwards, key=lambda step: not _ends_service(plan, step))


def _touched(plan: Plan, state: RunState, step: PlannedStep) -> bool:
    standing = state.steps.get(step.id)
    if standing is None or standing.status is StepStatus.UNDONE or not acts(plan, step):
        return False
    if step == plan.no_return and state.passed_no_return_at is None and standing.asked_at is None:
        return False
    if step.kind in CALLS:
        return standing.tries > 0
    asked = _ends_service(plan, step) and standing.status is StepStatus.WAITING
    return asked or standing.status is StepStatus.DONE or bool(standing.replaced)


def _ends_service(plan: Plan, step: PlannedStep) -> bool:
    return plan.provider_end is not None and plan.provider_end.step == step.id


def _status(state: RunState, step: PlannedStep) -> StepStatus:
    standing = state.steps.get(step.id)
    return standing.status if standing is not None else StepStatus.PENDING


def _undoing(undo: StepState) -> bool:
    return undo.status not in FINISHED and (undo.tries > 0 or undo.status is StepStatus.UNDOING)
