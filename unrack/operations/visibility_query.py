"""How a text becomes part of a visibility query."""


def quoted(text: str) -> str:
    """`text` as a string of the visibility query language.

    The server does not undo escapes reliably (it strips quotes that were escaped): no text with a quote is ever sent.

    Raises:
        ValueError: it has one.
    """
    if "'" in text or "\\" in text:
        raise ValueError(f"{text!r} has no place in a visibility query")
    return f"'{text}'"
