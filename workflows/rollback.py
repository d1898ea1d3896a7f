"""Rollback: what a run did is undone, the last step first, and compared with what was captured."""

from unrack.contracts.activities import ReadActivities
from unrack.contracts.calls import CompareCall
from unrack.model import progress
from unrack.model.errors import Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.ids import undo_id
from unrack.model.lifecycle import FINISHED, ParkReason, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from unrack.model.state import Difference, Rollback
from workflows import activity_options, lifecycle
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.steps.step_input import captured
from workflows.steps.undo import Setting, undone, until_done

CONFIGURATION = "configuration"
COMPARE = "undo.compare"


def leave_forward(context: RunContext, rollback: Rollback) -> None:
    """Leaves the way forward, once: what it waited for is closed, the undos that are open stay open."""
    context.state.rolling_back = True
    lifecycle.close_tasks(context.state)
    context.state.parked.clear()
    context.note(msg("rollback ({to}): {reason}", to=rollback.to.value, reason=rollback.reason), by=rollback.by)


async def roll_back(context: RunContext) -> None:
    """Undoes every step that was done or begun and has an undo, then compares with what was captured.

    A scheduled end is revoked before everything else: people may need weeks for their part of the rollback, and the
    provider's date does not wait for them. The rest is undone last one first.
    """
    begun = {step_id for step_id, state in context.state.steps.items() if state.status not in FINISHED}
    for step in progress.last_first(context.plan):
        if step.id in context.state.steps and _due(context, step, begun):
            await undone(context, step, Setting(wait=context.wait, call=context.unless_long))
            context.state.step(step.id).status = StepStatus.UNDONE
        if context.plan.provider_end is not None and step.id == context.plan.provider_end.step:
            context.state.scheduled = False  # now, not after weeks in which people put cables back
    before = next((kept for kept in captured(context) if kept.type == CONFIGURATION), None)
    if before is not None:
        await until_done(context, COMPARE, lambda: _compare(context, before), context.wait)


def _due(context: RunContext, step: PlannedStep, begun: set[str]) -> bool:
    return progress.needs_undo(context.plan, context.state, step) or undo_id(step.id) in begun


async def _compare(context: RunContext, before: EvidenceRef) -> bool:
    """Whether all was restored; what was not parks."""
    call = CompareCall(run=context.id, service=context.plan.service, before=before)
    result = await activity_options.activity(
        ReadActivities.compare,
        call,
        key=COMPARE,
        title=msg("Compare the configuration with the captured one, field by field"),
        how=activity_options.read(activity_options.ATTEMPT * 10),
    )
    context.state.differences = list(result.differences)
    context.state.step(COMPARE).evidence = result.evidence
    unexpected = [difference for difference in result.differences if not difference.expected]
    context.note(
        msg("compared with the captured configuration: {counted}", counted=_counted(unexpected, result.differences)),
        step=COMPARE,
    )
    if unexpected:
        raise StepStopped(ParkReason.NOT_RESTORED, _not_restored(unexpected))
    return True


def _counted(unexpected: list[Difference], every: tuple[Difference, ...]) -> str:
    assigned = len(every) - len(unexpected)
    return msg(
        "{len} fields differ, {assigned} ids were assigned anew by the provider", len=len(unexpected), assigned=assigned
    )


def _not_restored(unexpected: list[Difference]) -> Problem:
    listed = joined("; ", (f"{found.field}: {found.before} → {found.after}" for found in unexpected[:10]))
    return Problem(
        category=Category.CONFLICT,
        message=msg("not restored: {listed}", listed=listed),
        suggestion=msg(
            "Set these fields at the provider by hand, then retry to compare again, or accept them with skip."
        ),
    )
