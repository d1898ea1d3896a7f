"""The command ``tasks``: what waits for a person. It imports no more than its list needs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, NamedTuple

import typer

from unrack.cli import screen
from unrack.cli.completion import open_task_steps, run_ids
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import ON_CALL, Json, Limit, examples
from unrack.cli.screen import escape
from unrack.cli.streaming import JsonList, pour
from unrack.model.message import msg
from unrack.operations.listing import Listed, WaitingTask, open_tasks

app = typer.Typer()


@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples("unrack tasks", "unrack tasks 2f0c9a1e handover.remove-cross-connect", "unrack tasks --json"),
)
def tasks(
    ctx: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Only this run.", show_default=False, autocompletion=run_ids),
    ] = None,
    task: Annotated[
        str | None,
        typer.Argument(metavar="[TASK]", help="Only this task.", show_default=False, autocompletion=open_task_steps),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything about each task, not a table.")] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Show what waits for a person, the nearest deadline first.

    Of one run, or with --full: the instructions, the wanted proof, and what to type.
    """
    asyncio.run(_tasks(cli_context(ctx), Asked(run, task, full, limit), json))


class Asked(NamedTuple):
    """Which tasks are asked for, and how much of them."""

    run: str | None
    task: str | None
    full: bool
    limit: int | None


async def _tasks(context: CliContext, asked: Asked, as_json: bool) -> None:
    if asked.run is None:
        waiting = open_tasks(await context.server(), unread=_tell_unread)
    else:
        waiting = await _tasks_of(context, asked.run, asked.task)
    if as_json:
        from unrack.cli.render.completing_command import task_document  # noqa: PLC0415 - tables do not wait for it

        document = JsonList[WaitingTask]("tasks", task_document)
        document.end(more=await pour(waiting, document, asked.limit))
        return
    from unrack.cli.render.tables import TaskTable  # noqa: PLC0415 - as above
    from unrack.cli.render.tasks import TaskPages  # noqa: PLC0415 - JSON does not wait for it

    printer = TaskPages(screen.facts()) if asked.full or asked.run else TaskTable(screen.facts())
    printer.end(more=await pour(waiting, printer, asked.limit))


async def _tasks_of(context: CliContext, run: str, task: str | None) -> AsyncGenerator[WaitingTask]:
    """The open tasks of one run, or the one that is named."""
    from unrack.operations.find_run import find_run  # noqa: PLC0415 - a list of all does not wait for it
    from unrack.operations.reporting import plan_of  # noqa: PLC0415 - as above
    from unrack.operations.task_forms import find_step  # noqa: PLC0415 - as above

    client = await context.client()
    run_id = await find_run(client, run)
    step_id = find_step(await plan_of(client, run_id), task) if task else None
    return _only(step_id, open_tasks(client, run_id, unread=_tell_unread))


async def _only(step_id: str | None, waiting: AsyncGenerator[WaitingTask]) -> AsyncGenerator[WaitingTask]:
    """Those of `waiting` that are for the step, if one is named."""
    async with aclosing(waiting):
        async for each in waiting:
            if step_id in (None, each.task.step):
                yield each


def _tell_unread(found: Listed) -> None:
    screen.aside().print(
        msg(
            "[bold red]Not shown:[/] {run} waits for a person; {unreadable}",
            run=escape(found.run),
            unreadable=escape(found.unreadable),
        )
    )
