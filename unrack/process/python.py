"""How a module of ours runs in a process of its own: ours, in whatever folder the command was typed.

That folder may hold a ``worker.py`` or a package ``workflows`` of somebody else, and our processes have credentials.
"""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds our packages: a checkout, or the folder of installed packages."""


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs our module `name`; for Python, the folder that somebody stands in is no place for code."""
    return [sys.executable, "-P", "-m", name, *arguments]


def environment() -> dict[str, str]:
    """Return the variables to add to such a process's environment: our packages come first on its path.

    Entries of ``PYTHONPATH`` that depend on the folder that somebody stands in, an empty one among them, are left out.
    """
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [str(_ROOT), *(each for each in known if Path(each).is_absolute())]
    return {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
