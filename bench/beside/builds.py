"""Two builds side by side: this tree, and a commit that is checked out into a temporary folder."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.lock"

Say = Callable[[str], None]
"""Shows progress, one line at a time."""


@dataclass(frozen=True)
class Build:
    """A tree of Unrack and the Python that runs it."""

    name: str
    root: Path
    python: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this build's processes: its own modules, no setting of the person who measures."""
        foreign = ("UNRACK_", "TEMPORAL_", "PYTHON")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        binary = os.environ.get("UNRACK_TEMPORAL_BINARY") or str(Path(sys.executable).with_name("temporal"))
        return {
            **kept,
            "PYTHONPATH": str(self.root),
            "PYTHONSAFEPATH": "1",
            "UNRACK_TEMPORAL_BINARY": binary,
            "UNRACK_LANG": "en",
            "NO_COLOR": "1",
        }

    @property
    def entry(self) -> str:
        """Where the command ``unrack`` begins, as ``module:function``."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["scripts"]["unrack"])

    def module(self, *names: str) -> str:
        """The first of `names` that this build has.

        Raises:
            LookupError: it has none of them.
        """
        for name in names:
            path = self.root / name.replace(".", "/")
            if path.with_suffix(".py").is_file() or path.is_dir():
                return name
        raise LookupError(f"{self.name} has none of the modules {', '.join(names)}")

    def command(self, *words: str) -> list[str]:
        """How to start ``unrack`` with `words` as a new process."""
        module, _, function = self.entry.partition(":")
        return [str(self.python), "-c", f"from {module} import {function}; {function}()", *words]


def this_tree() -> Build:
    """The build that measures."""
    return Build("ours", ROOT, Path(sys.executable))


@contextmanager
def checked_out(reference: str, say: Say, python: Path | None = None) -> Iterator[Build]:
    """The commit `reference` in a temporary folder, removed afterwards.

    Args:
        reference: What git knows it by.
        say: Shows progress.
        python: The Python that has the commit's requirements; without, this one when the lock is the same, else a new
            environment from the commit's own lock.

    Raises:
        RuntimeError: git or pip does not do it.
    """
    folder = Path(tempfile.mkdtemp(prefix="unrack-bench-"))
    tree = folder / "tree"
    try:
        say(f"checking out {reference}")
        _run("git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(tree), reference)
        yield Build(reference, tree, python or _python_for(tree, folder, say))
    finally:
        subprocess.run(  # noqa: S603 - our own arguments
            ["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)],  # noqa: S607 - whoever has a clone has git
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)
        _run("git", "-C", str(ROOT), "worktree", "prune")


def _python_for(tree: Path, folder: Path, say: Say) -> Path:
    if (tree / LOCK).read_bytes() == (ROOT / LOCK).read_bytes():
        return Path(sys.executable)
    say("its lock differs: installing its own environment (a minute or two)")
    place = folder / "venv"
    _run(sys.executable, "-m", "venv", str(place))
    python = place / "bin" / "python"
    _run(str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(tree / LOCK))
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
