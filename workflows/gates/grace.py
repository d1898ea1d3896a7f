"""The window in which nothing is lost yet."""

from unrack.model import holds
from unrack.model.lifecycle import FINISHED, OVERTAKEN, SCHEDULING, Phase, StepStatus
from workflows.context import RunContext
from workflows.gates.guard import window_blockers
from workflows.gates.scheduled_end import LastCall, taking_back
from workflows.gates.waiting import AFTER_TERM, until_clear
from workflows.steps.runner import StepRunner


async def through(run: RunContext, steps: StepRunner, last_call: LastCall) -> None:
    """Waits until grace is over and, where the provider ends the service by itself, its end is scheduled.

    The end of grace may move while it waits. Whether the purge may then begin is not decided here but at the guard.
    """
    run.state.grace.begun_at = run.state.grace.begun_at or run.now()
    while True:
        await _schedule(run, steps, last_call)
        await until_clear(run, lambda: _moved(run) or not window_blockers(run.plan, run.state, run.now()))
        if not _moved(run):
            run.note("grace is over")
            return


def back_to(run: RunContext) -> None:
    """The scheduled end was taken back while the run was about to purge: what it had prepared is prepared anew."""
    run.state.phase = Phase.GRACE
    for step in run.plan.in_phase(Phase.PURGE):
        run.state.parked.pop(step.id, None)
        run.state.tasks.pop(step.id, None)
        if step.id in run.state.steps:
            run.state.steps[step.id] = run.state.step(step.id).anew()
    run.note("back to grace: the end at the provider was taken back before the point of no return")


def pass_over(run: RunContext) -> None:
    """The provider ended the service by itself: what would have scheduled its end and purged it is left out."""
    for step in run.plan.steps:
        state = run.state.step(step.id)
        if step.phase in OVERTAKEN and state.status not in FINISHED:
            run.state.parked.pop(step.id, None)
            run.state.tasks.pop(step.id, None)
            state.status, state.ended_at = StepStatus.SKIPPED, run.now()
            state.skipped_because = "the provider ended the service by itself"
    run.note("on to the proof: the provider ended the service by itself, nothing is purged")


def _moved(run: RunContext) -> bool:
    return run.plan.provider_end is not None and not run.state.scheduled


async def _released(run: RunContext) -> None:
    """Waits until nobody holds the run, not even its purge alone, and the end is taken back at the provider."""

    def free() -> bool:
        return not holds.standing(run.state, run.now()) and not taking_back(run.plan, run.state)

    while not await run.wait(free, at=holds.next_end(run.state, run.now())):
        run.lift_expired()


async def _schedule(run: RunContext, steps: StepRunner, last_call: LastCall) -> None:
    """Has the end scheduled again after it was taken back, once holds are gone and the term has passed.

    StepRunner that are done stay done: a fresh history goes on with those that are left.
    """
    if _moved(run):
        await _released(run)
        if run.state.schedule_again_after is not None:
            await run.wait(lambda: False, at=run.state.schedule_again_after + AFTER_TERM)
    lost = run.state.schedule_again_after
    for step in run.plan.steps:
        if step.phase in SCHEDULING and run.state.schedule_again_after == lost:  # else it was taken back once more
            await steps.step(step)
            last_call.begin()
