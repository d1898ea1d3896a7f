"""Arguments that no command can make sense of."""

import os
from collections.abc import Iterable

from unrack.model.message import msg

LONGEST = 5000
"""Characters of one argument: more than any reason, remark or path may have."""


def refuse_odd(words: Iterable[str]) -> None:
    """Refuse arguments that are odd in themselves.

    Raises:
        UnrackError: one is too long, holds a NUL character, or holds bytes that are no text and names no file
            (``INVALID``).
    """
    for word in words:
        shown = f"'{word[:40]}{'…' if len(word) > 40 else ''}'"  # noqa: PLR2004 - enough to know it again
        if len(word) > LONGEST:
            raise _refused(
                msg("the argument {shown} has {len} characters", shown=shown, len=len(word)),
                msg("at most {longest} are taken", longest=LONGEST),
            )
        if "\0" in word:
            raise _refused(
                msg("the argument {replace} holds a NUL character", replace=shown.replace(chr(0), "␀")),
                msg("leave it out"),
            )
        if not _is_text(word) and not os.path.lexists(word.partition("=")[2] or word):
            raise _refused(
                msg("the argument {shown} is not text", shown=shown), msg("its bytes are not UTF-8: write it in UTF-8")
            )


def _refused(message: str, suggestion: str) -> Exception:
    from unrack.cli.problems import invalid  # noqa: PLC0415 - a command that goes well does not wait for it

    return invalid(message, suggestion)


def _is_text(word: str) -> bool:
    """Whether `word` is text; bytes of the command line that are none come as lone surrogates."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True
