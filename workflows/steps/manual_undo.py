"""A scheduled end that only people can take back: a task opens at the last call and waits beside the run's course."""

from datetime import datetime, timedelta

from unrack.contracts.calls import NoticeKind
from unrack.model.lifecycle import StepStatus
from unrack.model.plan import PlannedStep, TaskForm
from unrack.model.state import OpenTask, StepState
from unrack.model.translation import of_these
from workflows.context import RunContext

_CHASE = timedelta(days=1)
"""How often people are told again, at the provider's pace, once the provider's last moment is past."""


def to_be_asked(step: PlannedStep, undo: StepState) -> bool:
    """Whether a person must still do what takes `step` back.

    A step with an action has an undo of the provider's, too: it reads what the person did. When that is tried again,
    the person is not asked once more for what they said is done.
    """
    return step.action is None or undo.done_by is None


async def take_back(context: RunContext, step: PlannedStep, key: str, form: TaskForm) -> None:
    """Asks a person to take the end back and waits. Only completed the undo is done when this returns.

    Rejected, it is parked then, unless an operator has decided on that already.

    The run's own course goes on meanwhile, so nothing here stops when it does.

    Args:
        context: The run.
        step: The step that made the provider end the service.
        key: The id under which the task is answered.
        form: What the person does.
    """
    title = step.undo.title if step.undo else step.title
    if key not in context.state.tasks:
        deadline = _last_moment(context)
        context.state.tasks[key] = OpenTask(
            step=key,
            title=title,
            since=context.now(),
            deadline=deadline,
            form=form,
            rules=step.rules,
            translations=of_these(context.plan.translations, [title, form.model_dump(mode="json")]),
        )
        context.state.step(key).status = StepStatus.WAITING
        context.publish()
        await context.tell(NoticeKind.TASK, f"By {deadline:%Y-%m-%d %H:%M %Z}: {title}", form.instructions, step=key)
    while key in context.state.tasks:
        await _answered_or_late(context, key, title)
    context.publish()
    undo = context.state.step(key)
    if key in context.state.parked:
        context.note(f"parked: {context.state.parked[key].problem.message}", step=key)
    elif undo.status is StepStatus.DONE:
        proofs = ", ".join(f"{kept.type} sha256:{kept.sha256}" for kept in undo.evidence)
        context.note(f"{title}: done by hand{f' ({proofs})' if proofs else ''}", step=key, by=undo.done_by)


async def _answered_or_late(context: RunContext, key: str, title: str) -> None:
    now, due = context.now(), context.state.tasks[key].deadline
    chase_at = due if due > now else now + _CHASE
    left = context.state.clock.until(chase_at, context.time())
    if not await context.pause(
        lambda: key not in context.state.tasks, left, "until the end can no longer be taken back"
    ):
        context.note("overdue: the provider may not take the end back any more", step=key)
        await context.tell(
            NoticeKind.OVERDUE, f"{key} is overdue", f"{title}: nobody has said that it is done.", step=key
        )


def _last_moment(context: RunContext) -> datetime:
    """When the provider stops accepting that the end is taken back."""
    end, effective = context.plan.provider_end, context.state.effective_at or context.state.schedule_again_after
    return context.now() if end is None or effective is None else effective - end.last_call
