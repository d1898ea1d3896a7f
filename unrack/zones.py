"""The one source of time zones: the machine's files or the pinned package, whichever tells of the later rules.

Python prefers the machine's files, and those of a stable distribution are often years behind: Debian 12 is an hour off
in Vancouver since November 2026. Whoever needs a zone asks here. Libraries that make zones by themselves get the same,
since the choice is made for the whole process when this module is first imported.
"""

import re
import zoneinfo
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata

from unrack.model.message import msg

_LONGEST = 100
_NAME = re.compile(r"(?=.{1,100}$)[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,3}")
"""As names are written in the tz database: the library takes a name for a path, however long, and goes into it."""

_VERSION = re.compile(r"(\d{4})([a-z]+)")


def zone(name: str) -> ZoneInfo:
    """The zone called `name` in the tz database, as ``Europe/Paris``.

    Raises:
        ValueError: there is none.
    """
    if _NAME.fullmatch(name):
        with suppress(OSError, ValueError, ZoneInfoNotFoundError):
            return ZoneInfo(name)
    raise ValueError(msg("'{name}' is no time zone, as Europe/Paris is", name=name[:_LONGEST]))


def version() -> str:
    """The version of the tz database that is used, as ``2026f``."""
    return _USED


def known() -> set[str]:
    """Every name that `zone` knows."""
    return zoneinfo.available_timezones()


def newer(one: str, other: str) -> bool:
    """Whether `one` is a later version than `other`; what is no version, as nothing at all, is older than any."""
    return _order(one) > _order(other)


def version_in(folder: Path) -> str:
    """The version of the zone files in `folder`, as ``tzdata.zi`` or ``+VERSION`` tells; empty when neither does."""
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="ascii") as file:
                found = _VERSION.search(file.readline(100))
        except (OSError, UnicodeDecodeError):
            continue
        if found is not None:
            return found[0]
    return ""


def _order(text: str) -> tuple[int, int, str]:
    """Versions of one year follow each other as ``z``, ``za``."""
    found = _VERSION.fullmatch(text)
    return (0, 0, "") if found is None else (int(found[1]), len(found[2]), found[2])


def _of_machine() -> str:
    """The version of the files that Python would take: those of the first folder that has any."""
    folders = [Path(folder) for folder in zoneinfo.TZPATH]
    first = next((folder for folder in folders if (folder / "UTC").exists()), None)
    return "" if first is None else version_in(first)


def _chosen(machine: str, packaged: str) -> str:
    """The version that is used from here on; the package's wins where both are equal, or the machine's tells none."""
    if newer(machine, packaged):
        return machine
    zoneinfo.reset_tzpath(())  # the package is what Python takes where no folder is left
    ZoneInfo.clear_cache()
    return packaged


_USED = _chosen(_of_machine(), tzdata.IANA_VERSION)
