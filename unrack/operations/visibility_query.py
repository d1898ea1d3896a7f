"""How a text becomes part of a visibility query."""

from unrack.model.message import msg


def quoted(text: str) -> str:
    """`text` as a string of the visibility query language.

    The server does not undo escapes reliably (it strips quotes that were escaped): no text with a quote is ever sent.

    Raises:
        ValueError: it has one.
    """
    if "'" in text or "\\" in text:
        raise ValueError(msg("{text} has no place in a visibility query", text=f"{text!r}"))
    return f"'{text}'"
