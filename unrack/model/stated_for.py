"""Whose statements a step goes by: who stated them cannot leave the step out alone. Pure."""

from collections.abc import Iterator

from unrack.model.decision import Actor
from unrack.model.ids import undone_step
from unrack.model.plan import Plan
from unrack.model.state import RunState


def stated_for(plan: Plan, state: RunState, step: str) -> Iterator[tuple[str, Actor]]:
    """Each task on which `step`, or the step that it undoes, relies, with everybody who stated something for it."""
    wanted = undone_step(step) or step
    planned = next((each for each in plan.steps if each.id == wanted), None)
    for task in planned.relies_on if planned is not None else ():
        standing = state.steps.get(task)
        if standing is None:
            continue
        said = [*(each.amended_by for each in standing.replaced), *standing.also_stated_by]
        said += [standing.done_by] if standing.done_by is not None else []
        yield from ((task, each) for each in said)
