"""The tasks of a plan: which step a person means, its form, and what the workflow would refuse there.

The workflow judges; what is checked here only saves a person a round trip.
"""

from collections.abc import Iterable, Mapping
from uuid import uuid4

from unrack.documents.diagnostics import did_you_mean
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.form import Fault, Known, faults
from unrack.model.ids import undo_id, undone_step
from unrack.model.message import joined, msg
from unrack.model.plan import Plan, PlannedStep, TaskForm


def new_decision_id() -> str:
    """An id that no other decision has."""
    return f"cli-{uuid4().hex}"


def find_step(plan: Plan, text: str) -> str:
    """The full id of the step that a person means by `text`: its id, or its name without the phase when unique.

    Raises:
        UnrackError: the plan has no such step; the problem suggests the nearest (``INVALID``).
    """
    known = [*(step.id for step in plan.steps), *(undo_id(step.id) for step in plan.steps if step.undo)]
    if text in known:
        return text
    by_name = [step for step in known if undone_step(step) is None and step.partition(".")[2] == text]
    if len(by_name) == 1:
        return by_name[0]
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("the plan of this run has no step '{text}'", text=text),
            suggestion=did_you_mean(text, known),
        )
    )


def form_of(plan: Plan, step: str) -> TaskForm:
    """The form of the human task `step`.

    Raises:
        UnrackError: `step` is not done by a person (``INVALID``).
    """
    undone = undone_step(step)
    planned = plan.step(undone or step)
    form = planned.task if undone is None else _undo_form(planned)
    if form is None:
        tasks = ", ".join(each.id for each in plan.steps if each.task) or "none"
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("'{step}' is no task for a person: the run does it by itself", step=step),
                suggestion=msg(
                    "tasks of this run: {tasks}; a parked step is resolved with `unrack resolve`", tasks=tasks
                ),
            )
        )
    return form


def check_form(form: TaskForm, fields: Mapping[str, str], evidence: Iterable[str], known: Known) -> None:
    """Refuse what the workflow would refuse, before anything is sent.

    Args:
        form: What is asked for.
        fields: What was written.
        evidence: The types of the proofs.
        known: The provider's time and the days that the run knows.

    Raises:
        UnrackError: everything that is wrong, in one problem (``INVALID``).
    """
    wrong = faults(form, fields, evidence, known)
    if wrong:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "the form is not right: {join}", join=joined("; ", (_told(fault, form) for fault in wrong))
                ),
                suggestion=msg("nothing was sent; see what is asked for with `unrack tasks`"),
            )
        )


def _told(fault: Fault, form: TaskForm) -> str:
    names = [field.name for field in form.fields] + [wanted.type for wanted in form.evidence]
    nearest = "" if fault.known else did_you_mean(fault.name, names)
    return msg("{text}. {nearest}", text=fault.text, nearest=nearest) if nearest.startswith("Did") else fault.text


def _undo_form(planned: PlannedStep) -> TaskForm | None:
    return planned.undo.task if planned.undo else None
