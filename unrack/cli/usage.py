"""A command line that is not right, told in the language of the reader.

typer says it in English and asks no catalogue. Its sentences stand in `unrack.i18n.values`; one that is not among them
stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import typer

from unrack.cli.help import say_usage_line, speak_for_words
from unrack.i18n import say
from unrack.i18n.values import USAGE
from unrack.model.message import PLACEHOLDER, msg
from unrack.model.visible import visible

_FROM_PYDANTIC = "Value error, "
"""Stands before what a check of a value said."""


def say_usage_error(error: typer.TyperException, words: Sequence[str]) -> None:
    """Have typer print `error`, and what stands around it, in the language of the person who typed `words`."""
    speak_for_words(words)
    told = visible(say(usage_message(error)))
    error.format_message = lambda: told
    context = getattr(error, "ctx", None)
    if context is not None:
        say_usage_line(context.command)


def usage_message(error: typer.TyperException) -> str:
    """What `error` says, as a message."""
    return _understood(error.format_message().replace(_FROM_PYDANTIC, "", 1), error.message)


def _understood(text: str, own: str) -> str:
    """`text` as a message; within it `own`, which knows how it was made if it is a text of ours."""
    if text == own and type(own) is not str:
        return own
    for template, pattern in _sentences().items():
        found = pattern.fullmatch(text)
        if found:
            values = found.groupdict().items()
            return msg(template, **{name: _understood(each, own) if name == "told" else each for name, each in values})
    return text


@cache
def _sentences() -> Mapping[str, re.Pattern[str]]:
    """Each sentence with the pattern of what it becomes; one that another begins with comes after it."""
    return {str(each): re.compile(_pattern(each), re.DOTALL) for each in sorted(USAGE, key=len, reverse=True)}


def _pattern(template: str) -> str:
    """What `template` looks like with its values."""
    pieces = PLACEHOLDER.split(template)
    return "".join(f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
