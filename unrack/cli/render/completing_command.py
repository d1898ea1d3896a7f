"""The command that completes a task."""

import shlex

from unrack.model.plan import FieldType, FormField
from unrack.operations.listing import WaitingTask


class TaskDocument(WaitingTask):
    """One open task as documents show it."""

    command: str
    """The command that completes it."""


def task_document(waiting: WaitingTask) -> TaskDocument:
    """One task, with the command that completes it."""
    return TaskDocument(**dict(waiting), command=completing_command(waiting))


def completing_command(waiting: WaitingTask) -> str:
    """The exact command that completes a task, with the values to fill in."""
    form = waiting.task.form
    parts = ["unrack", "complete", waiting.run, waiting.task.step]
    for field in form.fields:
        if field.required:
            parts += _option(field)
    for wanted in form.evidence:
        if wanted.required:
            parts += ["--evidence", f"{wanted.type}=PATH"]
    return " ".join(part if part.startswith("--") else shlex.quote(part) for part in parts)


def _option(field: FormField) -> list[str]:
    if field.type is FieldType.HANDOVER:
        return ["--secret", field.name]
    value = {FieldType.YES: "yes", FieldType.DATE: "YYYY-MM-DD", FieldType.CHOICE: "|".join(field.choices)}
    return ["--field", f"{field.name}={value.get(field.type, '…')}"]
