"""The command ``secret``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.context import cli_context
from unrack.cli.options import ON_CALL, Json, examples
from unrack.cli.task_input import ask_secret, secret_of_file

app = typer.Typer()


@app.command("handover", hidden=True, help="The old name of `secret`.", epilog=examples("unrack handover"))
@app.command(
    rich_help_panel=ON_CALL,
    epilog=examples("unrack secret", "unrack secret --file token.txt", "unrack secret < token.txt"),
)
def secret(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="Read the secret from this file.")] = None,
    json: Json = False,
) -> None:
    """Hand a secret to the worker and print the reference that a task's field takes. It never enters a history."""
    content = secret_of_file(file) if file else ask_secret("secret")
    reference = asyncio.run(cli_context(ctx).evidence.hand_over(content))
    if json:
        screen.print_document({"reference": reference})
    else:
        screen.facts().print(reference)
