"""Who acts: stated, not verified."""

import getpass

from pydantic import ValidationError

from unrack.cli.problems import complaint_of, invalid
from unrack.model.decision import Actor
from unrack.model.message import msg
from unrack.operations.whose_key import Wishes


def actor(name: str | None) -> Actor:
    """Who acts: the stated name, else the operating system's user. Nobody verifies it.

    Raises:
        UnrackError: no name was stated and the system knows none, or the name is none (``INVALID``).
    """
    try:
        return Actor(name=getpass.getuser() if name is None else name)
    except (OSError, KeyError, ImportError) as error:
        raise invalid(msg("the system does not know who you are"), msg("state it: --as NAME")) from error
    except ValidationError as error:
        raise invalid(
            msg("nobody can act under this name: {why_not}", why_not=_why_not(error)), msg("state another: --as NAME")
        ) from error


def wishes(name: str | None, key: str | None, *, unsigned: bool) -> Wishes:
    """Who acts and how it is signed, as somebody typed it.

    Raises:
        UnrackError: as `actor`; or a key is named for what is not to be signed (``INVALID``).
    """
    if key is not None and unsigned:
        raise invalid(msg("--key and --unsigned contradict each other; nothing was sent"), msg("leave one of them out"))
    return Wishes(by=actor(name), named=name is not None, key=key, unsigned=unsigned)


def _why_not(error: ValidationError) -> str:
    return complaint_of(error).removeprefix("name: ")
