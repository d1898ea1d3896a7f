"""Taking up a run that ended in Temporal and not by itself, from the last state that it knew."""

from datetime import timedelta

from temporalio import workflow

from unrack.contracts.calls import NoticeKind
from unrack.contracts.workflows import Resumption
from unrack.model import progress
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import StepKind, StepStatus
from unrack.model.message import msg
from workflows import activity_options
from workflows.context import RunContext
from workflows.steps import in_doubt

_GONE = Problem(category=Category.UNKNOWN_OUTCOME, message=msg("the run that had begun the call is gone"))

LAST_CALL_OVER = activity_options.ATTEMPT + activity_options.HEARTBEAT
"""Real time after which no attempt of a run that is gone can still be under way: the longest attempt, noticed late."""


async def take_up(context: RunContext, resumed: Resumption) -> None:
    """Makes the state of a run that is gone fit to go on from, says so, and lets its last calls end.

    An attempt that a worker had begun goes on for a while after its run is gone. Until it must be over, nothing is
    done; then a change reads first, and an irreversible call is read whether it happened before it is made again.
    """
    say_what_nobody_judged(context)
    begun = progress.in_flight(context.plan, context.state)
    _mark_in_doubt(context)
    text = msg(
        "resumed by {name} after the run was {how} at {died_at}",
        name=resumed.by.name,
        how=resumed.how,
        died_at=f"{resumed.died_at:%Y-%m-%d %H:%M %Z}",
    )
    text += msg("; begun and begun again: {join}", join=", ".join(begun)) if begun else ""
    context.note(msg("{text}: {reason}", text=text, reason=resumed.reason), by=resumed.by)
    context.publish()
    await context.notify(
        NoticeKind.INTERFERENCE,
        msg("{id} is resumed", id=context.id),
        msg("{text}: {reason}", text=text, reason=resumed.reason),
    )
    left = min(LAST_CALL_OVER, resumed.died_at + LAST_CALL_OVER - workflow.info().start_time)
    if begun and left > timedelta(0):
        await context.pause(lambda: False, left, msg("until the last call of the run that is gone must be over"))


def say_what_nobody_judged(context: RunContext) -> None:
    """Decisions that had arrived are gone with the run: their senders must know."""
    waiting = {each.decision.id for each in context.line.everybody()}
    for each in context.state.unjudged:
        if each.id not in waiting:
            context.note(
                msg("not judged before the run was gone, send it again: {kind} by {by}", kind=each.kind, by=each.by)
            )
    context.state.unjudged = [each for each in context.state.unjudged if each.id in waiting]


def _mark_in_doubt(context: RunContext) -> None:
    """An irreversible call that was in flight may have happened: nobody saw its answer."""
    for step in context.plan.steps:
        state = context.state.steps.get(step.id)
        if step.kind is StepKind.COMMIT and state is not None and state.status is StepStatus.RUNNING:
            in_doubt.mark(context, step, state, _GONE)
