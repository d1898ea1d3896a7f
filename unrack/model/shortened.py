"""How texts that anybody may send are shortened, before they are quoted or kept. Pure.

What was sent stands in the history as it came. What a run carries and repeats is short, so that no sender can fill it.
"""

from pydantic import ValidationError

from unrack.model.message import joined, msg

QUOTED = 60
"""Characters of one piece of input that a message repeats."""

KEPT = 600
"""Bytes of a text that a run carries with it."""


def quoted(text: str, most: int = QUOTED) -> str:
    """`text`, cut to `most` characters; an ellipsis tells that something is left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def kept(text: str, most: int = KEPT) -> str:
    """`text`, cut to `most` bytes as UTF-8; an ellipsis tells that something is left out."""
    written = text.encode(errors="replace")
    if len(written) <= most:
        return text
    return f"{written[: most - 3].decode(errors='ignore')}…"


def complaints(error: ValidationError) -> str:
    """The first things that do not fit, in words: of what a sender made up only the beginning, and no values.

    Names of fields are the sender's, and some messages repeat the word that they found.
    """
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    told = (
        msg(
            "{join}: {quoted}",
            join=".".join(quoted(str(part)) for part in each["loc"][:8]),
            quoted=quoted(each["msg"], 160),
        )
        for each in wrong[:5]
    )
    return joined("; ", told)
