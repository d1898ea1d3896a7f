"""Runs and tasks in tables, printed while they are read."""

from rich import box
from rich.console import Console
from rich.table import Table

from unrack.cli.render.formats import count, moment
from unrack.cli.render.tasks import held_mark, lateness, print_more
from unrack.cli.screen import escape, escape_lines
from unrack.i18n import also_saying, say
from unrack.model.message import joined, msg, verbatim
from unrack.operations.listing import Listed, WaitingTask

_AT_ONCE = 100
"""Rows that are printed together."""
_WIDE = 120
"""Columns in which a run stands in four columns."""
_ID, _WAITS, _DATE, _OWNER = 36, 40, 20, 16
"""Columns for a service's id, what is waited for, a date, and an owner's name. The longest step ids just fit."""


class RunTable:
    """Prints runs in a table, some at a time. Its columns are as wide from the first row to the last."""

    def __init__(self, console: Console) -> None:
        """Print on `console`."""
        narrow = console.width < _WIDE
        titles = (
            (msg("Run"), msg("Phase, waits for"))
            if narrow
            else (msg("Run"), msg("Service"), msg("Phase, waits for"), msg("Due"))
        )
        widths = (_ID, None) if narrow else (_ID, None, _WAITS, _DATE)
        self._rows = Rows(console, titles, widths, close=True)
        self._narrow = narrow

    def add(self, item: Listed) -> None:
        """Print one run."""
        run, service, stands, due = _row(item)
        self._rows.add(
            *(
                (msg("{run}\n{service}", run=run, service=service), msg("{stands}\n{due}", stands=stands, due=due))
                if self._narrow
                else (run, service, stands, due)
            )
        )

    def end(self, *, of: int | None = None) -> None:
        """Print the rest, and how many runs stand there; `of` how many there are when some were left out."""
        self._rows.end("run", msg("No runs."), of)


class TaskTable:
    """Prints what waits for people in a table: which task of which run, until when, and whom to ask."""

    def __init__(self, console: Console) -> None:
        """Print on `console`."""
        self._rows = Rows(console, (msg("Deadline"), msg("Task, run"), msg("Owner, ticket")), (_DATE, None, _OWNER))

    def add(self, item: WaitingTask) -> None:
        """Print one task."""
        with also_saying(item.task.translations):
            self._rows.add(*_task_row(item))

    def end(self, *, more: bool = False) -> None:
        """Print the rest, how many tasks stand there, and where to read what is to be done."""
        self._rows.end("task", msg("Nothing waits for a person."), more=more)
        if self._rows.count:
            self._rows.console.print(
                msg("[dim]What to do, what proof, what to type: unrack tasks RUN TASK, or --full[/]")
            )


class Rows:
    """A table that is printed while its rows come."""

    def __init__(
        self, console: Console, titles: tuple[str, ...], widths: tuple[int | None, ...], *, close: bool = False
    ) -> None:
        """Columns of `widths`; those without one share the rest; `close` to each other to leave more for texts."""
        self.console = console
        self.count = 0
        self._titles, self._widths, self._close = titles, widths, close
        self._table = self._fresh(header=True)

    def add(self, *cells: str) -> None:
        """Add a row; every so many are printed."""
        self._table.add_row(*cells)
        self.count += 1
        if self._table.row_count == _AT_ONCE:
            self.console.print(self._table)
            self._table = self._fresh(header=False)

    def end(self, noun: str, none: str, of: int | None = None, *, more: bool = False) -> None:
        """Print the rest and the count, or `none` where there is nothing."""
        if self._table.row_count:
            self.console.print(self._table)
        told = (
            count(self.count, noun)
            if of is None
            else msg("{count} of {count2}", count=self.count, count2=count(of, noun))
        )
        self.console.print(msg("[dim]{told}[/]", told=told) if self.count else none)
        print_more(self.console, more=more or of is not None)

    def _fresh(self, *, header: bool) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_header=header, expand=True)
        table.collapse_padding = self._close
        for title, width in zip(self._titles, self._widths, strict=True):
            table.add_column(title, overflow="fold", width=width, ratio=None if width else 1)
        return table


def _row(each: Listed) -> tuple[str, str, str, str]:
    """Run, service, phase and what it waits for, until when. The service's id, which names the run too, is whole."""
    product, _, service = each.run.partition("/")
    run = escape_lines(verbatim(f"{product}/\n{service}"))
    if (view := each.view) is None:
        return (
            run,
            "",
            joined("\n", (msg("[bold red]{unreadable}[/]", unreadable=escape(each.unreadable)), *_paused(each))),
            "",
        )
    phase = view.outcome.value if view.outcome else view.phase.value if each.open else msg("ended without an outcome")
    mark = " " + say(msg("[dim](rehearsal)[/]")) if view.rehearsal else ""
    held = [held_mark(view.held)] if view.held and each.open else []
    held += [msg("[yellow]{say}[/]", say=say(msg("nobody verifies who decides")))] if view.allowed_stated else []
    held += [msg("[yellow]{say}[/]", say=say(msg("an emergency right was used")))] if view.broken_glass else []
    held += _paused(each)
    held += [msg("[bold red]{say}[/]", say=say(_not_begun(view.not_begun)))] if view.not_begun else []
    held += [msg("stopping: {stopping}", stopping=escape(view.stopping))] if view.stopping and each.open else []
    stands = joined("\n", (phase, *held, *map(_waits, view.waiting_for)))
    title = joined("\n", (escape(verbatim(view.title)) + mark, *_whose(view.owner, view.ticket)))
    return run, title, stands, moment(view.due, "")


def _not_begun(why: str) -> str:
    return msg("not begun: {why}", why=escape(why))


def _waits(what: str) -> str:
    """One thing that is waited for, as ``task:handover.print``; a long step's name stands whole on its own line."""
    return escape(what) if len(what) <= _WAITS else escape(what).replace(":", ":\n", 1)


def _paused(each: Listed) -> list[str]:
    """That somebody paused it in Temporal, or calls of it."""
    text = msg("paused in Temporal: {join}", join=", ".join(map(escape, each.paused)))
    return [msg("[bold red]{say}[/]", say=say(text))] if each.paused else []


def _task_row(each: WaitingTask) -> tuple[str, str, str]:
    late = say(lateness(each)).strip()
    mark = " " + say(msg("[dim](rehearsal)[/]")) if each.rehearsal else ""
    product, _, service = each.run.partition("/")
    held = [held_mark(each.held)] if each.held else []
    task = [
        msg("[bold]{step}[/]{mark}", step=escape(each.task.step), mark=mark),
        *held,
        escape(verbatim(f"{product}/")),
        escape(verbatim(service)),
    ]
    return (
        msg("{deadline}\n{late}", deadline=moment(each.task.deadline), late=late),
        joined("\n", task),
        joined("\n", _whose(each.owner, each.ticket)),
    )


def _whose(owner: str | None, ticket: str | None) -> list[str]:
    """Owner and ticket, each on its own line."""
    return [msg("[dim]{text}[/]", text=escape(verbatim(text))) for text in (owner, ticket) if text]
