"""One child process of an installation: started, seen ready, kept running, stopped."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from unrack.local import die_with_parent
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

_log = logging.getLogger("unrack.supervisor")

LOG_LIMIT = 16 * 1024 * 1024
"""Bytes; a log larger than this is moved aside (``….log.1``) before the child is started again."""

_STOP_LIMIT = timedelta(seconds=20)
_POLL = 0.05
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0
_SETTLED = 60.0
"""Seconds; a child that ran this long died of something new, so its back-off begins anew."""


async def _at_once() -> bool:
    return True


@dataclass(frozen=True)
class ChildSpec:
    """A process to run, and how to see that it is ready."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to our own."""
    ready: Callable[[], Awaitable[bool]] = _at_once
    ready_within: timedelta = timedelta(seconds=90)


class Child:
    """A child process. It dies with this process, and is started again, with back-off, when it ends by itself."""

    def __init__(self, spec: ChildSpec) -> None:
        """Describe it; `start` runs it."""
        self.spec = spec
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        running = self._process and self._process.returncode is None
        return self._process.pid if self._process and running else None

    async def start(self) -> None:
        """Run it and wait until it is ready. When somebody kills it meanwhile, it is started again.

        Raises:
            UnrackError: it ended by itself or was not ready in time; its log is named and its last lines are quoted.
        """
        await self._spawn()
        try:
            await self._until_ready()
        except BaseException:
            await self._end()
            raise
        self._say(logging.INFO, "child ready", pid=self.pid)

    def keep(self, changed: Callable[[], None]) -> None:
        """Start it again whenever it ends; `changed` is called when its process id is another one."""
        self._keeper = asyncio.create_task(self._restart_for_ever(changed), name=f"keep {self.spec.name}")

    async def stop(self) -> None:
        """Ask it to end, and make it end when it does not."""
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._end()

    async def _spawn(self) -> None:
        with _open_log(self.spec.log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *die_with_parent.command(self.spec.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.spec.environment},
                start_new_session=True,  # Ctrl-C reaches the supervisor, which stops its children in order
            )

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + self.spec.ready_within.total_seconds()
        while not await self.spec.ready():
            if self.pid is None:
                await self._again_if_killed()
            if time.monotonic() > deadline:
                raise UnrackError(
                    self._not_ready(
                        msg("was not ready after {seconds} s", seconds=round(self.spec.ready_within.total_seconds()))
                    )
                )
            await asyncio.sleep(_POLL)

    async def _again_if_killed(self) -> None:
        """Start it again when a signal ended it; what ends by itself would do so again."""
        code = await self._process.wait() if self._process else 0
        if code >= 0:
            raise UnrackError(self._not_ready(msg("ended at once")))
        self._say(logging.WARNING, "child killed while it started", signal=-code)
        await asyncio.sleep(_FIRST_PAUSE)
        await self._spawn()
        self.restarts += 1

    async def _restart_for_ever(self, changed: Callable[[], None]) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = await self._process.wait() if self._process else None
            pause = _FIRST_PAUSE if time.monotonic() - began > _SETTLED else min(pause * 2, _LONGEST_PAUSE)
            self._say(logging.WARNING, "child ended", code=code, restart_in=pause, log=str(self.spec.log))
            await asyncio.sleep(pause)
            try:
                await self._spawn()
                self.restarts += 1
                changed()
                self._say(logging.INFO, "child started again", pid=self.pid, restarts=self.restarts)
            except OSError as error:  # the machine is short of something, as of disk space; it may pass
                self._say(logging.ERROR, "child not started", reason=str(error))

    async def _end(self) -> None:
        if not self._process or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_LIMIT.total_seconds())
        except TimeoutError:
            self._say(logging.WARNING, "child killed: it did not end when asked")
            self._process.kill()
            await self._process.wait()

    def _say(self, level: int, what: str, **facts: object) -> None:
        """Log a fact; standard logging never raises, whatever happened to the terminal."""
        _log.log(level, what, extra={"child": self.spec.name, **facts})

    def _not_ready(self, what: str) -> Problem:
        return Problem(
            category=Category.UNAVAILABLE,
            message=msg(
                "the {name} {what}: {log}",
                name=self.spec.name,
                what=what,
                log=_last_lines(self.spec.log) or msg("its log is empty"),
            ),
            suggestion=msg("read its log; a port that is taken can be changed on the command line"),
            reference=str(self.spec.log),
        )


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def _last_lines(log: Path, count: int = 3, window: int = 4096) -> str:
    """The last lines of a log, as one line for an error message."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - window))
        lines = file.read().decode(errors="replace").splitlines()
    return " / ".join(line.strip() for line in lines[-count:] if line.strip())
