"""Commands of auditors: evidence, history, replay."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen, standard_streams
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import AUDITORS, Json, Run, examples
from unrack.cli.problems import invalid
from unrack.cli.screen import escape
from unrack.model.message import msg
from unrack.model.visible import visible
from unrack.operations.evidence import fetch
from unrack.process.files import write_new

app = typer.Typer()
_evidence = typer.Typer(
    no_args_is_help=True, help="Fetch evidence, verified against its digest; put files into the store."
)
app.add_typer(_evidence, name="evidence", rich_help_panel=AUDITORS)


@_evidence.command(
    epilog=examples("unrack evidence get 2f0c9a1e 9b74c9897bac", "unrack evidence get 2f0c9a1e loa --out loa.pdf")
)
def get(
    ctx: typer.Context,
    run: Run,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST", help="SHA-256, or its beginning; or a type, for the newest of it.", show_default=False
        ),
    ],
    out: Annotated[str | None, typer.Option(metavar="PATH", help="Where to write it; - is stdout.")] = None,
    json: Json = False,
) -> None:
    """Fetch one piece of evidence of a run, verified against the digest in the run's history."""
    asyncio.run(_get(cli_context(ctx), run, digest, out, json))


@_evidence.command(epilog=examples("unrack evidence add confirmation.pdf"))
def add(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file.", show_default=False)],
    json: Json = False,
) -> None:
    """Put a file into the evidence store, as when a run is parked because a proof it names is not there.

    The run's history keeps the digest: only the very same file is what it asks for.
    """
    kept = asyncio.run(cli_context(ctx).evidence.put_file(path, type="file", source="person:store", taken_at=_now()))
    if json:
        screen.print_document(kept.model_dump(mode="json"))
    else:
        screen.facts().print(
            msg(
                "{path}: {size} bytes are in the store as sha256:{sha}",
                path=escape(str(path)),
                size=kept.size,
                sha=kept.sha256,
            )
        )


def _now() -> datetime:
    return datetime.now(UTC)


async def _get(context: CliContext, run: str, digest: str, out: str | None, as_json: bool) -> None:
    if out == "-" and as_json:
        raise invalid(msg("--out - and --json both want stdout"), msg("write the evidence to a file"))
    fetched = await fetch(await context.client(), context.evidence, run, digest)
    kept, content = fetched.kept, fetched.content
    if out == "-":
        _to_stdout(content)
        return
    path = Path(out) if out else Path(Path(kept.name).name)
    write_new(path, content, msg("name another file: --out PATH"))
    if as_json:
        described = {"run": fetched.run_id, "step": fetched.step_id, "evidence": kept.model_dump(mode="json")}
        screen.print_document({**described, "verified": True, "path": str(path)})
    else:
        screen.facts().print(
            msg(
                "{path}: {size} bytes, {media_type}, from {source}, kept by {step_id}\n[green]verified[/] sha256:{sha}",
                path=escape(str(path)),
                size=kept.size,
                media_type=escape(kept.media_type),
                source=escape(kept.source),
                step_id=escape(fetched.step_id),
                sha=kept.sha256,
            )
        )


def _to_stdout(content: bytes) -> None:
    """The content as it is; on a terminal, which would obey what stands in it, as text."""
    if not sys.stdout.isatty():
        standard_streams.write_bytes(content)
        return
    try:
        sys.stdout.write(visible(content.decode()))
    except UnicodeDecodeError as error:
        raise invalid(msg("this evidence is no text for a terminal"), msg("write it to a file: --out PATH")) from error
