"""Tries inputs one after the other: each ends in time, with a documented exit code, and without a traceback."""

import os
import random
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import pytest
from typer.testing import Result

SEED = int(os.environ.get("UNRACK_SEED", "20261130"))
"""Another one makes other inputs."""

_SHARE = float(os.environ.get("UNRACK_HOSTILE", "0.01"))

SHARES = [pytest.param(_SHARE, id="a-few"), pytest.param(1.0, id="all", marks=pytest.mark.long)]
"""A hundredth of the inputs, or the share in ``UNRACK_HOSTILE``, is tried each time; all by the long tests."""

PATIENCE = 150
"""Seconds that one input may take, on a slow machine beside other tests. A replay ends itself by 30 s and a second for
each 50 events, after which its verdict is told."""


class TooLongError(Exception):
    """An input kept the program busy; no command catches this."""


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    kind: str
    tried: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])

    def chances(self, count: int) -> Iterator[random.Random]:
        """A source of chance for each input, which depends on seed, kind and number only."""
        for number in range(count):
            self.tried += 1
            yield random.Random(f"{SEED}/{self.kind}/{number}")  # noqa: S311 - nothing secret is made of it

    def typed(self, what: object, command: Callable[[], Result], allowed: set[int]) -> Result | None:
        """Run a command; a traceback, another exit code or a hang is a fault."""
        try:
            with in_time():
                result = command()
        except TooLongError:
            self.fault(what, "it hangs")
            return None
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            shown = "".join(traceback.format_exception(result.exception)[-3:])
            self.fault(what, f"a traceback: {shown}")
        elif result.exit_code not in allowed:
            self.fault(what, f"exit code {result.exit_code}: {result.output[-300:]}")
        elif "Traceback" in result.output:
            self.fault(what, f"a traceback is printed: {result.output[-300:]}")
        self.ends[str(result.exit_code)] += 1
        return result

    def fault(self, what: object, why: str) -> None:
        """Note what went wrong, with what it takes to try it again."""
        self.faults.append(f"{self.kind} {self.tried - 1} (seed {SEED}): {why}\n  input: {what!r:.600}")

    def judge(self) -> None:
        """Fails where anything went wrong."""
        TALLIES.append(self)
        assert not self.faults, f"{len(self.faults)} of {self.tried}:\n" + "\n".join(self.faults[:10])


TALLIES: list[Tally] = []
"""What was tried in this session."""


@contextmanager
def in_time(seconds: int = PATIENCE) -> Generator[None]:
    """What is done within ends in time, or ends with `TooLongError`."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
