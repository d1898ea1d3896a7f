"""The person of a demo: answers any task with example values and example proofs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceWanted
from unrack.model.message import msg
from unrack.model.plan import FieldType, FormField
from unrack.model.state import OpenTask

_TEXTS = {
    "operator": "Equinix PA3",
    "order-number": "1-234567890",
    "network-checked-by": "Nadia Okafor",
    "workloads-checked-by": "Wei Zhang",
    "checked-by": "Nadia Okafor",
}
"""The person's answers, by the name of the field. Any other text field gets an example that says so."""


def command_for(run: str, task: OpenTask, now: datetime, folder: Path) -> list[str]:
    """The words of the command that completes `task`; makes the example proofs that it names in `folder`.

    Args:
        run: The run's id.
        task: What waits.
        now: The provider's time, for dates.
        folder: Where the example files go.
    """
    words = ["complete", run, task.step]
    for field in task.form.fields:
        if field.required:
            words += ["--field", f"{field.name}={_value(field, now)}"]
    for kind, path in _proofs(task, now, folder):
        words += ["--evidence", f"{kind}={path}"]
    return words


def _value(field: FormField, now: datetime) -> str:
    match field.type:
        case FieldType.YES:
            return "yes"
        case FieldType.CHOICE:
            return field.choices[0]
        case FieldType.DATE:
            return (now + timedelta(days=30 if field.not_before and not field.happened else 0)).date().isoformat()
        case FieldType.HANDOVER:
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=msg("the demo hands over no secret, but '{name}' is one", name=field.name),
                    suggestion=msg("use a request whose timing needs no mailed token"),
                )
            )
        case FieldType.TEXT:
            return _TEXTS.get(field.name, f"example for {field.name}")


def _proofs(task: OpenTask, now: datetime, folder: Path) -> Iterator[tuple[str, Path]]:
    for wanted in task.form.evidence:
        if wanted.required:
            path = folder / f"{wanted.type}.txt"
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(_letter(task, wanted, now), encoding="utf-8")
            yield wanted.type, path


def _letter(task: OpenTask, wanted: EvidenceWanted, now: datetime) -> str:
    return f"{wanted.title}\n\nExample made by `unrack demo` for the task {task.step} on {now:%Y-%m-%d %H:%M} UTC.\n"
