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
from unrack.model.message import joined, msg, verbatim
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
            self._console.print(msg("[dim]{count}[/]", count=count(self._count, "task")))
            print_more(self._console, more=more)
        else:
            self._console.print(msg("Nothing waits for a person."))


def print_more(console: Console, *, more: bool) -> None:
    """Say that a list was cut, if it was."""
    if more:
        console.print(msg("[yellow]There are more: raise --limit, or leave it out.[/]"))


def held_mark(holds: tuple[str, ...]) -> str:
    """That nobody is to act, and under which holds."""
    text = msg("held: do not act ({join})", join=", ".join(map(escape, holds)))
    return msg("[bold red]{say}[/]", say=say(text))


def _show_task(console: Console, waiting: WaitingTask) -> None:
    task, form = waiting.task, waiting.task.form
    late = say(lateness(waiting))
    mark = " " + say(msg("[dim](rehearsal)[/]")) if waiting.rehearsal else ""
    console.print(msg("[bold]{step}[/] {say}{mark}", step=escape(task.step), say=escape(say(task.title)), mark=mark))
    if waiting.held:
        console.print(f"{_INDENT}{held_mark(waiting.held)}")
    _print_hanging(console, say(msg("run")), escape(waiting.run), _NAMES)
    _print_hanging(
        console,
        say(msg("deadline")),
        say(
            msg(
                "{deadline}{late}; open since {since}",
                deadline=moment(task.deadline),
                late=late,
                since=moment(task.since),
            )
        ),
        _NAMES,
    )
    if task.rules:
        _print_hanging(console, say(msg("rules")), escape(", ".join(task.rules)), _NAMES)
    console.print()
    for paragraph in paragraphs(say(form.instructions.strip())):
        item = _ITEM.fullmatch(paragraph)
        mark, text = (item[1], item[2]) if item else ("", paragraph)
        _print_hanging(console, mark, escape(text), len(mark) + 1 if mark else 0)
    console.print()
    for field in form.fields:
        _print_hanging(console, say(msg("field")), _field_line(field), _NAMES)
    for wanted in form.evidence:
        _print_hanging(console, say(msg("proof")), _evidence_line(wanted), _NAMES)
    commands = [
        *(_reading_command(waiting, shown) for shown in form.shows),
        msg("[cyan]{completing_command}[/]", completing_command=escape(completing_command(waiting))),
        msg("[dim]or: unrack reject {run} {step} --reason …[/]", run=escape(waiting.run), step=escape(task.step)),
    ]
    console.print(
        "\n" + indent(say(joined("\n", commands)), _INDENT) + "\n", soft_wrap=True
    )  # can be copied in one piece


def _reading_command(waiting: WaitingTask, shown: str) -> str:
    """The command that fetches what the instructions say is shown with the task."""
    command = msg("unrack evidence get {run} {shown}", run=waiting.run, shown=shown)
    return msg("[cyan]{command}[/]    {say}", command=escape(command), say=say(msg("# read this first")))


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
        return msg(" by the simulator's clock")
    now = datetime.now(UTC)
    text = distance(waiting.task.deadline, now)
    return (
        msg(" ([bold red]overdue, {text}[/])", text=text)
        if waiting.task.deadline < now
        else msg(" ({text})", text=text)
    )


def _field_line(field: FormField) -> str:
    kind = verbatim(" | ".join(field.choices)) if field.type is FieldType.CHOICE else say(_KIND[field.type])
    said = [escape(kind)]
    said += [say(msg("not before {not_before}", not_before=field.not_before))] if field.not_before else []
    said += [say(msg("not in the future"))] if field.happened else []
    if field.back_to is not None:
        said.append(say(msg("at most {days} days before {of}", days=field.back_to.span.days, of=field.back_to.of)))
    if field.within is not None:
        said.append(say(msg("at most {days} days after {of}", days=field.within.span.days, of=field.within.of)))
    said += [] if field.required else [_optional(field.required_when)]
    return msg(
        "[bold]{name}[/]: {say} ({join})",
        name=escape(verbatim(field.name)),
        say=escape(say(field.label)),
        join=", ".join(said),
    )


def _evidence_line(wanted: EvidenceWanted) -> str:
    need = "" if wanted.required else msg(" ({optional})", optional=_optional(wanted.required_when))
    return msg(
        "[bold]{type}[/]: {say}{need}", type=escape(verbatim(wanted.type)), say=escape(say(wanted.title)), need=need
    )


def _optional(when: WantedWhen | None) -> str:
    """That something may be left out, or when it may not."""
    if when is None:
        return say(msg("optional"))
    if when.before is not None:
        return say(msg("required when {field} is before {before}", field=when.field, before=when.before))
    if when.one_of:
        return say(msg("required when {field} is {join}", field=when.field, join=escape(" | ".join(when.one_of))))
    return say(msg("required when {field} is given", field=when.field))


_KIND = {
    FieldType.TEXT: "text",
    FieldType.DATE: msg("date as 2026-03-31"),
    FieldType.CHOICE: "choice",
    FieldType.YES: msg("write yes to agree"),
    FieldType.HANDOVER: msg("secret: asked for, never typed on the command line"),
}
