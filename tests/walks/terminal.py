"""A person's terminal: a shell on a pseudo-terminal of 80 columns, into which text is typed key by key."""

import codecs
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

ROWS, COLUMNS = 40, 80
PROMPT = re.compile(r"\[walk:(\d+)\] \Z")
"""The shell waits for a command; in brackets is the exit code of the one before."""

MORE = re.compile(r"\[more\] \Z")
"""The shell waits for the rest of a command."""

_PROMPTS = {"PS1": "[walk:$?] ", "PS2": "[more] "}

_TAKE_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Makes stdin the terminal that Ctrl-C comes from, then becomes the shell. What the tests were started by may ignore
Ctrl-C, as a script's background job does; a person's shell does not."""

_SHELL = ("bash", "--noprofile", "--norc", "--noediting", "-i")

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>]|\r")


def readable(text: str) -> str:
    """What a person reads of `text`: without colours and movements of the cursor."""
    return _CONTROL.sub("", text)


class Terminal:
    """A shell that a person types into; ended with the block that opened it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Open a shell in `folder` that knows `environment` and nothing else."""
        assert shutil.which(_SHELL[0]), f"the walks need {_SHELL[0]}"
        self._keys, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._shell = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *_SHELL],
            stdin=there,
            stdout=there,
            stderr=there,
            cwd=folder,
            env={**environment, **_PROMPTS, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(there)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._seen = ""
        self.changed = time.monotonic()
        """When something was last printed."""

    def __enter__(self) -> Self:
        """Opened already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it as a person closes the window: what runs there is told, and what stays all the same is killed."""
        shell = psutil.Process(self._shell.pid)
        running = [shell, *shell.children(recursive=True)]
        os.close(self._keys)
        for left in psutil.wait_procs(running, timeout=30)[1]:
            with suppress(psutil.NoSuchProcess):
                left.kill()
        self._shell.wait()

    @property
    def seen(self) -> str:
        """Everything printed so far, as a person reads it."""
        return readable(self._seen)

    def type(self, text: str, pause: float) -> None:
        """Type `text` and Enter, with `pause` seconds between two keys."""
        for key in text:
            self.press(key)
            time.sleep(pause)
        self.press("\n")

    def press(self, key: str) -> None:
        """Press one key."""
        os.write(self._keys, key.encode())

    def look(self, seconds: float, found: Callable[[str], object] = lambda _: False) -> bool:
        """Look on until `found` says of all that was printed that it is there, at most for `seconds`."""
        until = time.monotonic() + seconds
        while not found(self.seen):
            left = until - time.monotonic()
            if left <= 0 or not self._take(min(left, 0.2)):
                return bool(found(self.seen))
        return True

    def look_now(self) -> str:
        """Everything printed until this moment."""
        self.look(0.2)
        return self.seen

    def _take(self, seconds: float) -> bool:
        """Take in what was printed meanwhile; False when the shell has ended."""
        if not select.select([self._keys], [], [], seconds)[0]:
            return True
        printed = b""
        with suppress(OSError):  # Linux says so when nobody holds the other side any more
            printed = os.read(self._keys, 65536)
        self._seen += self._decoder.decode(printed)
        self.changed = time.monotonic()
        return bool(printed)
