"""Commands of auditors on histories: history, replay."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from temporalio.client import WorkflowHistory

from unrack.audit import histories
from unrack.audit.export import export as export_chain
from unrack.audit.histories import Chain
from unrack.audit.replay import ReplayVerdict
from unrack.audit.replay import replay as replay_histories
from unrack.cli import screen
from unrack.cli.desk import Desk, desk_of
from unrack.cli.options import AUDITORS, Json, Run, examples
from unrack.cli.problems import ExitCode
from unrack.cli.render.words import count
from unrack.cli.watch import journal_line
from unrack.operations.listing import find_run
from unrack.operations.reporting import report_of

app = typer.Typer()

Source = Annotated[
    str,
    typer.Argument(metavar="RUN|FILE|DIR", help="A run, an exported file, or a folder of them.", show_default=False),
]


@app.command(
    rich_help_panel=AUDITORS,
    epilog=examples(
        "unrack history 2f0c9a1e", "unrack history 2f0c9a1e --json", "unrack history 2f0c9a1e --export run.json"
    ),
)
def history(
    ctx: typer.Context,
    run: Run,
    export: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the whole recorded history to this file or folder, with its digest."),
    ] = None,
    json: Json = False,
) -> None:
    """Tell who did what, when, with which evidence, in words. --export keeps it beyond the server."""
    asyncio.run(_export(desk_of(ctx), run, export, json) if export else _history(desk_of(ctx), run, json))


async def _history(desk: Desk, text: str, as_json: bool) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    journal = (await report_of(client, run)).state.journal
    if as_json:
        screen.print_document({"run": run, "timeline": journal})
        return
    console = screen.facts()
    for entry in journal:
        console.print(journal_line(entry), soft_wrap=True)


async def _export(desk: Desk, text: str, out: Path, as_json: bool) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    written = export_chain(await histories.fetch(client, run), out)
    if as_json:
        screen.print_document({"run": run, **written.model_dump(mode="json")})
        return
    screen.facts().print(f"{escape(written.path)}: {written.size} bytes\nsha256:{written.sha256}", soft_wrap=True)


@app.command(
    rich_help_panel=AUDITORS,
    epilog=examples("unrack replay 2f0c9a1e", "unrack replay run.json", "unrack replay exported/"),
)
def replay(ctx: typer.Context, source: Source, json: Json = False) -> None:
    """Run a recorded history again through the workflow code; name where they differ, by event and step."""
    asyncio.run(_replay(desk_of(ctx), source, json))


async def _replay(desk: Desk, source: str, as_json: bool) -> None:
    verdicts = await replay_histories(_flat(await _chains(desk, source)))
    agree = all(each.agrees for each in verdicts)
    if as_json:
        screen.print_document({"agrees": agree, "histories": list(verdicts)})
    else:
        for each in verdicts:
            _show_verdict(each)
    if not agree:
        raise typer.Exit(ExitCode.WRONG)


async def _chains(desk: Desk, source: str) -> tuple[Chain, ...]:
    """The histories of a path that exists, else of a run."""
    path = Path(source)
    if path.exists():  # noqa: ASYNC240 - nothing else runs in a command that waits for its own input
        return histories.read(path)
    client = await desk.client()
    return (await histories.fetch(client, await find_run(client, source)),)


def _flat(chains: tuple[Chain, ...]) -> list[WorkflowHistory]:
    return [history for chain in chains for history in chain]


def _show_verdict(verdict: ReplayVerdict) -> None:
    console = screen.facts()
    mark = "[green]agrees[/]" if verdict.agrees else "[bold red]differs[/]"
    still = ", still open" if verdict.open else ""
    console.print(f"{mark} {escape(verdict.run)}: {count(verdict.events, 'event')}{still}", soft_wrap=True)
    for each in verdict.divergences:
        console.print(f"  {escape(str(each))}", soft_wrap=True)
