"""The gate of grace: the window in which nothing is lost yet, and the moment at which a run may purge."""

from collections.abc import Awaitable, Callable

from unrack.model import holds
from unrack.model.lifecycle import SCHEDULING
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.window import next_change
from workflows.context import RunContext
from workflows.gates.guard import window_blockers
from workflows.gates.scheduled_end import AFTER_TERM
from workflows.lifecycle import EndStatus, end_status


async def passed(
    context: RunContext, run_step: Callable[[PlannedStep], Awaitable[None]], watch: Callable[[], None]
) -> None:
    """Waits until grace is over and, where the provider ends the service by itself, its end is scheduled.

    The end of grace may move while it waits. Whether the purge may then begin is not decided here but at the guard.

    Args:
        context: The run.
        run_step: Runs a step until it is done or skipped.
        watch: Begins the watch over a scheduled end, unless somebody watches already.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    context.state.grace.begun_at = context.state.grace.begun_at or context.now()
    while True:
        await _schedule(context, run_step, watch)
        await until_clear(
            context, lambda: _lost(context) or not window_blockers(context.plan, context.state, context.now())
        )
        if not _lost(context):
            context.note(msg("grace is over"))
            return


async def until_clear(context: RunContext, clear: Callable[[], bool]) -> None:
    """Waits until `clear`; asks again whenever a decision comes and on each date that changes what forbids the purge.

    Each timer belongs to one such date. A decision that moves the date ends the wait, and the timer with it, so that no
    timer fires for a date that no longer counts.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """
    while not clear():
        at = next_change(context.plan, context.state, context.now())
        await context.wait(
            lambda a=at: clear() or next_change(context.plan, context.state, context.now()) != a,
            at=at,
        )


def _lost(context: RunContext) -> bool:
    """Whether the end that the provider was to bring about is not scheduled."""
    return end_status(context.plan, context.state) not in (EndStatus.NONE, EndStatus.SCHEDULED)


async def _schedule(
    context: RunContext, run_step: Callable[[PlannedStep], Awaitable[None]], watch: Callable[[], None]
) -> None:
    """Has the end scheduled again after it was revoked, once holds are gone and the term has passed.

    Steps that are done stay done: a fresh history goes on with those that are left.
    """
    if _lost(context):
        await _released(context)
        if context.state.schedule_again_after is not None:
            await context.wait(lambda: False, at=context.state.schedule_again_after + AFTER_TERM)
            await _released(context)  # a hold may have come until then, or the revocation failed after all
    lost = context.state.schedule_again_after
    for step in context.plan.steps:
        if step.phase in SCHEDULING and context.state.schedule_again_after == lost:  # else it was revoked once more
            await run_step(step)
            watch()


async def _released(context: RunContext) -> None:
    """Waits until nobody holds the run, not even its purge alone, and the end is revoked at the provider."""

    def free() -> bool:
        revoking = end_status(context.plan, context.state) is EndStatus.REVOKING
        return not revoking and not holds.standing(context.state, context.now())

    while not await context.wait(free, at=holds.next_end(context.state, context.now())):
        context.lift_expired()
