"""The errors of the store, translated once into ours."""

from collections.abc import Generator
from contextlib import contextmanager

from obstore.exceptions import AlreadyExistsError, BaseError

from unrack.model.errors import Category, Problem, UnrackError


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
            missing or Problem(category=Category.NOT_FOUND, message=f"cannot {doing}: not in {url}")
        ) from error
    except (AlreadyExistsError, FileExistsError) as error:
        raise UnrackError(Problem(category=Category.CONFLICT, message=f"cannot {doing}: it exists")) from error
    except (BaseError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.UNAVAILABLE,
                message=f"cannot {doing} in {url}: {first_line(error)}",
                suggestion="check UNRACK_EVIDENCE_URL, the credentials of the store, and that it has space",
            )
        ) from error


def first_line(error: Exception) -> str:
    """The first line of an error; the rest of the library's text is its debug print."""
    return (str(error).splitlines() or [type(error).__name__])[0]
