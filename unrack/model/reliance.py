"""Which steps go by what a person stated or proved for another one. Pure."""

from unrack.model.plan import Plan, PlannedStep


def relying_on(plan: Plan, step: str) -> tuple[PlannedStep, ...]:
    """The later steps that name the task `step`, in the plan's order."""
    return tuple(each for each in plan.steps if step in each.relies_on)
