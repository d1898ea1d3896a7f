"""Takes back what one step did. The one engine for it: a rollback undoes in the run's course, the last call beside it.

An undo is repeated until it worked or an operator skips it; between attempts it is parked. People do their part first,
what they did is read at the provider where a call can do that, and their proof is looked for in the store last: nothing
that protects the service waits for the evidence store.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from unrack.contracts.activities import ChangeActivities
from unrack.contracts.calls import ChangeResult
from unrack.model.ids import undo_id
from unrack.model.lifecycle import FINISHED, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep
from unrack.model.state import StepState
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence
from workflows.steps import task
from workflows.steps.parking import park, unparked
from workflows.steps.step_input import call_of
from workflows.steps.task import LastMoment
from workflows.waiting import Wait

Attempt = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an undo runs: in the course of the run, or beside it."""

    wait: Wait
    call: Callable[[Callable[[], Awaitable[ChangeResult]]], Awaitable[ChangeResult]]
    """Makes the provider's call, and says what may interrupt it."""
    last: LastMoment | None = None
    """Until when a person must have done it."""


async def undone(
    context: RunContext, step: PlannedStep, setting: Setting, due: Callable[[], bool] = lambda: True
) -> None:
    """Takes `step` back; returns when that is done, an operator skipped it, or it is not `due` any more."""
    await until_done(context, undo_id(step.id), lambda: _attempt(context, step, setting), setting.wait, due)


async def until_done(
    context: RunContext, step_id: str, attempt: Attempt, wait: Wait, due: Callable[[], bool] = lambda: True
) -> None:
    """Repeats `attempt` until it says that it worked, or an operator skips it; between attempts it is parked."""
    state = context.state.step(step_id)
    while state.status not in FINISHED and due():
        if step_id in context.state.parked:
            await unparked(context, step_id, wait)
            continue
        state.begun_at, state.tries = state.begun_at or context.now(), state.tries + 1
        try:
            if await attempt():
                state.status, state.ended_at = StepStatus.DONE, context.now()
        except StepStopped as stop:
            await park(context, step_id, stop, may_skip=True)


async def _attempt(context: RunContext, step: PlannedStep, setting: Setting) -> bool:
    """Takes `step` back; False when the person who was asked rejected that."""
    step_id, title = undo_id(step.id), step.undo.title if step.undo else step.title
    state, form = context.state.step(step_id), step.undo.task if step.undo else None
    if form is not None and state.done_by is None:  # else it only failed after that: nobody is asked twice
        await task.ask(context, step_id, step, title, form, wait=setting.wait, last=setting.last)
        if state.status is not StepStatus.DONE:
            return False
        proofs = ", ".join(f"{kept.type} sha256:{kept.sha256}" for kept in state.evidence)
        context.note(
            msg("{title}: done by hand{value}", title=title, value=f" ({proofs})" if proofs else ""),
            step=step_id,
            by=state.done_by,
        )
    state.status = StepStatus.UNDOING  # what a person says is done is verified first
    if form is None or step.action is not None:
        await _call(context, step, setting, title)
    await _prove(context, step, state)
    return True


async def _prove(context: RunContext, step: PlannedStep, undo: StepState) -> None:
    """Looks for what a person proved it with; they are asked again when that is not in the store."""
    try:
        await evidence.in_store(context, undo_id(step.id), undo.evidence, step.phase)
    except StepStopped as stop:
        if not stop.outage:
            undo.done_by = None
        raise


async def _call(context: RunContext, step: PlannedStep, setting: Setting, title: str) -> None:
    undo = context.state.step(undo_id(step.id))
    result = await setting.call(
        lambda: activity_options.activity(
            ChangeActivities.undo,
            call_of(context, step, context.state.step(step.id)),
            key=undo_id(step.id),
            title=title,
            how=activity_options.undo(context.here(step.timeout)),
            phase=step.phase,
        )
    )
    undo.note, undo.references = result.note, result.references
    context.note(msg("{title}: {note}", title=title, note=result.note), step=undo_id(step.id))
