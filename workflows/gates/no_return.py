"""The mark of the point of no return is removed where the call that passes it surely took no effect.

The mark is set before the call is sent, since a worker may die in between. A wrong token, a missing right or a provider
that cannot be reached then leaves a service that nobody ended, and a team that may well want to keep it.
"""

from collections.abc import Callable

from unrack.contracts.calls import EffectStatus, StepCall
from unrack.model.errors import RETRYABLE, Category, Problem
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows.context import RunContext
from workflows.steps import in_doubt
from workflows.steps.step_input import call_of

_NO_EFFECT = RETRYABLE | {Category.CONFLICT, Category.DENIED, Category.INVALID}
"""Not sent, or refused as it stood. What is gone, was not found, or failed half-way may have taken effect."""


async def taken_back(
    context: RunContext, step: PlannedStep, state: StepState, problem: Problem, call_now: Callable[[], StepCall]
) -> None:
    """Takes the mark back when `problem` says that the call took no effect, and the provider's own state says so, too.

    Not when an earlier attempt went without an answer that nobody could tell, nor where the provider ends the service
    by itself: there the time passes the point of no return, and no call does.
    """
    if step == context.plan.no_return and problem.category in _NO_EFFECT:
        await _taken_back_if_denied(context, step, state, call_now)


def not_begun(context: RunContext, step: PlannedStep) -> None:
    """Takes the mark back where no worker ever began with the call of `step`: nobody need be asked about that."""
    state = context.state.step(step.id)
    surely_not = not state.lost_answers and state.asked_at is None
    if step == context.plan.no_return and context.plan.provider_end is None and surely_not:
        _not_passed(context, step)


def _not_passed(context: RunContext, step: PlannedStep) -> None:
    if context.state.passed_no_return_at is not None:
        context.state.passed_no_return_at = None
        context.note(msg("the point of no return is not passed: the call took no effect"), step=step.id)


async def stopped_again(context: RunContext) -> bool:
    """Takes the mark back when the call surely was not sent, and a check or a hold stops it from being sent again.

    The step is at its beginning then. Sent again, it passes the point of no return again.
    """
    step = context.plan.no_return
    state = context.state.steps.get(step.id) if step is not None else None
    if step is None or state is None or step.kind is not StepKind.COMMIT or state.status is not StepStatus.RUNNING:
        return False
    if context.state.passed_no_return_at is not None and not state.lost_answers:
        await _taken_back_if_denied(context, step, state, lambda: call_of(context, step, state))
    if context.state.passed_no_return_at is None:
        state.status = StepStatus.PENDING
    return context.state.passed_no_return_at is None


async def _taken_back_if_denied(
    context: RunContext, step: PlannedStep, state: StepState, call_now: Callable[[], StepCall]
) -> None:
    if context.plan.provider_end is not None or state.asked_at is not None:
        return
    seen = await in_doubt.read(context, step, call_now())
    if seen.standing is EffectStatus.NOT_DONE:
        _not_passed(context, step)
