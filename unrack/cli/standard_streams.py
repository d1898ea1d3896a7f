"""Standard output and error, as robust as a shell expects.

A reader that leaves, as ``head`` does, ends nothing: what follows is dropped, and the command goes on to its own exit
code. A stream that was closed at the start takes nothing. A character that the stream's encoding lacks is written as
its escape.
"""

import io
import os
import sys
from pathlib import Path
from typing import TextIO, cast


class Outlet:
    """A text stream whose reader may leave."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream
        self.left = False
        """Whether the reader has left."""

    def write(self, text: str) -> int:
        """Write `text`; dropped once the reader has left."""
        if not self.left:
            try:
                return self._stream.write(text)
            except BrokenPipeError:
                self.drop()
        return len(text)

    def flush(self) -> None:
        """Write what is buffered; dropped once the reader has left."""
        if not self.left:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self.drop()

    def drop(self) -> None:
        """Send what is still buffered, and what anybody else writes, nowhere."""
        self.left = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> object:
        """Everything else is the stream's."""
        return getattr(self._stream, name)


def install() -> None:
    """Make the standard streams of this process such outlets."""
    sys.stdout = cast("TextIO", _outlet(sys.stdout))
    sys.stderr = cast("TextIO", _outlet(sys.stderr))


def nobody_reads() -> bool:
    """Whether the reader of stdout has left, so that a long list can end."""
    return isinstance(sys.stdout, Outlet) and sys.stdout.left


def write_bytes(content: bytes) -> None:
    """Write `content` to stdout as it is; dropped once the reader has left."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        if not isinstance(sys.stdout, Outlet):
            raise
        sys.stdout.drop()


def _outlet(stream: TextIO | None) -> Outlet:
    """An outlet for `stream`; Python gives None for one that was closed at the start."""
    if stream is None:
        stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    outlet = Outlet(stream)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return outlet
