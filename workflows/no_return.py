"""The point of no return is taken back where the call that passes it surely took no effect.

The mark is set before the call is sent, since a worker may die in between. A wrong token, a missing right or a provider
that cannot be reached then leaves a service that nobody ended, and a team that may well want to keep it.
"""

from collections.abc import Callable

from unrack.contracts.calls import Standing, StepCall
from unrack.model.errors import RETRYABLE, Category, Problem
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import unanswered
from workflows.run import Run

_NO_EFFECT = RETRYABLE | {Category.CONFLICT, Category.DENIED, Category.INVALID}
"""Not sent, or refused as it stood. What is gone, was not found, or failed half-way may have taken effect."""


async def taken_back(
    run: Run, step: PlannedStep, state: StepState, problem: Problem, call_now: Callable[[], StepCall]
) -> None:
    """Takes the mark back when `problem` says that the call took no effect, and the provider's own state says so, too.

    Not when an earlier attempt went without an answer that nobody could tell, nor where the provider ends the service
    by itself: there the time passes the point of no return, and no call does.
    """
    if step != run.plan.no_return or run.plan.provider_end is not None:
        return
    if state.asked_at is not None or problem.category not in _NO_EFFECT:
        return
    seen = await unanswered.read(run, step, call_now())
    if seen.standing is Standing.NOT_DONE:
        run.state.passed_no_return_at = None
        run.note("the point of no return is not passed: the call took no effect", step=step.id)
