"""Secrets that people hand over for an irreversible call, such as a mailed token: good for one try."""

from unrack.model.lifecycle import StepKind
from unrack.model.plan import FieldType, Plan, PlannedStep


def renewed_for(plan: Plan, step_id: str) -> tuple[PlannedStep, ...]:
    """The steps that are done again, before the step is, when an operator retries it.

    An irreversible call that the secret did not open asks the person again. A person who says that no secret came makes
    the run ask the provider for one again.
    """
    planned = next((each for each in plan.steps if each.id == step_id), None)
    if planned is None:  # the undo of one
        return ()
    phase = plan.in_phase(planned.phase)
    before = phase[: phase.index(planned)]
    if planned.kind is StepKind.COMMIT:
        return tuple(each for each in before if _takes_secret(each))
    if _takes_secret(planned):
        return tuple(each for each in before if each.kind is StepKind.COMMIT)[-1:]
    return ()


def _takes_secret(step: PlannedStep) -> bool:
    return step.task is not None and any(field.type is FieldType.HANDOVER for field in step.task.fields)
