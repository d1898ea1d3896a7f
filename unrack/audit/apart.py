"""Runs histories again in a process of its own: one that stops it, or brings it down, costs its own verdict only.

The library's replayer has no limit of time, and waits for ever on some histories that no server wrote; code that never
gives control back cannot be ended from within. A process can.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio.client import WorkflowHistory

from unrack.audit.comparing import NOTHING, Divergence
from unrack.audit.rerun import Asked, Rerun
from unrack.local import die_with_parent
from unrack.model.errors import Category, Problem, UnrackError
from unrack.process import python

LIMIT = timedelta(seconds=30)
"""How long one history of ordinary length may take; some hundred times what it takes."""

EVENTS_A_SECOND = 50
"""A long history gets a second more for so many events."""

_BEGIN_WITHIN = timedelta(seconds=90)
_LONGEST_ANSWER = 256 * 1024 * 1024


class Apart:
    """The process, started when it is first needed, and again after it had to be ended."""

    def __init__(self, limit: timedelta = LIMIT, code: Path | None = None) -> None:
        """Give each history `limit`, and more when it is long; a folder `code` comes before our own code."""
        self._limit = limit
        self._paths = [str(code)] if code is not None else []
        self._process: asyncio.subprocess.Process | None = None

    async def rerun(self, history: WorkflowHistory) -> Rerun:
        """Run `history` again. It always comes back: one that does not end, or brings the process down, is told so.

        Raises:
            UnrackError: the process cannot be started at all.
        """
        process = self._process = self._process or await self._started()
        seconds = self._limit.total_seconds() + len(history.events) / EVENTS_A_SECOND
        try:
            answer = await asyncio.wait_for(_asked(process, history), seconds)
        except TimeoutError:
            await self.end()
            return _told(history, f"it does not come to an end within {seconds:.0f} seconds")
        if answer:
            told = Rerun.model_validate_json(answer)
            if told.stuck:
                await self.end()
            return told
        await self.end()
        return _told(history, f"it brings the replay down: exit code {process.returncode}")

    async def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None

    async def _started(self) -> asyncio.subprocess.Process:
        ours = python.environment()
        paths = [*self._paths, ours["PYTHONPATH"], *filter(None, sys.path)]  # an empty one means what lies here
        process = await asyncio.create_subprocess_exec(
            *die_with_parent.command(python.module("unrack.audit.rerun")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **ours, "PYTHONPATH": os.pathsep.join(paths)},
            limit=_LONGEST_ANSWER,
        )
        try:
            ready = await asyncio.wait_for(_line(process), _BEGIN_WITHIN.total_seconds())
        except TimeoutError:
            ready = b""
        if not ready:
            process.kill()
            await process.wait()
            raise UnrackError(
                Problem(
                    category=Category.UNEXPECTED,
                    message="the process that runs histories again does not start",
                    suggestion="see why: python -m unrack.audit.rerun",
                )
            )
        return process


@asynccontextmanager
async def apart(limit: timedelta = LIMIT, code: Path | None = None) -> AsyncGenerator[Apart]:
    """A place to run histories again, ended with the block."""
    place = Apart(limit, code)
    try:
        yield place
    finally:
        await place.end()


async def _asked(process: asyncio.subprocess.Process, history: WorkflowHistory) -> bytes:
    """The answer about `history`; nothing when the process is gone."""
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    try:
        process.stdin.write(Asked.of(history).model_dump_json().encode() + b"\n")
        await process.stdin.drain()
    except ConnectionError:
        return b""
    return await _line(process)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    return await process.stdout.readline()


def _told(history: WorkflowHistory, text: str) -> Rerun:
    last = history.events[-1].event_id
    found = Divergence(event=last, step="order", what="it cannot be run again", recorded=NOTHING, today=text)
    return Rerun(divergences=(found,))
