"""Judges histories in a process of its own, for `unrack.audit.isolated_replay`.

Reads one `ReplayJob` a line and answers with lines of `ReplayAnswer`: one when a history begins, one with its verdict,
and one when the job is done. A first empty line says that the workflow code is loaded.
"""

import asyncio
import base64
import sys
from collections.abc import Iterable
from pathlib import Path

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from unrack.audit.histories import Recorded, read_each
from unrack.audit.isolated_replay import ReplayAnswer, ReplayJob
from unrack.audit.judge import judge
from unrack.audit.replayer import HistoryReplayer, ReplayResult
from unrack.audit.verdicts import NOTHING, Divergence
from unrack.process.process_exit import leave

_LONGEST = 500


async def _serve() -> None:
    async with HistoryReplayer() as replayer:
        _write("")
        while line := await asyncio.to_thread(sys.stdin.readline):
            job = ReplayJob.model_validate_json(line)
            for number, recorded in enumerate(_recorded(job)):
                if number >= job.skip:
                    await _answer(recorded, replayer)
            _write(ReplayAnswer(done=True).model_dump_json())


def _recorded(job: ReplayJob) -> Iterable[Recorded]:
    if job.events is None:
        return read_each(Path(job.source))
    events = History.FromString(base64.b64decode(job.events)).events
    return (Recorded(job.source, WorkflowHistory(job.begun.run, tuple(events))),)


async def _answer(recorded: Recorded, replayer: HistoryReplayer) -> None:
    history, stuck = recorded.history, False
    if history is not None:
        _write(ReplayAnswer.beginning(history).model_dump_json(exclude_defaults=True))

    async def replay(history: WorkflowHistory) -> ReplayResult:
        nonlocal stuck
        try:
            result = await replayer.replay(history)
        except Exception as error:  # noqa: BLE001 - whatever a history does to the replay, the others are judged
            return ReplayResult(divergences=(_failed(error),))
        stuck = result.stuck
        return result

    verdict = await judge(recorded, replay)
    _write(ReplayAnswer(verdict=verdict, stuck=stuck).model_dump_json(exclude_defaults=True))


def _failed(error: Exception) -> Divergence:
    text = f"{type(error).__name__}: {error}"[:_LONGEST]
    return Divergence(event=1, step="order", what="it cannot be replayed", recorded=NOTHING, today=text)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
    leave(0)
