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


async def take_back(run: RunContext, step: PlannedStep, key: str, form: TaskForm) -> None:
    """Asks a person to take the end back and waits. Only completed the undo is done when this returns.

    Rejected, it is parked then, unless an operator has decided on that already.

    The run's own course goes on meanwhile, so nothing here stops when it does.

    Args:
        run: The run.
        step: The step that made the provider end the service.
        key: The id under which the task is answered.
        form: What the person does.
    """
    title = step.undo.title if step.undo else step.title
    if key not in run.state.tasks:
        deadline = _last_moment(run)
        run.state.tasks[key] = OpenTask(
            step=key,
            title=title,
            since=run.now(),
            deadline=deadline,
            form=form,
            rules=step.rules,
            translations=of_these(run.plan.translations, [title, form.model_dump(mode="json")]),
        )
        run.state.step(key).status = StepStatus.WAITING
        run.publish()
        await run.tell(NoticeKind.TASK, f"By {deadline:%Y-%m-%d %H:%M %Z}: {title}", form.instructions, step=key)
    while key in run.state.tasks:
        await _answered_or_late(run, key, title)
    run.publish()
    undo = run.state.step(key)
    if key in run.state.parked:
        run.note(f"parked: {run.state.parked[key].problem.message}", step=key)
    elif undo.status is StepStatus.DONE:
        proofs = ", ".join(f"{kept.type} sha256:{kept.sha256}" for kept in undo.evidence)
        run.note(f"{title}: done by hand{f' ({proofs})' if proofs else ''}", step=key, by=undo.done_by)


async def _answered_or_late(run: RunContext, key: str, title: str) -> None:
    now, due = run.now(), run.state.tasks[key].deadline
    chase_at = due if due > now else now + _CHASE
    left = run.state.clock.until(chase_at, run.time())
    if not await run.pause(lambda: key not in run.state.tasks, left, "until the end can no longer be taken back"):
        run.note("overdue: the provider may not take the end back any more", step=key)
        await run.tell(NoticeKind.OVERDUE, f"{key} is overdue", f"{title}: nobody has said that it is done.", step=key)


def _last_moment(run: RunContext) -> datetime:
    """When the provider stops accepting that the end is taken back."""
    end, effective = run.plan.provider_end, run.state.effective_at or run.state.schedule_again_after
    return run.now() if end is None or effective is None else effective - end.last_call
