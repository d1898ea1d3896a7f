"""Files of a person on this machine: odd paths are told, and nothing is left half written."""

from contextlib import suppress
from pathlib import Path

from unrack.model.errors import Category, Problem, UnrackError, unwritten
from unrack.model.message import msg


def from_home(text: str) -> Path:
    """The path that a person means by `text`; a ``~`` that leads to nobody's home is part of a name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_there(path: Path) -> bool:
    """Whether there is something at `path`; not where no path can lead: a name too long, or one with a NUL in it."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether `path` is a file, see `is_there`."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def write_new(path: Path, content: bytes, suggestion: str = msg("name another file")) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        UnrackError: it exists (``CONFLICT``), the disk is full or takes nothing (``STORAGE``), or no file can be at
            `path` (``INVALID``).
    """
    begun = False
    try:
        with path.open("xb") as file:
            begun = True
            file.write(content)
    except FileExistsError as error:
        problem = Problem(
            category=Category.CONFLICT,
            message=msg("'{path}' exists and is not overwritten", path=path),
            suggestion=suggestion,
            reference=str(path),
        )
        raise UnrackError(problem) from error
    except (OSError, ValueError) as error:
        if begun:
            with suppress(OSError):
                path.unlink()
        raise UnrackError(unwritten(f"'{path}'", error, suggestion)) from error
