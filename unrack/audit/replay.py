"""Runs recorded histories again through today's workflow code and says where it would do something else.

No server, no provider and no activity is needed: what they said is in the history.
"""

import re
from collections.abc import Sequence
from functools import cache

from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer

from unrack.audit.comparing import Divergence, differences, first_other_step
from unrack.audit.histories import continued_as
from unrack.audit.issued import ListeningRunner, Take
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError
from unrack.runtime.converter import DATA_CONVERTER
from unrack.runtime.sandbox import sandbox_runner
from workflows import WORKFLOWS

_EVENT = re.compile(r"HistoryEvent\(id: (\d+)")
_ENDINGS = ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW")


class ReplayVerdict(Frozen):
    """What became of one history."""

    run: str
    run_id: str
    """Temporal's own id of this history; a chain has several."""
    events: int
    open: bool
    """Whether the run still went on when the history was taken."""
    agrees: bool
    """Whether today's code does exactly what was recorded."""
    divergences: tuple[Divergence, ...] = ()


async def replay(histories: Sequence[WorkflowHistory]) -> tuple[ReplayVerdict, ...]:
    """Replay each of `histories`; one that differs does not stop the others.

    Raises:
        UnrackError: there is nothing to replay, which must not look like success.
    """
    if not histories:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message="there is no history to replay",
                suggestion="name a run, an exported file, or a folder of such files",
            )
        )
    return tuple([await _replay(history) for history in histories])


async def _replay(history: WorkflowHistory) -> ReplayVerdict:
    name = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
    if name not in {_name(each) for each in WORKFLOWS}:
        return _verdict(history, (_unknown_workflow(name),))
    runner = ListeningRunner(sandbox_runner())
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=runner,
        data_converter=DATA_CONVERTER,
        runtime=_quiet(),
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    failure = result.replay_failure
    found = differences(history, runner.take, whole=failure is None)
    if failure is not None:
        found = (_broken(history, runner.take, failure), *found)
    return _verdict(history, found)


@cache
def _quiet() -> Runtime:
    """The SDK's core without its own log lines: a verdict says what they would."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _name(workflow: type) -> str:
    return str(getattr(workflow, "__temporal_workflow_definition").name)


def _verdict(history: WorkflowHistory, found: tuple[Divergence, ...]) -> ReplayVerdict:
    last = history.events[-1].WhichOneof("attributes") or ""
    ended = (
        bool(continued_as(history))
        or last.removeprefix("workflow_execution_").removesuffix("_event_attributes").upper() in _ENDINGS
    )
    return ReplayVerdict(
        run=history.workflow_id,
        run_id=history.run_id,
        events=len(history.events),
        open=not ended,
        agrees=not found,
        divergences=found,
    )


def _broken(history: WorkflowHistory, take: Take, failure: Exception) -> Divergence:
    """Why the replay stopped, as near to a step as can be told."""
    if take.failure:
        event = take.commands[-1].task if take.commands else 1
        return Divergence(
            event=event, step="code", what="today's code fails", recorded="it went on", today=take.failure[:500]
        )
    other = first_other_step(history, take)
    if other is not None:
        return other
    text = str(failure)
    where = _EVENT.search(text)
    return Divergence(
        event=int(where[1]) if where else history.events[-1].event_id,
        step="order",
        what="today's code does other things, or in another order",
        recorded="see the event",
        today=text[:500],
    )


def _unknown_workflow(name: str) -> Divergence:
    return Divergence(
        event=1,
        step="start",
        what="today's code has no such workflow",
        recorded=name,
        today=", ".join(map(_name, WORKFLOWS)),
    )
