"""Tasks for people: opened, chased, and done when the decision says so. The one way in which a run asks a person."""

from dataclasses import dataclass
from datetime import datetime

from unrack.contracts.calls import NoticeKind
from unrack.model import holds
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, StepStatus
from unrack.model.message import msg
from unrack.model.plan import PlannedStep, TaskForm
from unrack.model.state import OpenTask
from unrack.model.translation import of_these
from workflows import reminders
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import stopping
from workflows.steps.parking import parking_words
from workflows.waiting import Wait


@dataclass(frozen=True, slots=True)
class LastMoment:
    """Until when a task must be done, where the provider's date does not wait for it."""

    at: datetime
    missed: str
    """Why the moment matters, as ``the provider may not take it back any more``."""


async def ask(  # noqa: PLR0913 - what a task has
    context: RunContext,
    step_id: str,
    step: PlannedStep,
    title: str,
    form: TaskForm | None,
    *,
    wait: Wait,
    last: LastMoment | None = None,
) -> None:
    """Opens a task and waits until a person completed or rejected it. Only completed it is done when this returns.

    Rejected, it is parked then, unless an operator has decided on that already: skipped, or to be asked again. When it
    is late, people are told again; nothing else happens.

    Args:
        context: The run.
        step_id: The id under which the task is answered: the planned step's, or that of its undo.
        step: The step whose deadline and rules the task has.
        title: What is asked, in one line.
        form: What to do, to write down and to prove.
        wait: How the run waits for the answer: in its course, or beside it.
        last: Until when it must be done; None: as long as the step may take.

    Raises:
        StepStopped: the plan's task has no form.
        PhaseLeft: the run left its phase meanwhile, if it waits in its course.
    """
    if form is None:
        raise StepStopped(
            ParkReason.UNEXPECTED,
            Problem(category=Category.INVALID, message=msg("{step_id} has no form", step_id=step_id)),
        )
    if step_id not in context.state.tasks:
        await _open(context, step_id, step, title=title, form=form, last=last)
    await _answered(context, step_id, step, wait, last)
    parked = context.state.parked.get(step_id)
    if parked is not None and context.state.step(step_id).status is not StepStatus.DONE:
        context.note(parking_words(parked), step=step_id)
        said, reason = parked.problem.message, parked.reason
        await context.notify(
            NoticeKind.PARKED, msg("{step_id} is parked", step_id=step_id), said, step=step_id, reason=reason
        )


async def _open(  # noqa: PLR0913 - as `ask`
    context: RunContext, step_id: str, step: PlannedStep, *, title: str, form: TaskForm, last: LastMoment | None
) -> None:
    now = context.now()
    deadline = last.at if last is not None else now + step.timeout
    context.state.tasks[step_id] = OpenTask(
        step=step_id,
        title=title,
        since=now,
        deadline=deadline,
        form=form,
        rules=step.rules,
        translations=of_these(context.plan.translations, [title, form.model_dump(mode="json")]),
    )
    context.state.step(step_id).status = StepStatus.WAITING
    told = msg("By {deadline}: {title}", deadline=f"{deadline:%Y-%m-%d %H:%M %Z}", title=title) if last else title
    await context.notify(NoticeKind.TASK, told, form.instructions, step=step_id)


async def _answered(context: RunContext, step_id: str, step: PlannedStep, wait: Wait, last: LastMoment | None) -> None:
    """Waits for the answer; people are told when it is late, but not while a hold says that nobody is to act."""

    def held() -> bool:
        return step_id == step.id and stopping.stopped(context, step)

    while True:
        was_held, now = held(), context.now()
        at = holds.next_end(context.state, now) if was_held else _next_reminder(context, step_id, step, last)
        changed = await wait(lambda was=was_held: step_id not in context.state.tasks or held() is not was, at=at)
        if step_id not in context.state.tasks:
            return
        if not changed and not was_held:
            note = msg("overdue: {missed}", missed=last.missed) if last is not None else msg("overdue")
            context.note(note, step=step_id)
            text = msg("{step} still waits for somebody.", step=step_id)
            await context.notify(NoticeKind.OVERDUE, msg("{step} is overdue", step=step_id), text, step=step_id)


def _next_reminder(context: RunContext, step_id: str, step: PlannedStep, last: LastMoment | None) -> datetime | None:
    task = context.state.tasks.get(step_id)
    if task is None:
        return None
    return reminders.of_task(step, task.deadline, context.now(), at_last_call=last is not None)
