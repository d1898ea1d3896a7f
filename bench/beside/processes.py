"""CPU and time of commands that end by themselves, with everything that they started and waited for."""

import asyncio
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.beside.site import NotMeasured

_LONGEST = 160


@dataclass(frozen=True)
class Ended:
    """One command that ended."""

    cpu: float
    """Seconds, user and system, its children's too."""
    took: float
    """Seconds of real time."""
    code: int
    output: str


async def ended(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, *, processors: Sequence[int] = ()
) -> Ended:
    """Run `command` to its end, on some `processors` only where any are given."""
    return await asyncio.to_thread(_ended, command, environment, folder, processors)


def _ended(command: Sequence[str], environment: Mapping[str, str], folder: Path, processors: Sequence[int]) -> Ended:
    begun = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        if processors:
            os.sched_setaffinity(process.pid, processors)
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        with suppress(ChildProcessError):
            process.wait()
    cpu = used.ru_utime + used.ru_stime
    return Ended(cpu, time.monotonic() - begun, os.waitstatus_to_exitcode(status), output.decode(errors="replace"))


def good(done: Ended, what: str, codes: Sequence[int] = (0,)) -> Ended:
    """`done`, when it ended with one of `codes`.

    Raises:
        NotMeasured: it did not.
    """
    if done.code not in codes:
        raise NotMeasured(f"{what} ended with {done.code}: {_end_of(done.output)}")
    return done


def _end_of(output: str) -> str:
    """The last line that says something."""
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip()[:_LONGEST] if lines else "it says nothing"
