"""Folders that only their owner may look into: databases, plans, logs, evidence and secrets lie in them."""

import errno
import stat
from pathlib import Path

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg


def make_private(folder: Path) -> None:
    """Make `folder` when it is missing, and close it to others where they could look into it.

    Raises:
        OSError: it cannot be made, or everybody may look into it and it is not ours to close.
    """
    for missing in [each for each in reversed((folder, *folder.parents)) if not each.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    try:
        folder.chmod(mode & stat.S_IRWXU)
    except PermissionError as error:  # somebody else's, as a volume: a group may be meant to share it
        if mode & stat.S_IRWXO:
            raise PermissionError(
                errno.EPERM, msg("every user of this machine may look into it"), str(folder)
            ) from error


def closed(folder: Path) -> Path:
    """The data folder of an installation, made when missing and closed, see `make_private`.

    Raises:
        UnrackError: it cannot be made, or others may look into it and it is not ours to close (``DENIED``).
    """
    try:
        make_private(folder)
    except OSError as error:
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg(
                    "the data folder '{folder}' cannot be used: {strerror}", folder=folder, strerror=error.strerror
                ),
                suggestion=msg(
                    "name a folder of your own with --home or UNRACK_HOME, or have its owner run chmod 700 on it"
                ),
            )
        ) from error
    return folder
