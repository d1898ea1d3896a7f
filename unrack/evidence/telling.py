"""The errors of the store, translated once into ours."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from obstore.exceptions import AlreadyExistsError, BaseError

from unrack.model.errors import NO_ROOM, Category, Problem, UnrackError
from unrack.model.message import msg

_SYSTEM_ERROR = re.compile(r"\(os error ([0-9]+)\)$")


@contextmanager
def told(url: str, doing: str, missing: Problem | None = None) -> Generator[None]:
    """Turn an error of the store at `url`, met while `doing`, into an `UnrackError`.

    Args:
        url: Which store.
        doing: What was to be done, as ``keep 'loa.pdf'``.
        missing: What to say where something is not there.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise UnrackError(
            missing
            or Problem(category=Category.NOT_FOUND, message=msg("cannot {doing}: not in {url}", doing=doing, url=url))
        ) from error
    except (AlreadyExistsError, FileExistsError) as error:
        raise UnrackError(
            Problem(category=Category.CONFLICT, message=msg("cannot {doing}: it exists", doing=doing))
        ) from error
    except (BaseError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.STORAGE if takes_nothing(error) else Category.UNAVAILABLE,
                message=msg(
                    "cannot {doing} in {url}: {first_line}", doing=doing, url=url, first_line=first_line(error)
                ),
                suggestion=msg("check UNRACK_EVIDENCE_URL, the credentials of the store, and that it has space"),
            )
        ) from error


def takes_nothing(error: Exception) -> bool:
    """Whether the store's disk is full or read-only. `obstore` names the system's error by its number only."""
    named = _SYSTEM_ERROR.search(first_line(error))
    number = error.errno if isinstance(error, OSError) else int(named[1]) if named else None
    return number in NO_ROOM


def first_line(error: Exception) -> str:
    """The first line of an error; the rest of the library's text is its debug print."""
    return (str(error).splitlines() or [type(error).__name__])[0]
