"""Preflight is read again after a hold that stood for long: what was true before it may not be so any more."""

from collections.abc import Awaitable, Callable, Sequence

from unrack.model import progress
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import FINISHED, ParkReason, Phase, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from unrack.model.service import Finding
from unrack.model.state import StepState
from workflows.context import RunContext
from workflows.errors import StepStopped


async def recheck(context: RunContext, read: Callable[[Sequence[PlannedStep]], Awaitable[None]]) -> None:
    """Reads every check of preflight again; what differs from before parks, and a person decides.

    A skip stands for what was shown then, and for no more.

    Args:
        context: The run.
        read: Runs checks until each is done or skipped.
    """
    again = [step for step in context.plan.in_phase(Phase.PREFLIGHT) if step.kind is StepKind.CHECK]
    for step in again:
        state = context.state.step(step.id)
        if state.status in FINISHED:
            state.status, state.before = StepStatus.PENDING, state.findings
    context.note(msg("held for more than an hour: what preflight saw is read again"))
    await read(again)
    for step in again:
        context.state.step(step.id).before = None
    context.state.recheck_preflight = False


def refuse_changed(context: RunContext, step: PlannedStep, state: StepState) -> None:
    """Parks a check that shows something else than before the hold.

    Once the run has asked for the end itself, its own doing shows, too: then only what blocks is a person's to judge,
    and the checks of purge know what this run did.

    Raises:
        StepStopped: it differs.
    """
    if state.before is None or _asked_for_the_end(context):
        return
    new = [found for found in state.findings if not _among(found, (*state.before, *state.accepted))]
    gone = [found for found in state.before if not _among(found, (*state.findings, *state.accepted))]
    if not new and not gone:
        return
    told = [msg("now {text}", text=found.text) for found in new] or [
        msg("no longer {text}", text=found.text) for found in gone
    ]
    problem = Problem(
        category=Category.CONFLICT,
        message=msg(
            "{title}: something changed while the run was held: {join}", title=step.title, join=joined("; ", told)
        ),
        suggestion=msg("Find out who changed it and why; then retry the step, or skip it with a reason to accept it."),
    )
    shown = (found.model_copy(update={"blocking": True}) for found in (new or gone))
    raise StepStopped(ParkReason.BLOCKED, problem, (*state.accepted, *shown))


def _asked_for_the_end(context: RunContext) -> bool:
    acting = progress.ACTING[progress.ACTING.index(Phase.REQUEST) :]
    return any(step.phase in acting for step in progress.touched(context.plan, context.state))


def _among(found: Finding, known: tuple[Finding, ...]) -> bool:
    return any(found.same_as(each) for each in known)
