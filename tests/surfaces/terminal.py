"""A person at a terminal: a real pseudo-terminal, at which a command reads and shows, and a real Ctrl-C."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 120.0
"""Seconds for what a command does between two texts: it starts Python and asks a server."""


class Terminal:
    """One command, started at a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process = process
        self.seen = ""
        self._screen = screen

    def sees(self, text: str) -> None:
        """Wait until `text` stands on the screen."""
        deadline = time.monotonic() + _PATIENCE
        while text not in self.seen:
            assert time.monotonic() < deadline, f"'{text}' was not shown: {self.seen}"
            self._read()

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self._screen, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C once."""
        self.process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """The exit code, once the command ended."""
        deadline = time.monotonic() + _PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"the command goes on: {self.seen}"
            self._read()
        self._read()
        return self.process.returncode

    def printed(self) -> str:
        """What the command wrote to stdout, which was no terminal."""
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()

    def _read(self) -> None:
        if select.select([self._screen], [], [], 0.1)[0]:
            try:
                self.seen += os.read(self._screen, 65536).decode(errors="replace").replace("\r\n", "\n")
            except OSError:  # the other end is closed
                return


@contextmanager
def at_a_terminal(*words: str, home: Path) -> Generator[Terminal]:
    """Start ``unrack`` at a terminal."""
    with python_at_a_terminal("-m", "unrack.cli.app", "--home", str(home), *words) as terminal:
        yield terminal


@contextmanager
def python_at_a_terminal(*words: str) -> Generator[Terminal]:
    """Start Python with stdin and stderr at a terminal, and stdout in a pipe to the test."""
    screen, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=end,
        stderr=end,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
    )
    os.close(end)
    try:
        yield Terminal(process, screen)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        os.close(screen)
