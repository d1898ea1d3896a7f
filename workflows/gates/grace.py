"""The window in which nothing is lost yet."""

from unrack.model import holds
from unrack.model.lifecycle import FINISHED, OVERTAKEN, SCHEDULING, Phase, StepStatus
from workflows.context import RunContext
from workflows.gates.guard import window_blockers
from workflows.gates.scheduled_end import LastCall, taking_back
from workflows.gates.waiting import AFTER_TERM, until_clear
from workflows.steps.runner import StepRunner


async def through(context: RunContext, steps: StepRunner, last_call: LastCall) -> None:
    """Waits until grace is over and, where the provider ends the service by itself, its end is scheduled.

    The end of grace may move while it waits. Whether the purge may then begin is not decided here but at the guard.
    """
    context.state.grace.begun_at = context.state.grace.begun_at or context.now()
    while True:
        await _schedule(context, steps, last_call)
        await until_clear(
            context, lambda: _moved(context) or not window_blockers(context.plan, context.state, context.now())
        )
        if not _moved(context):
            context.note("grace is over")
            return


def back_to(context: RunContext) -> None:
    """The scheduled end was taken back while the run was about to purge: what it had prepared is prepared anew."""
    context.state.phase = Phase.GRACE
    for step in context.plan.in_phase(Phase.PURGE):
        context.state.parked.pop(step.id, None)
        context.state.tasks.pop(step.id, None)
        if step.id in context.state.steps:
            context.state.steps[step.id] = context.state.step(step.id).anew()
    context.note("back to grace: the end at the provider was taken back before the point of no return")


def pass_over(context: RunContext) -> None:
    """The provider ended the service by itself: what would have scheduled its end and purged it is left out."""
    for step in context.plan.steps:
        state = context.state.step(step.id)
        if step.phase in OVERTAKEN and state.status not in FINISHED:
            context.state.parked.pop(step.id, None)
            context.state.tasks.pop(step.id, None)
            state.status, state.ended_at = StepStatus.SKIPPED, context.now()
            state.skipped_because = "the provider ended the service by itself"
    context.note("on to the proof: the provider ended the service by itself, nothing is purged")


def _moved(context: RunContext) -> bool:
    return context.plan.provider_end is not None and not context.state.scheduled


async def _released(context: RunContext) -> None:
    """Waits until nobody holds the run, not even its purge alone, and the end is taken back at the provider."""

    def free() -> bool:
        return not holds.standing(context.state, context.now()) and not taking_back(context.plan, context.state)

    while not await context.wait(free, at=holds.next_end(context.state, context.now())):
        context.lift_expired()


async def _schedule(context: RunContext, steps: StepRunner, last_call: LastCall) -> None:
    """Has the end scheduled again after it was taken back, once holds are gone and the term has passed.

    StepRunner that are done stay done: a fresh history goes on with those that are left.
    """
    if _moved(context):
        await _released(context)
        if context.state.schedule_again_after is not None:
            await context.wait(lambda: False, at=context.state.schedule_again_after + AFTER_TERM)
    lost = context.state.schedule_again_after
    for step in context.plan.steps:
        if step.phase in SCHEDULING and context.state.schedule_again_after == lost:  # else it was taken back once more
            await steps.step(step)
            last_call.begin()
