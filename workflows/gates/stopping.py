"""Stop means stop: what keeps a step from changing the service, before it begins and while its call is under way.

A full hold stops every call that would change the service forward; so do approvals that no longer count. Reads, clocks,
the last call's take-back, rollback, and steps that restore go on.

A call that no worker took up in time was judged too long ago: it is withdrawn, and judged anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from unrack.contracts.calls import NoticeKind
from unrack.model import holds
from unrack.model.lifecycle import StepKind
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from workflows import activity_options, installation_holds, reminders
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import guard, no_return
from workflows.gates.unjudged import Rounds

Result = TypeVar("Result")


class Interrupted(Exception):  # noqa: N818 - control flow of a step, not an error
    """The call of a step was stopped, or not taken up, before it was sent. The step is begun again."""


def stopped(context: RunContext, step: PlannedStep) -> bool:
    """Whether `step` must not change the service now."""
    return holds.stops(context.plan, step) and bool(guard.stops(context.plan, context.state, context.now()))


async def until_free(context: RunContext, step: PlannedStep) -> bool:
    """Waits until nothing keeps the run from changing the service with `step`, or from passing the point of no return.

    It asks for the installation's holds first. Decisions that would stop the run, and that nobody has judged yet, are
    waited for, too.

    Returns:
        Whether it had to wait, so that what was read before is old by now.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    waited = not context.holds_taken_over
    await installation_holds.take_over(context)
    context.checkpoint()
    rounds = Rounds(context)
    while (before := _reasons(context)) or rounds.are_left:
        waited = True
        if before:
            await _until_other_reasons(context, step, before)
            rounds = Rounds(context)
        else:
            await rounds.wait(step.id)
    return waited


async def _until_other_reasons(context: RunContext, step: PlannedStep, before: tuple[str, ...]) -> None:
    context.note(msg("not yet: ") + joined("; ", before), step=step.id)
    while _reasons(context) == before:
        await _next_change(context, step, before)


async def _next_change(context: RunContext, step: PlannedStep, before: tuple[str, ...]) -> None:
    """Waits for a decision or the end of a hold; people are told again that their approval is missing."""
    held = bool(holds.full(context.state, context.now()))
    at = holds.next_end(context.state, context.now()) if held else reminders.of_approval(context.plan, context.now())
    changed = await context.wait(lambda: _reasons(context) != before, at=at)
    if not changed and not held:
        text = msg("{join}. unrack approve {id}", join=joined("; ", before), id=context.id)
        await context.notify(
            NoticeKind.OVERDUE, msg("{id} still waits for approval", id=context.id), text, step=step.id
        )


def _reasons(context: RunContext) -> tuple[str, ...]:
    return tuple(found.text for found in guard.stops(context.plan, context.state, context.now()))


async def stoppable(context: RunContext, step: PlannedStep, call: Callable[[], Awaitable[Result]]) -> Result:
    """Makes a call that changes the service, and stops it when the run is stopped meanwhile.

    The request that is being sent completes; the activity begins no other. What had completed before it could be
    stopped counts as done. Where no worker takes the call up, it is waited for one here: its timeout does not run.

    Raises:
        Interrupted: it was stopped, or no worker took it up.
        StepStopped: as `call` raises it.
    """
    try:
        return await _stopped_meanwhile(context, step, call)
    except StepStopped as stop:
        if not stop.not_taken_up or _in_doubt(step, stop):
            raise
    await _until_a_worker_is_there(context, step)
    raise Interrupted(msg("no worker had taken it up; it is judged anew, and begun again"))


async def _stopped_meanwhile(context: RunContext, step: PlannedStep, call: Callable[[], Awaitable[Result]]) -> Result:
    if not holds.stops(context.plan, step):
        return await call()
    under_way = asyncio.ensure_future(call())
    await context.until(lambda: under_way.done() or stopped(context, step))
    if not under_way.done():
        context.state.stopping = step.id
        context.note(msg("stopping: {join}", join=joined("; ", _reasons(context))), step=step.id)
        context.publish()
        under_way.cancel()
    try:
        return await under_way
    except (asyncio.CancelledError, StepStopped) as error:
        if context.state.stopping != step.id or _in_doubt(step, error):
            raise
        raise Interrupted(msg("stopped; it is begun again once nothing holds the run")) from None
    finally:
        context.state.stopping = None


async def _until_a_worker_is_there(context: RunContext, step: PlannedStep) -> None:
    """Says that the call waits for a worker, and waits for one: the notice itself is a call that waits for it."""
    no_return.not_begun(context, step)
    state = context.state.step(step.id)
    state.note, state.no_worker_since = msg("not sent: no worker takes calls"), context.now()
    context.note(msg("not sent: no worker took the call up in time"), step=step.id)
    text = msg(
        "No worker took it up within {seconds} seconds: none ran, or all were busy. "
        "Nothing was sent, and its timeout does not run. What stands against it is judged anew before it is sent. "
        "unrack doctor, unrack status {id}",
        seconds=activity_options.TAKEN_UP_WITHIN.seconds,
        id=context.id,
    )
    await context.notify(NoticeKind.OVERDUE, msg("{id} waits for a worker", id=step.id), text, step=step.id)
    state.no_worker_since = None


def _in_doubt(step: PlannedStep, error: BaseException) -> bool:
    """Whether nobody knows what an irreversible call did: that is found out, whatever stopped it.

    A change reads first when it is begun again, whatever its worker died of.
    """
    return step.kind is StepKind.COMMIT and isinstance(error, StepStopped) and error.in_doubt
