"""Tasks for people: opened, chased, and done when the decision says so."""

from unrack.contracts.calls import NoticeKind
from unrack.model import holds
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.plan import PlannedStep, TaskForm
from unrack.model.state import OpenTask
from unrack.model.translation import of_these
from workflows.context import RollbackRequested, RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence, stopping


async def ask(context: RunContext, step: str, planned: PlannedStep, title: str, form: TaskForm | None) -> None:
    """Opens a task and waits until a person completed or rejected it. Only completed it is done when this returns.

    Rejected, it is parked then, unless an operator has decided on that already: skipped, or to be asked again. When it
    is late, people are told again; nothing else happens.

    Args:
        context: The run.
        step: The id under which the task is answered: the planned step's, or that of its undo.
        planned: The step whose deadline and rules the task has.
        title: What is asked, in one line.
        form: What to do, to write down and to prove.

    Raises:
        StepStopped: the plan's task has no form, or its proof is not in the store; it is asked anew when retried.
        RollbackRequested: the run was turned round meanwhile; the task is closed.
    """
    if form is None:
        raise StepStopped(ParkReason.UNEXPECTED, Problem(category=Category.INVALID, message=f"{step} has no form"))
    state = context.state.step(step)
    if step not in context.state.tasks:
        now = context.now()
        context.state.tasks[step] = OpenTask(
            step=step,
            title=title,
            since=now,
            deadline=now + planned.timeout,
            form=form,
            rules=planned.rules,
            translations=of_these(context.plan.translations, [title, form.model_dump(mode="json")]),
        )
        state.status = StepStatus.WAITING
        await context.tell(NoticeKind.TASK, title, form.instructions, step=step)
    try:
        await _answered(context, step, planned)
    except RollbackRequested:
        context.state.tasks.pop(step, None)
        raise
    parked = context.state.parked.get(step)
    if state.status is StepStatus.DONE:
        await evidence.in_store(context, step, state.evidence, planned.phase)
    elif parked is not None:
        context.note(f"parked ({parked.reason.value}): {parked.problem.message}", step=step)
        await context.tell(
            NoticeKind.PARKED, f"{step} is parked", parked.problem.message, step=step, reason=parked.reason
        )


async def _answered(context: RunContext, step: str, planned: PlannedStep) -> None:
    """Waits for the answer; people are told when it is late, but not while a hold says that nobody is to act."""

    def held() -> bool:
        return step == planned.id and stopping.stopped(context, planned)

    chase_at = context.state.tasks[step].deadline if step in context.state.tasks else None
    while step in context.state.tasks:
        was_held = held()
        at = holds.next_end(context.state, context.now()) if was_held else chase_at
        if await context.wait(lambda was=was_held: step not in context.state.tasks or held() is not was, at=at):
            chase_at = context.state.tasks[step].deadline if step in context.state.tasks else None
        elif not was_held:
            context.note("overdue", step=step)
            await context.tell(NoticeKind.OVERDUE, f"{step} is overdue", f"{step} still waits for somebody.", step=step)
            chase_at = context.now() + planned.timeout
    context.checkpoint()
