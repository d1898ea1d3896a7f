"""Starts a command that cannot outlive its starter: ``python die_with_parent.py PARENT COMMAND…``.

On Linux the kernel kills the command when its parent ends, however that ends (``PR_SET_PDEATHSIG`` survives ``exec``).
Elsewhere the command is started all the same; what is left over is ended at the next start, see `leftovers`.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def command(argv: list[str]) -> list[str]:
    """`argv`, such that it ends with this process.

    This file is run by its path and isolated (``-I -S``): it needs the standard library alone, and takes no code from
    the folder that somebody stands in.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def main() -> None:
    """Tie this process to its parent, then become the command."""
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel knew
        sys.exit(f"{argv[0]}: the process that started this is gone")
    os.execv(argv[0], argv)  # noqa: S606  the command comes from our own supervisor


if __name__ == "__main__":
    main()
