"""Lists of runs and of tasks for people."""

import shlex
from datetime import UTC, datetime
from textwrap import indent

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from unrack.cli.render.words import count, distance, moment
from unrack.language import also_saying, say
from unrack.model.evidence import EvidenceWanted
from unrack.model.plan import FieldType, FormField
from unrack.operations.listing import Listed, WaitingTask

_ENOUGH = 110
"""Columns in which everything about a run stands on one line of a list."""

_NARROWEST = 40
_INDENT = "  "


def show_runs(console: Console, runs: tuple[Listed, ...]) -> None:
    """Print runs, one line each."""
    if not runs:
        console.print("No runs.")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    narrow = console.width < _ENOUGH
    for title in ("Run", "Phase, waits for") if narrow else ("Run", "Service", "Phase, waits for", "Due"):
        table.add_column(title, overflow="fold", no_wrap=not narrow and title != "Service")
    for each in runs:
        run, title, stands, due = _row(each)
        table.add_row(*((f"{run}\n{title}", f"{stands}\n{due}") if narrow else (run, title, stands, due)))
    console.print(table)
    console.print(f"[dim]{count(len(runs), 'run')}[/]")


def _row(each: Listed) -> tuple[str, str, str, str]:
    """Run, service, phase and what it waits for, until when. The service's id, which names the run too, is whole."""
    view = each.view
    phase = view.outcome.value if view.outcome else view.phase.value if each.open else "ended without an outcome"
    mark = f" {say('[dim](rehearsal)[/]')}" if view.rehearsal else ""
    product, _, service = each.run.partition("/")
    stands = "\n".join((phase, *map(escape, view.waiting_for)))
    return f"{escape(product)}/\n{escape(service)}", escape(view.title) + mark, stands, moment(view.due, "")


def show_tasks(console: Console, tasks: tuple[WaitingTask, ...]) -> None:
    """Print what waits for people: instructions, fields, wanted proof, and the command to type."""
    if not tasks:
        console.print("Nothing waits for a person.")
        return
    for each in tasks:
        with also_saying(each.task.translations):
            _show_task(console, each)
    console.print(f"[dim]{count(len(tasks), 'task')}[/]")


def task_document(waiting: WaitingTask) -> dict[str, object]:
    """The JSON of one task, with the command that completes it."""
    return {**waiting.model_dump(mode="json"), "command": completing_command(waiting)}


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


def _show_task(console: Console, waiting: WaitingTask) -> None:
    task, form = waiting.task, waiting.task.form
    late = say(_lateness(waiting))
    mark = say(" [dim](rehearsal)[/]") if waiting.rehearsal else ""
    console.print(f"[bold]{escape(task.step)}[/] {escape(say(task.title))}{mark}")
    body = [
        f"run       {escape(waiting.run)}",
        f"deadline  {moment(task.deadline)}{late}; open since {moment(task.since)}",
    ]
    if task.rules:
        body.append(f"rules     {escape(', '.join(task.rules))}")
    body += ["", escape(say(form.instructions.strip())), ""]
    body += [_field_line(field) for field in form.fields]
    body += [_evidence_line(wanted) for wanted in form.evidence]
    _print_wrapped(console, "\n".join(body))
    commands = [
        f"[cyan]{escape(completing_command(waiting))}[/]",
        f"[dim]or: unrack reject {escape(waiting.run)} {escape(task.step)} --reason …[/]",
    ]
    console.print("\n" + indent("\n".join(commands), _INDENT) + "\n", soft_wrap=True)  # can be copied in one piece


def _print_wrapped(console: Console, text: str) -> None:
    """Print `text` indented, between words only."""
    for line in Text.from_markup(say(text)).wrap(console, max(console.width, _NARROWEST) - len(_INDENT)):
        console.print(Text(_INDENT) + line, soft_wrap=True)


def _lateness(waiting: WaitingTask) -> str:
    """How far the deadline is, on real clocks only: a rehearsal's clock is known to its run alone."""
    if waiting.rehearsal:
        return " by the simulator's clock"
    now = datetime.now(UTC)
    text = distance(waiting.task.deadline, now)
    return f" ([bold red]overdue, {text}[/])" if waiting.task.deadline < now else f" ({text})"


def _field_line(field: FormField) -> str:
    kind = " | ".join(field.choices) if field.type is FieldType.CHOICE else say(_KIND[field.type])
    said = [escape(kind)]
    said += [say(f"not before {field.not_before}")] if field.not_before else []
    said += [] if field.required else [say("optional")]
    return f"{say('field'):<10}[bold]{escape(field.name)}[/]: {escape(say(field.label))} ({', '.join(said)})"


def _evidence_line(wanted: EvidenceWanted) -> str:
    need = "" if wanted.required else f" ({say('optional')})"
    return f"{say('proof'):<10}[bold]{escape(wanted.type)}[/]: {escape(say(wanted.title))}{need}"


_KIND = {
    FieldType.TEXT: "text",
    FieldType.DATE: "date as 2026-03-31",
    FieldType.CHOICE: "choice",
    FieldType.YES: "write yes to agree",
    FieldType.HANDOVER: "secret: asked for, never typed on the command line",
}


def _option(field: FormField) -> list[str]:
    if field.type is FieldType.HANDOVER:
        return ["--secret", field.name]
    value = {FieldType.YES: "yes", FieldType.DATE: "YYYY-MM-DD", FieldType.CHOICE: "|".join(field.choices)}
    return ["--field", f"{field.name}={value.get(field.type, '…')}"]
