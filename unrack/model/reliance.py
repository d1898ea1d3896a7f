"""Which steps go by what a person stated or proved for another. Pure."""

from collections.abc import Iterator, Sequence

from unrack.model.plan import FormField, Plan, PlannedStep


def relying_on(plan: Plan, step_id: str) -> tuple[PlannedStep, ...]:
    """Every later step that names the step `step_id`, in the plan's order.

    It names it under ``relies-on``, where the compiler also puts the steps whose fields and evidence an action needs;
    it shows a proof that this step brings and no step after it brings again; or a date of its form is held against
    one that this step states.

    Raises:
        KeyError: the plan has no such step.
    """
    relied_on = plan.step(step_id)
    after = plan.steps[plan.steps.index(relied_on) + 1 :]
    brought = set(brings(relied_on))
    found: list[PlannedStep] = []
    for step in after:
        if step_id in step.relies_on or brought & set(_shown(step)) or _holds_dates_to(step, step_id):
            found.append(step)
        brought -= set(brings(step))
    return tuple(found)


def brings(step: PlannedStep) -> Iterator[str]:
    """The types of evidence that `step` may bring."""
    yield from (wanted.type for wanted in step.evidence)
    yield from (wanted.type for wanted in (step.task.evidence if step.task else ()))


def last_bringer(steps: Sequence[PlannedStep], evidence: str) -> PlannedStep | None:
    """The last of `steps` that may bring evidence of this type."""
    return next((step for step in reversed(steps) if evidence in brings(step)), None)


def _shown(step: PlannedStep) -> tuple[str, ...]:
    return step.task.shows if step.task else ()


def _holds_dates_to(step: PlannedStep, step_id: str) -> bool:
    """Whether a date of the form of `step` is held against one that the task `step_id` states."""
    if step.task is None:
        return False
    named = [day for field in step.task.fields for day in _days(field)]
    named += [each.required_when.before for each in step.task.evidence if each.required_when]
    return any(day is not None and day.rpartition(".")[0] == step_id for day in named)


def _days(field: FormField) -> tuple[str | None, ...]:
    counted = (field.back_to, field.within)
    when = field.required_when
    return (field.not_before, *(each.of for each in counted if each), when.before if when else None)
