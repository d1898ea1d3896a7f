"""Finds commands of an open history's last workflow task that are not recorded: there it was cut.

A server writes everything that one workflow task does in one piece. So where today's code does all that is recorded of
the last task, and then more, the rest of the record is missing (or today's code goes on where the code of then waited,
which looks the same).
"""

from collections.abc import Iterator

from temporalio.bridge.proto.workflow_commands.workflow_commands_pb2 import WorkflowCommand
from temporalio.client import WorkflowHistory

from unrack.audit.commands import CommandLog
from unrack.audit.structure import kind_of
from unrack.audit.verdicts import NOTHING, Divergence

_RECORDED_AS = {
    "schedule_activity": "activity_task_scheduled",
    "start_timer": "timer_started",
    "modify_workflow_properties": "workflow_properties_modified",
    "upsert_workflow_search_attributes": "upsert_workflow_search_attributes",
    "complete_workflow_execution": "workflow_execution_completed",
    "fail_workflow_execution": "workflow_execution_failed",
    "cancel_workflow_execution": "workflow_execution_canceled",
    "continue_as_new_workflow_execution": "workflow_execution_continued_as_new",
    "update accepted": "workflow_execution_update_accepted",
    "update completed": "workflow_execution_update_completed",
}
"""Commands that always leave an event once they reach the server."""


def unrecorded(history: WorkflowHistory, log: CommandLog) -> Divergence | None:
    """The first thing that the last workflow task did and that is not recorded; None when all of it is."""
    completed = [event for event in history.events if kind_of(event) == "workflow_task_completed"]
    if not completed:
        return None
    task, last = completed[-1], history.events[-1]
    recorded = [kind_of(each) for each in history.events if each.event_id > task.event_id and kind_of(each) in _KINDS]
    done = list(_lasting(log, task.workflow_task_completed_event_attributes.started_event_id))
    if len(done) <= len(recorded) or [kind for kind, _ in done[: len(recorded)]] != recorded:
        return None
    kind, command = done[len(recorded)]
    what = command.schedule_activity.activity_id or kind.replace("_", " ")
    text = "it ends in the middle of what was done together"
    return Divergence(event=last.event_id, step=what, what=text, recorded=NOTHING, today=what)


_KINDS = frozenset(_RECORDED_AS.values())


def _lasting(log: CommandLog, task: int) -> Iterator[tuple[str, WorkflowCommand]]:
    """Yield one task's commands, with the event that each leaves.

    Args:
        log: What today's code did.
        task: The event that started the task.
    """
    for each in log.sent():
        kind = _RECORDED_AS.get(_kind_of(each.command))
        if each.task >= task and kind is not None:
            yield kind, each.command


def _kind_of(command: WorkflowCommand) -> str:
    kind = str(command.WhichOneof("variant"))
    return f"update {command.update_response.WhichOneof('response')}" if kind == "update_response" else kind
