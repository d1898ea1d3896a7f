"""Runs one recorded history again through today's workflow code and says where it would do something else.

No server, no provider and no activity is needed: what they said is in the history. As ``python -m unrack.audit.rerun``
it does so for each line that it reads, in a process that `unrack.audit.apart` can end.
"""

import asyncio
import base64
import re
import sys
from functools import cache

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer

from unrack.audit.comparing import NOTHING, Divergence, differences, first_other_step
from unrack.audit.issued import ListeningRunner, Take
from unrack.audit.structure import is_closed
from unrack.audit.unrecorded import unrecorded
from unrack.model.base import Frozen
from unrack.process.process_exit import leave
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.sandbox import sandbox_runner
from workflows import WORKFLOWS

_EVENT = re.compile(r"HistoryEvent\(id: (\d+)")
_LONGEST = 500
_DEADLOCK = "TMPRL1101"
"""Temporal's own number of the error that code ran for two seconds without a pause."""


class Asked(Frozen):
    """A history on its way to the process that runs it again."""

    workflow_id: str
    events: str
    """Temporal's own binary form, Base64."""

    @classmethod
    def of(cls, history: WorkflowHistory) -> "Asked":
        """The question about `history`."""
        content = History(events=history.events).SerializeToString()
        return cls(workflow_id=history.workflow_id, events=base64.b64encode(content).decode("ascii"))

    @property
    def history(self) -> WorkflowHistory:
        """The history as it was."""
        events = History.FromString(base64.b64decode(self.events)).events
        return WorkflowHistory(self.workflow_id, tuple(events))


class Rerun(Frozen):
    """What came of running a history again."""

    divergences: tuple[Divergence, ...] = ()
    """Where today's code does something else, in the order of the events."""
    stuck: bool = False
    """Whether a piece of it still runs: today's code never gave control back."""
    missing: Divergence | None = None
    """What was done last and is not recorded: the history ends in the middle of what one workflow task did."""


async def rerun(history: WorkflowHistory) -> Rerun:
    """Run `history` again; it is well-formed, see `unrack.audit.structure`, and one of our workflows."""
    runner = ListeningRunner(sandbox_runner())
    replayer = Replayer(
        workflows=WORKFLOWS,
        workflow_runner=runner,
        data_converter=DATA_CONVERTER,
        runtime=_quiet(),
    )
    failure = (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure
    missing = None if is_closed(history.events) else unrecorded(history, runner.take)
    found = differences(history, runner.take, whole=failure is None and missing is None)
    if failure is not None:
        found = (_broken(history, runner.take, failure), *found)
    return Rerun(divergences=found, missing=missing, stuck=failure is not None and _DEADLOCK in str(failure))


@cache
def _quiet() -> Runtime:
    """The SDK's core without its own log lines: a verdict says what they would."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _broken(history: WorkflowHistory, take: Take, failure: Exception) -> Divergence:
    """Why the replay stopped, as near to a step as can be told."""
    if take.failure:
        event = take.commands[-1].task if take.commands else 1
        return Divergence(
            event=event, step="code", what="today's code fails", recorded="it went on", today=take.failure[:_LONGEST]
        )
    text = str(failure)
    if _DEADLOCK in text:
        event = take.commands[-1].task if take.commands else 1
        what = "today's code does not come to an end"
        return Divergence(event=event, step="code", what=what, recorded="it went on", today="it goes round and round")
    other = first_other_step(history, take)
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


async def _serve() -> None:
    """Answer each question, one on a line, with one line; a first empty line says that it begins."""
    sys.stdout.write("\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = Asked.model_validate_json(line)
        try:
            answer = await rerun(asked.history)
        except Exception as error:  # noqa: BLE001 - whatever a history does to the replay, the others are judged
            answer = Rerun(divergences=(_fallen(error),))
        sys.stdout.write(answer.model_dump_json() + "\n")
        sys.stdout.flush()


def _fallen(error: Exception) -> Divergence:
    text = f"{type(error).__name__}: {error}"[:_LONGEST]
    return Divergence(event=1, step="order", what="it cannot be run again", recorded=NOTHING, today=text)


if __name__ == "__main__":
    asyncio.run(_serve())
    leave(0)
