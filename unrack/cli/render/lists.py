"""Tasks for people, each with all that is needed to do it."""

import re
from datetime import UTC, datetime
from textwrap import indent

from rich.console import Console
from rich.text import Text

from unrack.cli.render.completing_command import completing_command
from unrack.cli.render.formats import count, distance, moment
from unrack.cli.screen import escape, marked
from unrack.i18n import also_saying, say
from unrack.model.evidence import EvidenceWanted, WantedWhen
from unrack.model.message import msg
from unrack.model.plan import FieldType, FormField
from unrack.operations.listing import WaitingTask

_NARROWEST = 40
_INDENT = "  "
_NAMES = 10
"""Columns for what a line of a task is: its run, its deadline, a field, a proof."""
_ITEM = re.compile(r"([0-9]+\.) +(.*)", re.DOTALL)
"""A numbered instruction."""


class TaskPages:
    """Prints tasks with all that is needed to do them: instructions, fields, wanted proof, the command to type."""

    def __init__(self, console: Console) -> None:
        """Print on `console`."""
        self._console = console
        self._count = 0

    def add(self, item: WaitingTask) -> None:
        """Print one task."""
        with also_saying(item.task.translations):
            _show_task(self._console, item)
        self._count += 1

    def end(self, *, more: bool = False) -> None:
        """Print how many tasks stand there."""
        if self._count:
            self._console.print(f"[dim]{count(self._count, 'task')}[/]")
            print_more(self._console, more=more)
        else:
            self._console.print("Nothing waits for a person.")


def print_more(console: Console, *, more: bool) -> None:
    """Say that a list was cut, if it was."""
    if more:
        console.print("[yellow]There are more: raise --limit, or leave it out.[/]")


def held_mark(holds: tuple[str, ...]) -> str:
    """That nobody is to act, and under which holds."""
    text = f"held: do not act ({', '.join(map(escape, holds))})"
    return f"[bold red]{say(text)}[/]"


def _show_task(console: Console, waiting: WaitingTask) -> None:
    task, form = waiting.task, waiting.task.form
    late = say(lateness(waiting))
    mark = " " + say(msg("[dim](rehearsal)[/]")) if waiting.rehearsal else ""
    console.print(f"[bold]{escape(task.step)}[/] {escape(say(task.title))}{mark}")
    if waiting.held:
        console.print(f"{_INDENT}{held_mark(waiting.held)}")
    _print_hanging(console, say("run"), escape(waiting.run), _NAMES)
    _print_hanging(
        console, say("deadline"), say(f"{moment(task.deadline)}{late}; open since {moment(task.since)}"), _NAMES
    )
    if task.rules:
        _print_hanging(console, say("rules"), escape(", ".join(task.rules)), _NAMES)
    console.print()
    for paragraph in paragraphs(say(form.instructions.strip())):
        item = _ITEM.fullmatch(paragraph)
        mark, text = (item[1], item[2]) if item else ("", paragraph)
        _print_hanging(console, mark, escape(text), len(mark) + 1 if mark else 0)
    console.print()
    for field in form.fields:
        _print_hanging(console, say("field"), _field_line(field), _NAMES)
    for wanted in form.evidence:
        _print_hanging(console, say("proof"), _evidence_line(wanted), _NAMES)
    commands = [
        *(_reading_command(waiting, shown) for shown in form.shows),
        f"[cyan]{escape(completing_command(waiting))}[/]",
        f"[dim]or: unrack reject {escape(waiting.run)} {escape(task.step)} --reason …[/]",
    ]
    console.print("\n" + indent("\n".join(commands), _INDENT) + "\n", soft_wrap=True)  # can be copied in one piece


def _reading_command(waiting: WaitingTask, shown: str) -> str:
    """The command that fetches what the instructions say is shown with the task."""
    command = f"unrack evidence get {waiting.run} {shown}"
    return f"[cyan]{escape(command)}[/]    {say('# read this first')}"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of instructions, each in one line: how a runbook breaks its lines says nothing to a screen."""
    joined: list[str] = []
    for line in text.split("\n"):
        if line.startswith(" ") and joined and joined[-1]:
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line.strip())
    return joined


def _print_hanging(console: Console, mark: str, text: str, hang: int) -> None:
    """Print `text` after its `mark`, broken between words; what does not fit stands below its beginning."""
    width = max(console.width, _NARROWEST) - len(_INDENT) - hang
    for line in marked(text).wrap(console, width) or [Text()]:
        console.print(Text(_INDENT + mark.ljust(hang)) + line, soft_wrap=True)
        mark = ""


def lateness(waiting: WaitingTask) -> str:
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
    said += [say("not in the future")] if field.happened else []
    if field.back_to is not None:
        said.append(say(f"at most {field.back_to.span.days} days before {field.back_to.of}"))
    if field.within is not None:
        said.append(say(f"at most {field.within.span.days} days after {field.within.of}"))
    said += [] if field.required else [_optional(field.required_when)]
    return f"[bold]{escape(field.name)}[/]: {escape(say(field.label))} ({', '.join(said)})"


def _evidence_line(wanted: EvidenceWanted) -> str:
    need = "" if wanted.required else f" ({_optional(wanted.required_when)})"
    return f"[bold]{escape(wanted.type)}[/]: {escape(say(wanted.title))}{need}"


def _optional(when: WantedWhen | None) -> str:
    """That something may be left out, or when it may not."""
    if when is None:
        return say("optional")
    if when.before is not None:
        return say(f"required when {when.field} is before {when.before}")
    if when.one_of:
        return say(f"required when {when.field} is {escape(' | '.join(when.one_of))}")
    return say(f"required when {when.field} is given")


_KIND = {
    FieldType.TEXT: "text",
    FieldType.DATE: "date as 2026-03-31",
    FieldType.CHOICE: "choice",
    FieldType.YES: "write yes to agree",
    FieldType.HANDOVER: "secret: asked for, never typed on the command line",
}
