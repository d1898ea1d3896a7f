"""Commands on runbooks: list, show, new, check, schema."""

import json as json_lines
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.context import cli_context
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.formats import count
from unrack.cli.render.runbooks import (
    description_document,
    show_catalogue,
    show_description,
    show_new,
    summary_document,
)
from unrack.cli.screen import escape
from unrack.documents.diagnostics import Diagnostic
from unrack.i18n import ENGLISH, also_say, speaking
from unrack.model.message import msg
from unrack.model.translation import together
from unrack.process.files import write_new
from unrack.runbook import template
from unrack.runbook.describe import catalogue, describe, example_of
from unrack.runbook.load import check_runbooks, find_runbook, load_runbook, notes_on_runbooks, valid_runbooks
from unrack.runbook.schema import request_schema, runbook_schema

app = typer.Typer()
_runbook = typer.Typer(
    no_args_is_help=True, help="Choose, check and write runbooks: what is cancelled how, by whom, with which rights."
)
app.add_typer(_runbook, name="runbook", rich_help_panel=SET_UP)


SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Schema(StrEnum):
    """The kind of document that a schema describes."""

    RUNBOOK = "runbook"
    REQUEST = "request"


@_runbook.command("list", epilog=examples("unrack runbook list", "unrack runbook list --provider whc --json"))
def list_(
    ctx: typer.Context,
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this provider.")] = None,
    json: Json = False,
) -> None:
    """List the runbooks: what each cancels, which timings it knows, and how much of it is a person's work."""
    loaded = valid_runbooks(cli_context(ctx).settings.runbooks)
    every = catalogue(loaded)
    found = [each for each in every if provider in (None, each.provider)]
    if json:
        screen.print_document({"runbooks": [summary_document(each) for each in found]})
    else:
        also_say(together(each.translations for each in loaded))
        show_catalogue(screen.facts(), found)


@_runbook.command(
    epilog=examples(
        "unrack runbook show ovhcloud-connect-direct",
        "unrack runbook show ovhcloud-connect-direct --access-rules > rules.json",
        "unrack runbook show awsmarketplace-agreement --iam-policy > policy.json",
        "unrack runbook show whc-hosting --json",
    )
)
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RUNBOOK", help="Its name, as `list` shows it.", show_default=False)],
    access_rules: Annotated[
        bool, typer.Option("--access-rules", help="Print only what OVHcloud's POST /auth/credential takes.")
    ] = False,
    iam_policy: Annotated[
        bool, typer.Option("--iam-policy", help="Print only an IAM policy, for OVHcloud or AWS, with these rights.")
    ] = False,
    json: Json = False,
) -> None:
    """Show one runbook: every step and who does it, what is lost and taken back, which rights a worker needs."""
    folders = cli_context(ctx).settings.runbooks
    loaded = load_runbook(find_runbook(name, folders))
    found = describe(loaded)
    also_say(loaded.translations)
    if access_rules:
        if not found.access_rules:
            raise invalid(msg("'{name}' makes no call at OVHcloud, so no consumer key is needed for it", name=name))
        screen.print_document({"accessRules": list(found.access_rules)})
    elif iam_policy:
        if found.iam_policy is None:
            raise invalid(msg("'{name}' makes no call that an IAM policy allows", name=name))
        screen.print_document(found.iam_policy)
    elif json:
        screen.print_document(description_document(found, example_of(name, folders)))
    else:
        show_description(screen.facts(), found, example_of(name, folders))


@_runbook.command(
    epilog=examples(
        "unrack runbook new acme-backup --provider acme --product backup",
        "unrack runbook new whc-vps --like whc-hosting --output runbooks/whc-vps.yaml",
    )
)
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As acme-backup.", show_default=False)],
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="One lower-case word, as acme.")] = None,
    product: Annotated[str | None, typer.Option(metavar="NAME", help="As backup or web-hosting.")] = None,
    like: Annotated[str | None, typer.Option(metavar="RUNBOOK", help="Start from a copy of this one.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: NAME.yaml here.")] = None,
    json: Json = False,
) -> None:
    """Start a new runbook from a template, and name the blanks that are left to fill in."""
    path = output or Path(f"{name}.yaml")
    text = _new_text(ctx, name, provider, product, like)
    write_new(path, text.encode(), msg("choose another name, or another --output"))
    left = template.blanks(text)
    if json:
        document = {"file": str(path), "blanks": [blank.model_dump(mode="json") for blank in left]}
        screen.print_document(document)
    else:
        show_new(screen.facts(), path, left)


def _new_text(ctx: typer.Context, name: str, provider: str | None, product: str | None, like: str | None) -> str:
    _named("NAME", name)
    if like is not None:
        if provider or product:
            raise invalid(msg("--like takes provider and product over from the other runbook"), msg("leave them out"))
        return template.like(find_runbook(like, cli_context(ctx).settings.runbooks), name)
    if provider is None or product is None:
        raise invalid(
            msg("a new runbook needs --provider and --product"), msg("or --like RUNBOOK, to start from a copy")
        )
    _named("--product", product)
    if not provider.isalnum() or provider != provider.lower() or not provider[:1].isalpha():
        raise invalid(msg("--provider '{provider}' is not one lower-case word", provider=provider), msg("as acme"))
    return template.new_runbook(name, provider, product)


def _named(option: str, text: str) -> None:
    if not SLUG.fullmatch(text):
        raise invalid(
            msg("{option} '{text}' is not lower-case words joined by hyphens", option=option, text=text),
            msg("as acme-backup"),
        )


@_runbook.command(epilog=examples("unrack runbook check runbooks", "unrack runbook check my-runbook.yaml --json"))
def check(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files or folders; default: those of the settings.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what is wrong in runbooks: file, line, column, and what was probably meant."""
    looked = paths or cli_context(ctx).settings.runbooks
    found, notes = check_runbooks(looked), notes_on_runbooks(looked, datetime.now(UTC).date())
    if json:
        told = {"diagnostics": [_document(each) for each in found], "notes": [_document(each) for each in notes]}
        screen.print_document({"valid": not found, **told})
    elif not found:
        screen.facts().print(msg("[green]Valid.[/]"))
    else:
        with speaking(ENGLISH):  # of the checks some are only in English, as the words of the file are
            for each in found:
                screen.facts().print(escape(str(each)), soft_wrap=True)
        screen.aside().print(msg("[bold red]{mistakes}[/]", mistakes=count(len(found), "mistake")))
    for each in () if json else notes:
        screen.facts().print(msg("[yellow]Note[/] {text}", text=escape(str(each))), soft_wrap=True)
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
