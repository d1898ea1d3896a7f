"""Replays recorded histories with today's workflow code and says where it would do something else.

No server, no provider and no activity is needed: what they answered is in the history. One replayer serves all
histories. It runs them as a worker does: the strict sandbox judges the workflow code once, then the loaded modules are
shared (ADR 19).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from functools import cache
from typing import Self

from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer, WorkflowReplayResult

from unrack.audit.commands import CommandLog, RecordingRunner
from unrack.audit.comparison import differences, first_differing_step
from unrack.audit.structure import is_closed
from unrack.audit.unrecorded import unrecorded
from unrack.audit.verdicts import Divergence
from unrack.model.base import Frozen
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.sandbox import sharing_runner
from workflows import WORKFLOWS

_EVENT = re.compile(r"HistoryEvent\(id: (\d+)")
_LONGEST = 500
_DEADLOCK = "TMPRL1101"
"""Temporal's own number of the error that code ran for two seconds without a pause."""


class ReplayResult(Frozen):
    """The result of one replay."""

    divergences: tuple[Divergence, ...] = ()
    """Where today's code does something else, in the order of the events."""
    stuck: bool = False
    """Whether a piece of it still runs: today's code never gave control back."""
    missing: Divergence | None = None
    """The last command, if it is not recorded: the history ends in the middle of a workflow task."""


class HistoryReplayer:
    """Replays one history after the other; use it with ``async with``."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._runner = RecordingRunner(sharing_runner())
        self._wanted = asyncio.Queue[WorkflowHistory]()
        self._open: AbstractAsyncContextManager[AsyncIterator[WorkflowReplayResult]] | None = None
        self._results: AsyncIterator[WorkflowReplayResult] | None = None

    async def replay(self, history: WorkflowHistory) -> ReplayResult:
        """Replay `history`; it is well-formed, see `unrack.audit.structure`, and one of our workflows.

        After a replay that failed the library's replayer is closed, and the next history gets a new one: what it might
        still report about the failed one must not be taken for the next.
        """
        log = self._runner.fresh_log()
        results = self._results or await self.open()
        try:
            await self._wanted.put(history)
            failure = (await anext(results)).replay_failure
        except BaseException:
            await self.close()
            raise
        if failure is not None:
            await self.close()
        return _result(history, log, failure)

    async def open(self) -> AsyncIterator[WorkflowReplayResult]:
        """Load the workflow code."""
        replayer = Replayer(
            workflows=WORKFLOWS, workflow_runner=self._runner, data_converter=DATA_CONVERTER, runtime=_quiet()
        )
        self._open = replayer.workflow_replay_iterator(self._histories())
        self._results = await self._open.__aenter__()
        return self._results

    async def close(self) -> None:
        """End the library's replayer."""
        ending, self._open, self._results = self._open, None, None
        self._wanted = asyncio.Queue[WorkflowHistory]()
        if ending is not None:
            with suppress(Exception):  # it says again what the replay said
                await ending.__aexit__(None, None, None)

    async def _histories(self) -> AsyncGenerator[WorkflowHistory]:
        wanted = self._wanted
        while True:
            yield await wanted.get()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _result(history: WorkflowHistory, log: CommandLog, failure: Exception | None) -> ReplayResult:
    missing = None if is_closed(history.events) else unrecorded(history, log)
    found = differences(history, log, complete=failure is None and missing is None)
    if failure is not None:
        found = (_broken(history, log, failure), *found)
    return ReplayResult(divergences=found, missing=missing, stuck=failure is not None and _DEADLOCK in str(failure))


@cache
def _quiet() -> Runtime:
    """The SDK's core without its own log lines: a verdict says what they would."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _broken(history: WorkflowHistory, log: CommandLog, failure: Exception) -> Divergence:
    """Why the replay stopped, named by a step where possible."""
    if log.failure:
        return _code_divergence(log, "today's code fails", log.failure[:_LONGEST])
    text = str(failure)
    if _DEADLOCK in text:
        return _code_divergence(log, "today's code does not come to an end", "it goes round and round")
    other = first_differing_step(history, log)
    if other is not None:
        return other
    where = _EVENT.search(text)
    return Divergence(
        event=int(where[1]) if where else history.events[-1].event_id,
        step="order",
        what="today's code does other things, or in another order",
        recorded="see the event",
        today=text[:_LONGEST],
    )


def _code_divergence(log: CommandLog, what: str, today: str) -> Divergence:
    event = log.commands[-1].task if log.commands else 1
    return Divergence(event=event, step="code", what=what, recorded="it went on", today=today)
