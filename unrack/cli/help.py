"""``--help`` in the language of the reader."""

import os
from collections.abc import Sequence
from copy import copy
from functools import partial
from itertools import pairwise
from typing import Any

from typer import rich_utils

from unrack.i18n import ENGLISH, choose, say, speak, spoken
from unrack.model.message import msg

_LIBRARYS = {
    name: str(getattr(rich_utils, name))
    for name in (
        *("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE"),
        *("ERRORS_PANEL_TITLE", "RICH_HELP", "DEFAULT_STRING"),
    )
}
"""What typer prints around a help or an error, in English: it reads them where it prints."""


def speak_for_words(words: Sequence[str]) -> None:
    """Choose the language before any option is read: ``--help`` and mistakes are answered before ``--lang`` is."""
    named = [after for word, after in pairwise(words) if word == "--lang"]
    named += [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    speak(choose(named[-1] if named else os.environ.get("UNRACK_LANG"), os.environ))
    for name, text in _LIBRARYS.items():
        setattr(rich_utils, name, say(text))
    required = say(msg("required"))
    rich_utils.REQUIRED_LONG_STRING = f"[{required}]"


def say_usage_line(command: Any) -> None:  # noqa: ANN401 - typer keeps the types of its commands to itself
    """Have `command` write its usage line in the language of the reader."""
    command.format_usage = partial(_write_usage, command)


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
    pieces = " ".join(map(say, command.collect_usage_pieces(ctx)))
    formatter.write_usage(ctx.command_path, pieces, prefix=say(msg("Usage: ")))


def in_readers_language(command: Any, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps the types of its commands to itself
    """A copy of `command` whose help is in the language of the reader, with the commands below it."""
    if spoken() == ENGLISH:
        return command
    told = copy(command)
    say_usage_line(told)
    told.params = [_said(parameter, "help", "rich_help_panel") for parameter in command.params]
    below: dict[str, Any] | None = getattr(command, "commands", None)
    if below is not None:
        told.commands = {name: in_readers_language(inner, ctx) for name, inner in below.items()}
    option = told.get_help_option(ctx)
    if option is not None:
        option.help = say(msg("Show this message and exit."))
    return _say(told, "help", "short_help", "epilog", "rich_help_panel")


def paragraphs(text: str) -> list[str]:
    """Split a help text into paragraphs, each joined into one line. An example stays as it is typed."""
    return [part if part.startswith("  ") else " ".join(part.split()) for part in text.split("\n\n")]


def _said(holder: Any, *names: str) -> Any:  # noqa: ANN401 - a parameter
    return _say(copy(holder), *names)


def _say(holder: Any, *names: str) -> Any:  # noqa: ANN401 - a command or a parameter
    for name in names:
        text = getattr(holder, name, None)
        if isinstance(text, str):
            setattr(holder, name, "\n\n".join(map(say, paragraphs(text))))
    return holder
