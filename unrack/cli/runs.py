"""Commands on runs as they stand: status, wake."""

import asyncio
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.completion import run_ids
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import RUNS, Json, Run, examples
from unrack.cli.problems import invalid
from unrack.cli.render.formats import count
from unrack.cli.render.run import show_run
from unrack.cli.render.run_document import run_document
from unrack.cli.screen import escape
from unrack.i18n import also_say
from unrack.model.message import msg
from unrack.operations.find_run import find_run
from unrack.operations.reporting import status_of
from unrack.operations.waking import wake as wake_run
from unrack.operations.waking import wake_all as wake_every_run

app = typer.Typer()


@app.command(
    rich_help_panel=RUNS, epilog=examples("unrack status ovhcloud-connect-direct/2f0c9a1e", "unrack status 2f0c")
)
def status(ctx: typer.Context, run: Run, json: Json = False) -> None:
    """Show where a run stands, what it waits for and until when, and what can be done now."""
    asyncio.run(_status(cli_context(ctx), run, json))


async def _status(context: CliContext, run: str, as_json: bool) -> None:
    client = await context.client()
    found = await status_of(client, await find_run(client, run), context.settings.task_queue)
    also_say(found.plan.translations)
    if as_json:
        document = run_document(found.report, found.plan)
        screen.print_document({**document, "pauses": [each.model_dump(mode="json") for each in found.pauses]})
        return
    for each in found.pauses:
        screen.facts().print(
            msg(
                "[bold red]{words}[/]\n  {unpause}",
                words=escape(each.words),
                unpause=escape(each.unpause(found.report.run)),
            ),
            soft_wrap=True,
        )
    show_run(screen.facts(), found.report, found.plan)


@app.command(rich_help_panel=RUNS, epilog=examples("unrack wake 2f0c9a1e", "unrack wake --all"))
def wake(
    ctx: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="As for every command.", show_default=False, autocompletion=run_ids),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every open run, as after a deploy.")] = False,
    json: Json = False,
) -> None:
    """Make a run look again now, after a deploy or when the provider was helped by hand. Decides nothing."""
    if (run is None) is not every:
        raise invalid(msg("name one run, or --all"), msg("unrack wake RUN, or unrack wake --all"))
    asyncio.run(_wake_all(cli_context(ctx), json) if run is None else _wake(cli_context(ctx), run, json))


async def _wake_all(context: CliContext, as_json: bool) -> None:
    woken = await wake_every_run(await context.client(), context.settings.task_queue)
    if as_json:
        screen.print_document({"woken": woken})
    else:
        screen.facts().print(
            msg("{count} woken; each looks now, and once more in a minute.", count=count(woken, "run"))
        )


async def _wake(context: CliContext, run: str, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    await wake_run(client, run_id)
    if as_json:
        screen.print_document({"run": run_id, "woken": True})
    else:
        screen.facts().print(msg("{run_id} looks again now.", run_id=escape(run_id)))
