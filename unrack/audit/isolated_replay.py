"""Judges histories in a process of their own: one that hangs or crashes the replay costs its own verdict only.

The library's replayer has no limit of time, and waits for ever on some histories that no server wrote; code that never
gives control back cannot be ended from within. A process can. It reads files itself, so that several such processes
share the work.
"""

import asyncio
import base64
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Self

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from unrack.audit.histories import Recorded, run_id_of
from unrack.audit.verdicts import NOTHING, Divergence, ReplayVerdict, Verdict
from unrack.local import die_with_parent
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.process import python

LIMIT = timedelta(seconds=30)
"""How long one history of ordinary length may take; some hundred times what it takes."""

EVENTS_A_SECOND = 50
"""A long history gets a second more for so many events."""

_BYTES_A_SECOND = 100_000
"""A large file gets a second more to be read for so many bytes."""

_BEGIN_WITHIN = timedelta(seconds=90)
_LONGEST_ANSWER = 256 * 1024 * 1024


class ReplayAnswer(Frozen):
    """One line of the process: a history begins, or has its verdict, or the job is done."""

    run: str = ""
    run_id: str = ""
    events: int = 0
    last: int = 0
    """Id of the last event."""
    verdict: ReplayVerdict | None = None
    stuck: bool = False
    """Whether a piece of the replay still runs, so that the process must be ended."""
    done: bool = False

    @classmethod
    def beginning(cls, history: WorkflowHistory) -> Self:
        """`history` begins."""
        last, events = history.events[-1].event_id, len(history.events)
        return cls(run=history.workflow_id, run_id=run_id_of(history), events=events, last=last)


class ReplayJob(Frozen):
    """The work of one replay process: every history of a file, or one that was fetched from a server."""

    source: str
    """The file, or the run on the server."""
    events: str | None = None
    """Of a fetched history: Temporal's own binary form, Base64. None: read `source`."""
    begun: ReplayAnswer = ReplayAnswer()
    """The facts known of a fetched history before it is replayed."""
    skip: int = 0
    """How many histories of the file have their verdict."""

    @classmethod
    def of(cls, source: Recorded | Path) -> Self:
        """The job for a file, or for a history in memory."""
        if isinstance(source, Path):
            return cls(source=str(source))
        assert source.history is not None  # noqa: S101 - what cannot be read has its verdict
        content = History(events=source.history.events).SerializeToString()
        begun = ReplayAnswer.beginning(source.history)
        return cls(source=source.source, begun=begun, events=base64.b64encode(content).decode("ascii"))

    @property
    def holds_several(self) -> bool:
        """Whether there may be more than one history."""
        return self.events is None

    @property
    def size(self) -> int:
        """Bytes that are read."""
        if self.events is not None:
            return len(self.events)
        try:
            return Path(self.source).stat().st_size
        except OSError:
            return 0  # the process says why


class IsolatedReplay:
    """The process, started when it is first needed, and again after it had to be ended; use it with ``async with``."""

    def __init__(self, limit: timedelta = LIMIT, code: Path | None = None) -> None:
        """Give each history `limit`, and more when it is long; a folder `code` comes before our own code."""
        self.limit = limit
        self._paths = [str(code)] if code is not None else []
        self.process: asyncio.subprocess.Process | None = None

    async def judge(self, job: ReplayJob) -> list[ReplayVerdict]:
        """The verdict on each history of `job`, in order. It always comes back, whatever a history does.

        Raises:
            UnrackError: the process cannot be started at all.
        """
        verdicts = list[ReplayVerdict]()
        while True:
            judged, done = await self._judged(job.model_copy(update={"skip": len(verdicts)}))
            verdicts += judged
            if done:
                return verdicts

    async def _judged(self, job: ReplayJob) -> tuple[list[ReplayVerdict], bool]:
        """Verdicts until the job is done, or the process had to be ended; and whether the job is done."""
        process = self.process = self.process or await self._started()
        verdicts, begun = list[ReplayVerdict](), job.begun
        await _send(process, job)
        while True:
            seconds = self._seconds(job, begun)
            try:
                line = await asyncio.wait_for(_line(process), seconds)
            except TimeoutError:
                await self.end()
                why = f"it does not come to an end within {seconds:.0f} seconds"
                return [*verdicts, _broken(job, begun, why)], not (begun.events and job.holds_several)
            if not line:
                await self.end()
                why = f"it brings the replay down: exit code {process.returncode}"
                return [*verdicts, _broken(job, begun, why)], not (begun.events and job.holds_several)
            answer = ReplayAnswer.model_validate_json(line)
            if answer.done:
                return verdicts, True
            begun = ReplayAnswer() if answer.verdict is not None else answer
            if answer.verdict is not None:
                verdicts.append(answer.verdict)
            if answer.stuck:
                await self.end()
                return verdicts, not job.holds_several

    def _seconds(self, job: ReplayJob, begun: ReplayAnswer) -> float:
        more = begun.events / EVENTS_A_SECOND if begun.events else job.size / _BYTES_A_SECOND
        return self.limit.total_seconds() + more

    async def end(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None:
            if self.process.returncode is None:
                self.process.kill()
            await self.process.wait()
            self.process = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def _started(self) -> asyncio.subprocess.Process:
        ours = python.environment()
        paths = [*self._paths, ours["PYTHONPATH"], *filter(None, sys.path)]  # an empty one means what lies here
        process = await asyncio.create_subprocess_exec(
            *die_with_parent.command(python.module("unrack.audit.replay_child")),
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
                    message=msg("the process that replays histories does not start"),
                    suggestion=msg("see why: python -m unrack.audit.replay_child"),
                )
            )
        return process


async def _send(process: asyncio.subprocess.Process, job: ReplayJob) -> None:
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    try:
        process.stdin.write(job.model_dump_json().encode() + b"\n")
        await process.stdin.drain()
    except ConnectionError:
        return  # the process is gone: its answer ends, too


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    return await process.stdout.readline()


def _broken(job: ReplayJob, begun: ReplayAnswer, why: str) -> ReplayVerdict:
    """The verdict on the history at which the process stopped, or on a file that it could not read."""
    if not begun.events:
        text = f"reading it: {why}"
        return ReplayVerdict(source=job.source, verdict=Verdict.UNREADABLE, text=text)
    found = Divergence(event=begun.last, step="order", what="it cannot be replayed", recorded=NOTHING, today=why)
    return ReplayVerdict(
        source=job.source,
        verdict=Verdict.DIFFERS,
        event=begun.last,
        text=f"{found.step}: {found.what}: recorded {found.recorded}, today {found.today}",
        run=begun.run,
        run_id=begun.run_id,
        events=begun.events,
        divergences=(found,),
    )
