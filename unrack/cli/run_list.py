"""The command ``list``. It imports no more than a list needs."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import RUNS, Json, Limit, examples
from unrack.cli.streaming import JsonList, pour
from unrack.model.lifecycle import Phase
from unrack.operations.listing import Filter, Listed, Waiting, count_runs, list_runs

app = typer.Typer()


@app.command(
    "list",
    rich_help_panel=RUNS,
    epilog=examples(
        "unrack list", "unrack list --waiting approval", "unrack list --phase grace --due-before 2026-12-31"
    ),
)
def list_(
    ctx: typer.Context,
    provider: Annotated[str | None, typer.Option(help="Only this provider, as ovhcloud.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="Only runs in this phase.")] = None,
    due_before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only runs with something due before this date (UTC).")
    ] = None,
    waiting: Annotated[Waiting | None, typer.Option(help="Only runs that wait for this.")] = None,
    closed_too: Annotated[bool, typer.Option("--all", help="Runs that ended, too.")] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List every open run, the nearest due date first, and how many there are."""
    due = _moment(due_before) if due_before else None
    wanted = Filter(provider=provider, phase=phase, due_before=due, waiting=waiting, closed_too=closed_too)
    asyncio.run(_list(cli_context(ctx), wanted, limit, json))


async def _list(context: CliContext, wanted: Filter, limit: int | None, as_json: bool) -> None:
    server = await context.server()
    runs = list_runs(server, wanted)
    if as_json:
        document = JsonList[Listed]("runs", lambda each: each)
        document.end(more=await pour(runs, document, limit))
        return
    from unrack.cli.render.tables import RunTable  # noqa: PLC0415 - JSON does not wait for it

    table = RunTable(screen.facts())
    more = await pour(runs, table, limit)
    table.end(of=await count_runs(server, wanted) if more else None)


def _moment(text: str) -> datetime:
    from unrack.cli.parsing import read_moment  # noqa: PLC0415 - a list without dates does not wait for it

    return read_moment(text)
