"""``--help`` in the language of the reader."""

import os
from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from typing import Any

from typer import rich_utils

from unrack.i18n import ENGLISH, choose, say, speak, spoken
from unrack.model.message import msg


def speak_for_help(words: Sequence[str]) -> None:
    """Choose the language before any option is read: ``--help`` is answered before ``--lang`` is."""
    named = [after for word, after in pairwise(words) if word == "--lang"]
    named += [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    speak(choose(named[-1] if named else os.environ.get("UNRACK_LANG"), os.environ))
    rich_utils.ARGUMENTS_PANEL_TITLE = say(msg("Arguments"))
    rich_utils.OPTIONS_PANEL_TITLE = say(msg("Options"))
    rich_utils.COMMANDS_PANEL_TITLE = say(msg("Commands"))


def in_readers_language(command: Any, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps the types of its commands to itself
    """A copy of `command` whose help is in the language of the reader, with the commands below it."""
    if spoken() == ENGLISH:
        return command
    told = copy(command)
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
