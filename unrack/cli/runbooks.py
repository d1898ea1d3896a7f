"""Commands on runbooks: check, schema."""

import json as json_lines
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from unrack.cli import screen
from unrack.cli.desk import desk_of
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import ExitCode
from unrack.cli.render.words import count
from unrack.runbook.diagnostics import Diagnostic
from unrack.runbook.load import check_runbooks
from unrack.runbook.schema import request_schema, runbook_schema

app = typer.Typer()
_runbook = typer.Typer(no_args_is_help=True, help="Check runbooks, and print the schema that an editor completes by.")
app.add_typer(_runbook, name="runbook", rich_help_panel=SET_UP)


class Schema(StrEnum):
    """What a schema describes."""

    RUNBOOK = "runbook"
    REQUEST = "request"


@_runbook.command(epilog=examples("unrack runbook check runbooks", "unrack runbook check my-runbook.yaml --json"))
def check(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files or folders; default: those of the settings.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what is wrong in runbooks: file, line, column, and what was probably meant."""
    found = check_runbooks(paths or desk_of(ctx).settings.runbooks)
    if json:
        screen.print_document({"valid": not found, "diagnostics": [_document(each) for each in found]})
    elif not found:
        screen.facts().print("[green]Valid.[/]")
    else:
        for each in found:
            screen.facts().print(escape(str(each)), soft_wrap=True)
        screen.aside().print(f"[bold red]{count(len(found), 'mistake')}[/]")
    if found:
        raise typer.Exit(ExitCode.BAD_INPUT)


@_runbook.command(epilog=examples("unrack runbook schema > runbook.schema.json", "unrack runbook schema request"))
def schema(
    which: Annotated[Schema, typer.Argument(help="What the schema describes.")] = Schema.RUNBOOK,
) -> None:
    """Print the JSON Schema of runbooks, or of requests."""
    content = runbook_schema() if which is Schema.RUNBOOK else request_schema()
    sys.stdout.write(json_lines.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _document(found: Diagnostic) -> dict[str, object]:
    return {
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "suggestion": found.suggestion,
    }
