"""The command ``unrack``."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import standard_streams
from unrack.cli.context import CliContext
from unrack.cli.options import examples
from unrack.cli.root_group import AS_JSON, RootGroup
from unrack.i18n import ENGLISH, LANGUAGES
from unrack.model.message import msg
from unrack.process.process_exit import leave

_EXIT_CODES = msg(
    "Exit codes: 0 done · 1 something is wrong or missing · 2 bad input, nothing changed · "
    "3 refused, blocked, in conflict, or nothing waits for it · 4 server or worker not reachable · 5 not found · "
    "6 handed over: the run judges it when it goes on · 7 the disk is full or read-only"
)

_SELDOM = 50_000
"""New objects after which Python looks for garbage: a command makes many, nearly all of which it keeps to its end."""

app = typer.Typer(
    name="unrack",
    cls=RootGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Cancel services by reviewed runbooks, from plan to proof, as durable runs.",
    epilog="\n\n".join([examples("unrack demo", "unrack plan request.yaml", "unrack tasks"), _EXIT_CODES]),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only this option needs it

        try:
            typer.echo(version("unrack"))
        except PackageNotFoundError:
            typer.echo(msg("not installed: run from the source tree"))
        raise typer.Exit


@app.callback()
def begin(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Data folder of the installation (UNRACK_HOME).")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Temporal profile (UNRACK_TEMPORAL_PROFILE).")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help=f"Language, of {', '.join(LANGUAGES)} (UNRACK_LANG, locale).")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Make the context of the command that follows."""
    ctx.obj = CliContext(home=home, profile=profile)
    _speak(lang, as_json=bool(ctx.meta.get(AS_JSON)))


def _speak(lang: str | None, *, as_json: bool) -> None:
    """Choose the language of this command: JSON has one only."""
    from unrack.i18n import choose, speak  # noqa: PLC0415 - ``--help`` comes before it

    speak(ENGLISH if as_json else choose(os.environ.get("UNRACK_LANG"), os.environ))
    if lang and lang not in LANGUAGES:
        from unrack.cli.problems import invalid  # noqa: PLC0415 - a command that goes well does not wait for it

        raise invalid(
            msg("'{lang}' is not a language of this program", lang=lang),
            msg("it speaks {join}", join=", ".join(LANGUAGES)),
        )
    if lang and not as_json:
        speak(lang)


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    standard_streams.install()
    gc.set_threshold(_SELDOM)
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:  # what has no command to catch it: the text of --help, or the last that was buffered
        code = _code_of(error)
    leave(code)


def _code_of(error: OSError) -> int:
    """Print what went wrong; the exit code of it."""
    from unrack.cli.failures import end_with  # noqa: PLC0415 - a command that goes well does not wait for it

    try:
        end_with(error, as_json="--json" in sys.argv)
    except typer.Exit as end:
        return end.exit_code
    raise error


def _run() -> int:
    """The exit code of the command line."""
    try:
        app(prog_name="unrack")
    except SystemExit as end:
        if isinstance(end.code, int):
            return end.code
        raise
    return 0


if __name__ == "__main__":
    main()
