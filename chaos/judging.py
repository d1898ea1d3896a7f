"""What a run must show at its end, whatever was killed: judged by the provider's ledger, and by replay."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from chaos.courses import IRREVERSIBLE
from chaos.stage import Stage
from tests.conformance.adapter import without_ids
from tests.workflows.rehearsal import nameless
from unrack.model.lifecycle import Outcome, ParkReason
from unrack.model.state import RunReport
from unrack.simulator import LedgerEntry
from unrack.temporal.converter import DATA_CONVERTER
from workflows import WORKFLOWS

_ORDINARY = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
)
"""Something came while the run was about to end, or a worker went: the server has the task done again."""


async def violations(stage: Stage, report: RunReport) -> list[str]:
    """Everything that must not be so; empty when all is well."""
    found = [] if report.outcome is stage.course.outcome else [f"it ended {report.outcome}"]
    entries = [entry for entry in await stage.ledger() if entry.took_effect]
    took = [nameless(entry) for entry in entries]
    counted = Counter(took)
    found += [f"{call} took effect {counted[call]} times" for call in IRREVERSIBLE if counted[call] > 1]
    if tuple(took) != stage.course.ledger:
        found.append(f"the ledger is not what it must be: {_difference(took, stage.course.ledger)}")
    found += too_early(entries, stage.course.grace)
    found += [f"{parked} parked" for parked in stage.parked if parked.endswith(f": {ParkReason.UNEXPECTED.value}")]
    if stage.course.outcome is Outcome.REACTIVATED and without_ids(await stage.configuration()) != without_ids(
        stage.before
    ):
        found.append("the configuration is not what it was")
    return found + await _of_history(await stage.handle.fetch_history())


def too_early(entries: Sequence[LedgerEntry], grace: timedelta) -> list[str]:
    """Whether anything was purged before its grace was over: by the provider's clock, from the ledger alone."""
    last = max((entry.at for entry in entries if nameless(entry) not in IRREVERSIBLE), default=None)
    purged = [entry for entry in entries if nameless(entry) in IRREVERSIBLE]
    if last is None:
        return [f"{nameless(entry)} came before anything else" for entry in purged]
    return [
        f"{nameless(entry)} came {entry.at - last} after the last undoable call"
        for entry in purged
        if entry.at - last < grace
    ]


async def _of_history(history: WorkflowHistory) -> list[str]:
    failed = (
        event.workflow_task_failed_event_attributes
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    )
    found = [f"a workflow task failed: {each.failure.message}" for each in failed if each.cause not in _ORDINARY]
    runner = UnsandboxedWorkflowRunner()
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=runner, build_id="chaos")
    replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return found + ([f"it does not replay: {replayed.replay_failure}"] if replayed.replay_failure else [])


def _difference(took: list[str], wanted: tuple[str, ...]) -> str:
    more, less = Counter(took) - Counter(wanted), Counter(wanted) - Counter(took)
    told = [f"{count} too many of {call}" for call, count in more.items()]
    told += [f"{count} too few of {call}" for call, count in less.items()]
    return "; ".join(told) or "another order: " + ", ".join(took)
