"""Arguments and options that several commands share. How their text is read is in `unrack.cli.parsing`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli.commands import AUDITORS, ON_CALL, RUNS, SET_UP
from unrack.cli.completion import open_task_steps, run_ids, task_steps
from unrack.model.message import msg

__all__ = [
    "AUDITORS",
    "ON_CALL",
    "RUNS",
    "SET_UP",
    "As",
    "DoneTask",
    "Json",
    "Key",
    "Limit",
    "Reason",
    "RequestFile",
    "Run",
    "Runs",
    "Task",
    "Unsigned",
    "examples",
    "said",
]

_TAG = re.compile(r"\[(?=[a-zA-Z/@#])")
"""Brackets that the help would read as markup."""

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="Run id, a unique beginning of it, or the service id alone.",
        show_default=False,
        autocompletion=run_ids,
    ),
]
Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help="Run id, a unique beginning of it, or the service id alone; several are decided in one go.",
        show_default=False,
        autocompletion=run_ids,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most so many, and say whether there are more. Default: all."),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Who acts. Stated where nothing is signed; default: whose key it is, else the system's user.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="PATH",
        help="The SSH key to sign with. Default: UNRACK_SIGNING_KEY, else Git's user.signingkey.",
        show_default=False,
    ),
]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Sign nothing, also where the policy wants it.")]


def said(text: str) -> str:
    """See `unrack.cli.parsing.said`."""
    from unrack.cli import parsing  # noqa: PLC0415 - help and completion do not wait for it

    return parsing.said(text)


Reason = Annotated[
    str,
    typer.Option("--reason", help="Why, for everybody who reads the history.", show_default=False, callback=said),
]
_TASK = msg("The task's step id, as unrack tasks shows it.")
Task = Annotated[str, typer.Argument(metavar="TASK", help=_TASK, show_default=False, autocompletion=open_task_steps)]
DoneTask = Annotated[str, typer.Argument(metavar="TASK", help=_TASK, show_default=False, autocompletion=task_steps)]
RequestFile = Annotated[
    Path, typer.Argument(metavar="REQUEST.yaml", help="The request: runbook, service, reason.", show_default=False)
]


def examples(*commands: str) -> str:
    """The closing lines of a command's help: one example per line."""
    return "\n\n".join([msg("Examples:"), *(f"  {_unmarked(command)}" for command in commands)])


def _unmarked(text: str) -> str:
    return _TAG.sub(r"\[", text)
