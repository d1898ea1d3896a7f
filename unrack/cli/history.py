"""Commands of auditors on recorded histories: history, replay."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from unrack.audit.export import export as export_chain
from unrack.audit.histories import Chain, fetch, history_files, read, recorded
from unrack.audit.replay import ReplayVerdict
from unrack.audit.replay import replay as replay_histories
from unrack.audit.timeline import timeline
from unrack.cli import screen
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import AUDITORS, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.history import history_document, history_panel, verdict_panel
from unrack.cli.screen import escape
from unrack.i18n import ENGLISH, speaking
from unrack.model.message import msg
from unrack.operations.find_run import find_run
from unrack.process.files import is_there

app = typer.Typer()

Source = Annotated[
    str,
    typer.Argument(
        metavar="RUN|FILE|DIR",
        help="A run (id, a unique beginning, or the service id), an exported file, or a folder of such files.",
        show_default=False,
    ),
]
RunIdOption = Annotated[
    str | None,
    typer.Option("--run-id", metavar="ID", help="Temporal's run id: an earlier run of the same service."),
]


@app.command(
    rich_help_panel=AUDITORS,
    epilog=examples(
        "unrack history 2f0c9a1e", "unrack history 2f0c9a1e --export audit/", "unrack history run.json --json"
    ),
)
def history(
    ctx: typer.Context,
    source: Source,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Write the recorded history there, and its SHA-256 beside it."),
    ] = None,
    run_id: RunIdOption = None,
    json: Json = False,
) -> None:
    """Tell who did what, when and with which evidence, from the recorded events alone."""
    chains = asyncio.run(chains_of(cli_context(ctx), source, run_id))
    if len(chains) != 1:
        raise invalid(
            msg("'{source}' holds {number} runs, and one is told at a time", source=source, number=len(chains)),
            msg("name the file of one"),
        )
    if export is not None:
        _export(chains[0], export, json)
        return
    entries = timeline(chains[0])
    if json:
        screen.print_document(history_document(chains[0], entries))
    else:
        with speaking(ENGLISH):
            screen.facts().print(history_panel(chains[0], entries), soft_wrap=True)


@app.command(
    rich_help_panel=AUDITORS,
    epilog=examples("unrack replay 2f0c9a1e", "unrack replay audit/ --open-ok", "unrack replay run.json --json"),
)
def replay(
    ctx: typer.Context,
    source: Source,
    open_ok: Annotated[
        bool, typer.Option("--open-ok", help="A history that agrees so far and has no end yet is good, too.")
    ] = False,
    run_id: RunIdOption = None,
    json: Json = False,
) -> None:
    """Run recorded histories again through today's workflow code; exit code 1 unless every one agrees.

    A history agrees, agrees-so-far (it has no end yet), differs, is cut, is foreign, or is unreadable.
    """
    verdicts = asyncio.run(_replay(cli_context(ctx), source, run_id))
    agrees = all(verdict.good(open_ok=open_ok) for verdict in verdicts)
    if json:
        screen.print_document({"agrees": agrees, "histories": list(verdicts)})
    else:
        with speaking(ENGLISH):
            screen.facts().print(verdict_panel(verdicts), soft_wrap=True)
    if not agrees:
        raise typer.Exit(ExitCode.WRONG)


async def _replay(context: CliContext, source: str, run_id: str | None) -> tuple[ReplayVerdict, ...]:
    """Replay every history that is named, each by itself, and return the verdicts."""
    if on_disk(source):
        return await replay_histories(history_files(Path(source)))
    return await replay_histories(
        [each for chain in await chains_of(context, source, run_id) for each in recorded(chain)]
    )


async def chains_of(context: CliContext, source: str, run_id: str | None) -> tuple[Chain, ...]:
    """Read the chains from disk if `source` is there, else fetch the run's chain from the server."""
    if on_disk(source):
        return read(Path(source))
    client = await context.client()
    return (await fetch(client, await find_run(client, source), run_id),)


def on_disk(source: str) -> bool:
    """Whether it names a file or folder, and no run at the server."""
    return is_there(Path(source)) or source.endswith(".json")


def _export(chain: Chain, path: Path, as_json: bool) -> None:
    exported = export_chain(chain, path)
    if as_json:
        screen.print_document({"run": chain[0].workflow_id, **exported.model_dump(mode="json")})
    else:
        text = f"{escape(exported.path)}: {exported.size} bytes\nsha256:{exported.sha256}"
        screen.facts().print(text, soft_wrap=True)
