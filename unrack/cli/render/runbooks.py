"""The catalogue of runbooks: a list to choose from, and one runbook with all that it needs."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from unrack.cli.render.formats import ENOUGH, FRAME, count, named_rows
from unrack.cli.screen import escape_lines, marked
from unrack.documents.diagnostics import listed
from unrack.i18n import say
from unrack.model.message import joined, msg
from unrack.runbook.describe import Description, Doer, Need, ParameterLine, StepLine, TimingLine, counted
from unrack.runbook.template import Blank

_STYLE = {Doer.HUMAN: "yellow", Doer.ONCE: "red", Doer.AUTOMATIC: "green", Doer.WAITS: "dim"}


_QUOTES = '"'


def summary_document(found: Description) -> dict[str, object]:
    """One line of the list, as JSON."""
    return {
        "name": found.name,
        "version": found.version,
        "provider": found.provider,
        "product": found.product,
        "title": found.title,
        "facts": found.facts,
        "timings": [timing.name for timing in found.timings],
        "automatic_steps": found.automatic,
        "human_steps": found.human,
        "credentials": [need.namespace for need in found.needs],
        "file": found.file,
    }


def description_document(found: Description, example: Path | None) -> dict[str, object]:
    """One runbook, as JSON."""
    return {
        **found.model_dump(mode="json"),
        "automatic_steps": found.automatic,
        "human_steps": found.human,
        "access_rules": list(found.access_rules),
        "example": str(example) if example else None,
    }


def show_catalogue(console: Console, found: Sequence[Description]) -> None:
    """Print the list; no name of a runbook is broken, however narrow the screen."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(msg("Runbook"), no_wrap=True)  # a name that is broken cannot be copied
    for title in (msg("What it cancels"), msg("Timings"), msg("Steps"), msg("Facts")):
        table.add_column(title, overflow="fold")
    for each in found:
        timings = ", ".join(timing.name for timing in each.timings)
        table.add_row(
            escape_lines(each.name), escape_lines(each.title), escape_lines(timings), counted(each), each.facts
        )
    console.print(table)
    console.print(msg("[dim]{count}. More of one: unrack runbook show RUNBOOK[/]", count=count(len(found), "runbook")))


def show_description(console: Console, found: Description, example: Path | None) -> None:
    """Print one runbook."""
    console.print(_head(found, example, console.width))
    for timing in found.timings:
        _show_timing(console, timing, default=timing.name == found.default_timing)
    console.print(_steps(found.steps, console.width))
    if found.parameters:
        console.print(msg("\n[bold]What a request may set[/]"))
        _list(console, (_parameter(each) for each in found.parameters))
    for need in found.needs:
        _show_need(console, need)
    if found.access_rules:
        _show_ovhcloud(console, found)
    if found.follow_ups:
        console.print(msg("\n[bold]Afterwards[/]"))
        _list(console, found.follow_ups)


def show_new(console: Console, path: Path, left: Sequence[Blank]) -> None:
    """Print what was made, and what is left to do."""
    console.print(msg("Made {path}.", path=escape_lines(str(path))), soft_wrap=True)
    if left:
        console.print(msg("[bold]{count} to fill in[/]", count=count(len(left), "blank")))
        _list(console, (msg("line {line}: {text}", line=blank.line, text=blank.text) for blank in left))
    console.print(msg("Then: unrack runbook check {path}", path=escape_lines(str(path))), soft_wrap=True)


def _head(found: Description, example: Path | None, width: int) -> Panel:
    read = (
        msg("read from the provider")
        if found.facts == "read"
        else msg("stated in the request; the provider cannot be asked")
    )
    rows = [
        ("", found.summary),
        (msg("Runbook"), msg("{name}, version {version}", name=found.name, version=found.version)),
        (msg("Cancels"), msg("{provider}, {product}", provider=found.provider, product=found.product)),
        (msg("Steps"), counted(found)),
        (msg("Facts"), read),
        (msg("Approvals"), msg("{approvals}, none of them the launcher", approvals=found.approvals)),
        (msg("File"), found.file),
        (msg("Example"), str(example) if example else "none"),
    ]
    grid = named_rows(rows, width - FRAME)
    return Panel(grid, title=marked(escape_lines(found.title)), title_align="left", box=box.ROUNDED)


def _show_timing(console: Console, timing: TimingLine, *, default: bool) -> None:
    marked_default = msg(" ({say})", say=say(msg("the default"))) if default else ""
    console.print(
        msg(
            "\n[bold]{name}[/]{marked_default}: {say}",
            name=escape_lines(timing.name),
            marked_default=marked_default,
            say=escape_lines(say(timing.summary)),
        )
    )
    marked = [
        *(msg("[red]lost[/] {text}", text=escape_lines(text)) for text in timing.loses),
        *(msg("[green]kept[/] {text}", text=escape_lines(text)) for text in timing.keeps),
        *(msg("[cyan]taken back[/] {text}", text=escape_lines(text)) for text in timing.taken_back),
    ]
    console.print(Padding(Group(*marked), (0, 2)))


def _steps(steps: Sequence[StepLine], width: int) -> Table:
    """The steps. A name is never broken: on a narrow screen it stands above what the step does."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    if narrow:
        table.add_column(msg("Step"), overflow="fold", width=max(len(step.id) for step in steps))
    else:
        table.add_column(msg("Step"), no_wrap=True)
        table.add_column(msg("What"), overflow="fold")
    for title in (msg("Who"), msg("Within"), msg("Taken back")):
        table.add_column(title, overflow="fold")
    for step in steps:
        name, what = escape_lines(step.id), _what(step)
        named = [msg("[cyan]{id}[/]\n{what}", id=name, what=what)] if narrow else [name, what]
        who = msg("[{style}]{value}[/]", style=_STYLE[step.who], value=step.who.value)
        table.add_row(*named, who, step.deadline, escape_lines(step.taken_back))
    return table


def _what(step: StepLine) -> str:
    """What a step does, when it is done, and its proof."""
    lines = [escape_lines(step.title)]
    if step.only_when:
        condition = say(msg("only when {only_when}", only_when=step.only_when))
        lines.append(msg("[dim]{say}[/]", say=escape_lines(condition)))
    if step.proof:
        lines.append(msg("[dim]proof: {join}[/]", join=escape_lines(joined(", ", step.proof))))
    if step.point_of_no_return:
        lines.append(msg("[bold red]point of no return[/]"))
    return joined("\n", lines)


def _parameter(each: ParameterLine) -> str:
    kind = say(msg("one of {join}", join=", ".join(each.choices))) if each.choices else say(each.type)
    default = msg(" ({say})", say=say(msg("must be given"))) if each.required else ""
    if each.default is not None:
        default = msg(" ({say})", say=say(msg("default {strip}", strip=json.dumps(each.default).strip(_QUOTES))))
    needs = msg("; {say}", say=say(msg("only together with {listed}", listed=listed(each.needs)))) if each.needs else ""
    return msg(
        "{name}: {kind}{default}{needs}. {say}",
        name=each.name,
        kind=kind,
        default=default,
        needs=needs,
        say=say(each.description),
    )


def _show_need(console: Console, need: Need) -> None:
    console.print(
        msg(
            "\n[bold]A worker's account of {namespace}[/]: {credential}",
            namespace=need.namespace,
            credential=escape_lines(need.credential),
        )
    )
    _list(console, (msg("{method} {path}", method=right.method, path=right.path) for right in need.rights))


def _show_ovhcloud(console: Console, found: Description) -> None:
    console.print(msg("\n[bold]A minimal consumer key at OVHcloud[/]: POST /auth/credential with"))
    rules = json.dumps({"accessRules": list(found.access_rules)}, separators=(",", ":"))
    console.print(escape_lines(rules), soft_wrap=True)
    console.print(msg("\n[bold]Or an IAM policy that allows[/]"))
    _list(console, found.iam_actions)


def _list(console: Console, texts: Iterable[str]) -> None:
    console.print(Padding(Group(*(msg("• {text}", text=escape_lines(text)) for text in texts)), (0, 2)))
