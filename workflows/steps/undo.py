"""Reactivation: what was done is undone in reverse order, each undo with its own retries and parking."""

from collections.abc import Awaitable, Callable

from unrack.contracts.activities import ChangeActivities, ReadActivities
from unrack.contracts.calls import CompareCall
from unrack.model import progress
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.ids import undo_id, undone_step
from unrack.model.lifecycle import FINISHED, ParkReason, StepStatus
from unrack.model.plan import PlannedStep
from unrack.model.state import Difference, Rollback
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.steps import manual_undo, task
from workflows.steps.parking import park, unparked
from workflows.steps.step_input import call_of, captured

CONFIGURATION = "configuration"
COMPARE = "undo.compare"


def begin(context: RunContext, turn: Rollback) -> None:
    """Leaves the way forward, once: what it waited for is closed, the parts of a way back that are open stay open."""
    context.state.rolling_back = True
    for step in [step for step in context.state.tasks if undone_step(step) is None]:
        del context.state.tasks[step]
    context.state.parked.clear()
    context.note(f"turned round ({turn.to.value}): {turn.reason}", by=turn.by)


async def take_back(context: RunContext) -> None:
    """Undoes every step that was done or begun and has an undo, then compares with what was captured.

    A scheduled end is taken back before everything else: people may need weeks for their part of the way back, and the
    provider's date does not wait for them. The rest is undone last one first.
    """
    context.turning = True
    unfinished = {key for key, undo in context.state.steps.items() if undo.status not in FINISHED}
    for step in progress.last_first(context.plan):
        state = context.state.steps.get(step.id)
        due = progress.needs_undo(context.plan, context.state, step) or undo_id(step.id) in unfinished
        if state is not None and due:
            await _until_done(context, undo_id(step.id), lambda s=step: _undo(context, s))
            state.status = StepStatus.UNDONE
        if context.plan.provider_end is not None and step.id == context.plan.provider_end.step:
            context.state.scheduled = False  # now, not after weeks in which people put cables back
    before = next((kept for kept in captured(context) if kept.type == CONFIGURATION), None)
    if before is not None:
        await _until_done(context, COMPARE, lambda: _compare(context, before))


async def _until_done(context: RunContext, step: str, attempt: Callable[[], Awaitable[bool]]) -> None:
    """Repeats `attempt` until it says that it worked, or an operator skips it; between attempts it is parked."""
    state = context.state.step(step)
    while state.status not in FINISHED:
        if step in context.state.parked:
            await unparked(context, step)
            continue
        state.begun_at, state.tries = state.begun_at or context.now(), state.tries + 1
        try:
            if await attempt():
                state.status, state.ended_at = StepStatus.DONE, context.now()
        except StepStopped as stop:
            await park(
                context, step, stop, may_skip=True, by_itself=context.state.step(step).status is not StepStatus.DONE
            )


async def _undo(context: RunContext, step: PlannedStep) -> bool:
    """Takes `step` back; False when the person who was asked rejected that."""
    title = step.undo.title if step.undo else step.title
    undo = context.state.step(undo_id(step.id))
    if step.undo is not None and step.undo.task is not None and manual_undo.to_be_asked(step, undo):
        await task.ask(context, undo_id(step.id), step, title, step.undo.task)
        if undo.status is not StepStatus.DONE:
            return False
        context.note(title, step=undo_id(step.id), by=undo.done_by)
        if step.action is None:
            return True  # else that it was done is read at the provider
    result = await context.unless_long(
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
    context.note(f"{title}: {result.note}", step=undo_id(step.id))
    return True


async def _compare(context: RunContext, before: EvidenceRef) -> bool:
    """Whether all was restored; what was not parks."""
    call = CompareCall(run=context.id, service=context.plan.service, before=before)
    result = await activity_options.activity(
        ReadActivities.compare,
        call,
        key=COMPARE,
        title="Compare the configuration with the captured one, field by field",
        how=activity_options.read(activity_options.ATTEMPT * 10),
    )
    context.state.differences = list(result.differences)
    context.state.step(COMPARE).evidence = result.evidence
    unexpected = [difference for difference in result.differences if not difference.expected]
    context.note(f"compared with the captured configuration: {_counted(unexpected, result.differences)}", step=COMPARE)
    if unexpected:
        raise StepStopped(ParkReason.NOT_RESTORED, _not_restored(unexpected))
    return True


def _counted(unexpected: list[Difference], every: tuple[Difference, ...]) -> str:
    assigned = len(every) - len(unexpected)
    return f"{len(unexpected)} fields differ, {assigned} ids were assigned anew by the provider"


def _not_restored(unexpected: list[Difference]) -> Problem:
    listed = "; ".join(f"{found.field}: {found.before} → {found.after}" for found in unexpected[:10])
    return Problem(
        category=Category.CONFLICT,
        message=f"not restored: {listed}",
        suggestion="Set these fields at the provider by hand, then retry to compare again, or accept them with skip.",
    )
