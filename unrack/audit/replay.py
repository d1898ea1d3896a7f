"""Replays recorded histories, each with a verdict, whatever one of them does to the replay."""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from unrack.audit.histories import Recorded
from unrack.audit.isolated_replay import LIMIT, IsolatedReplay, ReplayJob
from unrack.audit.verdicts import ReplayVerdict, Verdict
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

__all__ = ["ReplayVerdict", "Verdict", "replay"]

_MOST_PROCESSES = 4
_JOBS_FOR_ONE = 20
"""Loading the workflow code takes about as long as replaying so many histories."""


async def replay(
    sources: Sequence[Recorded | Path], *, limit: timedelta = LIMIT, processes: int | None = None
) -> tuple[ReplayVerdict, ...]:
    """Judge every history of `sources`, in their order; one that stops the replay does not keep others from it.

    Args:
        sources: Files, or histories that were fetched.
        limit: How long one of ordinary length may take.
        processes: How many share the work; as many as are worth it on this machine when None.

    Raises:
        UnrackError: there is nothing to replay, which must not look like success.
    """
    if not sources:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("there is no history to replay"),
                suggestion=msg("name a run, an exported file, or a folder of such files"),
            )
        )
    found: list[list[ReplayVerdict]] = [[] for _ in sources]
    waiting = iter(enumerate(sources))

    async def share() -> None:
        async with IsolatedReplay(limit) as place:
            for number, source in waiting:
                found[number] = await _judged(source, place)

    shares = await asyncio.gather(*(share() for _ in range(processes or _worth(len(sources)))), return_exceptions=True)
    for failed in filter(None, shares):
        raise failed
    return tuple(verdict for verdicts in found for verdict in verdicts)


async def _judged(source: Recorded | Path, place: IsolatedReplay) -> list[ReplayVerdict]:
    if isinstance(source, Recorded) and source.history is None:
        return [ReplayVerdict(source=source.source, verdict=Verdict.UNREADABLE, text=source.why)]
    return await place.judge(ReplayJob.of(source))


def _worth(jobs: int) -> int:
    """A process for each processor that we may use, unless there is little to do."""
    return max(1, min(_processors(), _MOST_PROCESSES, jobs // _JOBS_FOR_ONE + 1))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
