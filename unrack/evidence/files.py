"""Reading a file that a person gives: a regular one, no larger than asked, under a name that everybody can read."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

_PLAIN_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without waiting: a named pipe would be waited for until somebody writes."""


def read_regular(path: Path, largest: int, what: str) -> bytes:
    """The content of the file at `path`. At most `largest` bytes are read, however long it is or grows.

    Args:
        path: A regular file; a device, a pipe, a socket or a folder is refused, also behind a link.
        largest: Bytes.
        what: What to call it in errors, as ``the evidence file``.

    Raises:
        UnrackError: it is missing (``NOT_FOUND``), no regular file or too large (``INVALID``), or cannot be read
            (``DENIED``).
    """
    called = msg("{what} '{path}'", what=what, path=readable(str(path)))
    try:
        descriptor = os.open(path, _PLAIN_OPEN)
    except FileNotFoundError as error:
        raise _problem(
            Category.NOT_FOUND, msg("there is no such file: {called}", called=called), msg("check the path")
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise _problem(
            Category.DENIED, msg("{called} cannot be read: {reason}", called=called, reason=_reason(error))
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _problem(Category.INVALID, msg("{called} is not a file", called=called), msg("name a regular file"))
    with os.fdopen(descriptor, "rb") as file:
        return _bounded(file, largest, called)


def readable(name: str) -> str:
    """`name` with a mark in place of every byte or character that is no readable text.

    Names that were unpacked with another encoding (Latin-1, cp437) are no UTF-8.
    """
    whole = os.fsencode(name).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in whole)


def _bounded(file: BinaryIO, largest: int, called: str) -> bytes:
    """All of `file`, never more than one byte above `largest` of it."""
    try:
        content = file.read(largest + 1)
    except OSError as error:
        raise _problem(
            Category.DENIED, msg("{called} cannot be read: {reason}", called=called, reason=_reason(error))
        ) from error
    if len(content) > largest:
        raise _problem(
            Category.INVALID,
            msg(
                "{called} has more than {largest} bytes, which is the most that is kept", called=called, largest=largest
            ),
            msg("attach a smaller scan, or the page that proves the step"),
        )
    return content


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or msg("it cannot be opened")) if isinstance(error, OSError) else msg("its path is none")


def _problem(category: Category, message: str, suggestion: str = "") -> UnrackError:
    return UnrackError(Problem(category=category, message=message, suggestion=suggestion))
