"""Stop means stop: what keeps a step from changing the service, before it begins and while its call is under way.

A full hold stops every call that would change the service forward; so do approvals that no longer count. Reads, clocks,
the last call's take-back, rollback, and steps that restore go on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow

from unrack.contracts.calls import NoticeKind
from unrack.model import holds
from unrack.model.plan import PlannedStep
from workflows import guard, installation_holds
from workflows.failures import StepStopped
from workflows.run import Run

Result = TypeVar("Result")


class Interrupted(Exception):  # noqa: N818 - control flow of a step, not an error
    """A hold stopped the call of a step. It is begun again once nothing stops it."""


def stopped(run: Run, step: PlannedStep) -> bool:
    """Whether `step` must not change the service now."""
    return holds.stops(run.plan, step) and bool(guard.stops(run.plan, run.state, run.now()))


async def until_free(run: Run, step: PlannedStep) -> bool:
    """Waits until nothing keeps the run from changing the service with `step`, or from passing the point of no return.

    It asks for the installation's holds first.

    Returns:
        Whether it had to wait, so that what was read before is old by now.

    Raises:
        TurnedRound: a decision turned the run round.
        FreshHistoryDue: the run goes on in a fresh history.
    """
    waited = not run.holds_taken_over
    await installation_holds.take_over(run)
    run.checkpoint()
    while before := _reasons(run):
        waited = True
        run.note("not yet: " + "; ".join(before), step=step.id)
        while _reasons(run) == before:
            await _next_change(run, step, before)
    return waited


async def _next_change(run: Run, step: PlannedStep, before: tuple[str, ...]) -> None:
    """Waits for a decision or the end of a hold; people are told again that their approval is missing."""
    held = bool(holds.full(run.state, run.now()))
    at = holds.next_end(run.state, run.now()) if held else run.now() + run.plan.approval.patience
    changed = await run.wait(lambda: _reasons(run) != before, at=at)
    if not changed and not held:
        text = f"{'; '.join(before)}. unrack approve {run.id}"
        await run.tell(NoticeKind.OVERDUE, f"{run.id} still waits for approval", text, step=step.id)


def _reasons(run: Run) -> tuple[str, ...]:
    return tuple(found.text for found in guard.stops(run.plan, run.state, run.now()))


async def stoppable(run: Run, step: PlannedStep, call: Callable[[], Awaitable[Result]]) -> Result:
    """Makes a call that changes the service, and stops it when the run is stopped meanwhile.

    The request that is being sent completes; the activity begins no other. What had completed before it could be
    stopped counts as done.

    Raises:
        Interrupted: it was stopped.
        StepStopped: as `call` raises it.
    """
    if not holds.stops(run.plan, step):
        return await call()
    calling = asyncio.ensure_future(call())
    await workflow.wait_condition(lambda: calling.done() or stopped(run, step))
    if not calling.done():
        run.state.stopping = step.id
        run.note(f"stopping: {'; '.join(_reasons(run))}", step=step.id)
        run.publish()
        calling.cancel()
    try:
        return await calling
    except (asyncio.CancelledError, StepStopped) as error:
        if run.state.stopping != step.id or _in_doubt(error):
            raise
        raise Interrupted from None
    finally:
        run.state.stopping = None


def _in_doubt(error: BaseException) -> bool:
    """Whether nobody knows what the call did: that is found out, whatever stopped it."""
    return isinstance(error, StepStopped) and error.unanswered
