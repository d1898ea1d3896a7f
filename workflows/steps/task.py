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


async def ask(run: RunContext, step: str, planned: PlannedStep, title: str, form: TaskForm | None) -> None:
    """Opens a task and waits until a person completed or rejected it. Only completed it is done when this returns.

    Rejected, it is parked then, unless an operator has decided on that already: skipped, or to be asked again. When it
    is late, people are told again; nothing else happens.

    Args:
        run: The run.
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
    state = run.state.step(step)
    if step not in run.state.tasks:
        now = run.now()
        run.state.tasks[step] = OpenTask(
            step=step,
            title=title,
            since=now,
            deadline=now + planned.timeout,
            form=form,
            rules=planned.rules,
            translations=of_these(run.plan.translations, [title, form.model_dump(mode="json")]),
        )
        state.status = StepStatus.WAITING
        await run.tell(NoticeKind.TASK, title, form.instructions, step=step)
    try:
        await _answered(run, step, planned)
    except RollbackRequested:
        run.state.tasks.pop(step, None)
        raise
    parked = run.state.parked.get(step)
    if state.status is StepStatus.DONE:
        await evidence.in_store(run, step, state.evidence, planned.phase)
    elif parked is not None:
        run.note(f"parked ({parked.reason.value}): {parked.problem.message}", step=step)
        await run.tell(NoticeKind.PARKED, f"{step} is parked", parked.problem.message, step=step, reason=parked.reason)


async def _answered(run: RunContext, step: str, planned: PlannedStep) -> None:
    """Waits for the answer; people are told when it is late, but not while a hold says that nobody is to act."""

    def held() -> bool:
        return step == planned.id and stopping.stopped(run, planned)

    chase_at = run.state.tasks[step].deadline if step in run.state.tasks else None
    while step in run.state.tasks:
        was_held = held()
        at = holds.next_end(run.state, run.now()) if was_held else chase_at
        if await run.wait(lambda was=was_held: step not in run.state.tasks or held() is not was, at=at):
            chase_at = run.state.tasks[step].deadline if step in run.state.tasks else None
        elif not was_held:
            run.note("overdue", step=step)
            await run.tell(NoticeKind.OVERDUE, f"{step} is overdue", f"{step} still waits for somebody.", step=step)
            chase_at = run.now() + planned.timeout
    run.checkpoint()
