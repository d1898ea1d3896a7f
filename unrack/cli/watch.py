"""The command ``watch``: a run, live."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Annotated

import typer
from rich.live import Live
from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import RUNS, Json, Run, examples
from unrack.cli.parsing import read_span
from unrack.cli.render.formats import exact
from unrack.cli.render.run import live_panel, show_run
from unrack.cli.render.run_document import run_document
from unrack.cli.screen import escape
from unrack.cli.standard_streams import nobody_reads
from unrack.i18n import also_say, say
from unrack.model.message import msg, verbatim
from unrack.model.plan import Plan
from unrack.model.remembering import news
from unrack.model.state import JournalEntry, RunReport
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_of

app = typer.Typer()


@app.command(rich_help_panel=RUNS, epilog=examples("unrack watch 2f0c9a1e", "unrack watch 2f0c9a1e --every 30s"))
def watch(
    ctx: typer.Context,
    run: Run,
    every: Annotated[str, typer.Option(metavar="SPAN", help="How often to look.")] = "2s",
    json: Json = False,
) -> None:
    """Watch a run until it ends. Looking costs the run nothing. Ctrl-C stops watching, never the run."""
    asyncio.run(_watch(cli_context(ctx), run, read_span(every), json))


async def _watch(context: CliContext, text: str, every: timedelta, as_json: bool) -> None:
    client = await context.client()
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    also_say(plan.translations)
    looks = _looks(client, run, every)
    if as_json:
        last = [report async for report in looks][-1]
        screen.print_document(run_document(last, plan))
    elif screen.facts().is_terminal:
        await _live(looks, plan)
    else:
        await _lines(looks)


async def _looks(client: Client, run: str, every: timedelta) -> AsyncGenerator[RunReport]:
    """The report of the run, again and again, until it has an outcome."""
    while True:
        report = await report_of(client, run)
        yield report
        if report.outcome is not None:
            return
        await asyncio.sleep(every.total_seconds())


async def _live(looks: AsyncGenerator[RunReport], plan: Plan) -> None:
    """The moment, again and again; at the end all of it stays."""
    console, last = screen.facts(), None
    with Live(console=console, auto_refresh=False, transient=True) as live:
        async for report in looks:
            live.update(live_panel(report, plan, console.width), refresh=True)
            last = report
    if last is not None:
        show_run(console, last, plan)


async def _lines(looks: AsyncGenerator[RunReport]) -> None:
    """Every new fact on its own line."""
    printed, console = 0, screen.facts()
    async for report in looks:
        for entry in news(report.state, printed):
            console.print(journal_line(entry), soft_wrap=True)
        if nobody_reads():
            return
        printed = report.state.written


def journal_line(entry: JournalEntry) -> str:
    """One fact of a run on one line."""
    who = msg("{name}: ", name=escape(verbatim(entry.by.name))) if entry.by else ""
    step = msg("[cyan]{step}[/] ", step=escape(entry.step)) if entry.step else ""
    return msg(
        "[dim]{exact}[/] {step}{who}{say}", exact=exact(entry.at), step=step, who=who, say=escape(say(entry.what))
    )
