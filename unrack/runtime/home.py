"""The data folder of an installation, closed to everybody but its owner: databases, plans and logs lie in it."""

import stat
from pathlib import Path

from unrack.model.errors import Category, Problem, UnrackError


def closed(folder: Path) -> Path:
    """`folder`, made when missing, and closed to others where they could look into it.

    Raises:
        UnrackError: it cannot be made, or others may look into it and it is not ours to close (``DENIED``).
    """
    try:
        for missing in [each for each in reversed((folder, *folder.parents)) if not each.exists()]:
            missing.mkdir(mode=0o700, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            _close(folder, mode)
    except OSError as error:
        raise _denied(f"the data folder '{folder}' cannot be used: {error.strerror}") from error
    return folder


def _close(folder: Path, mode: int) -> None:
    try:
        folder.chmod(mode & stat.S_IRWXU)
    except PermissionError as error:  # somebody else's, as a volume: a group may be meant to share it
        if mode & stat.S_IRWXO:
            raise _denied(f"every user of this machine may look into the data folder '{folder}'") from error


def _denied(message: str) -> UnrackError:
    suggestion = "name a folder of your own with --home or UNRACK_HOME, or have its owner run chmod 700 on it"
    return UnrackError(Problem(category=Category.DENIED, message=message, suggestion=suggestion))
