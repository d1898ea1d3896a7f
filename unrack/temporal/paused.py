"""Finds pauses made in Temporal itself: of a whole run, or of one call. Nothing here pauses or unpauses.

The server's status *Paused* (8) is unknown to this version of Temporal's SDK: listing, describing or querying a paused
workflow raises ``ValueError``. Once this module is imported, the SDK shows it as running, which is right for everybody
who asks whether a run is open; `is_paused` tells the two apart. ``ExecutionStatus = 'Running'`` leaves paused runs out,
so queries for open runs say `executions.OPEN`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from temporalio.api.enums.v1 import WorkflowExecutionStatus as ServerStatus
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus

from unrack.contracts.reconciliation import Pause
from unrack.contracts.workflows import MEMO_VIEW, shown_by
from unrack.model.errors import Category, Problem
from unrack.model.message import joined, msg
from unrack.model.state import RunView
from unrack.temporal import executions

_PAUSED = ServerStatus.WORKFLOW_EXECUTION_STATUS_PAUSED


def _as_running(_: type[WorkflowExecutionStatus], value: object) -> WorkflowExecutionStatus | None:
    return WorkflowExecutionStatus.RUNNING if value == _PAUSED else None


# An enumeration's own hook for values that it does not know; an SDK that knows this one never calls it.
WorkflowExecutionStatus._missing_ = classmethod(_as_running)  # pyright: ignore[reportAttributeAccessIssue]


def is_paused(execution: WorkflowExecution) -> bool:
    """Whether the whole execution is paused; a paused call does not count."""
    return execution.raw_info.status == _PAUSED


def shown_paused(execution: WorkflowExecution) -> tuple[str, ...]:
    """See `executions.shown_paused`."""
    return executions.shown_paused(execution.raw_info)


def pauses_of(description: WorkflowExecutionDescription) -> tuple[Pause, ...]:
    """Everything of the execution that is paused now, with who paused it and why, as the server recorded it."""
    return tuple(_pauses(description))


async def problem_of(description: WorkflowExecutionDescription) -> Problem:
    """Why a run that is paused as a whole cannot be asked, with what it last showed of itself."""
    (pause, *_) = pauses_of(description)
    view = await description.memo_value(MEMO_VIEW, default=None, type_hint=RunView)
    seen = shown_by(view, description.typed_search_attributes) if view else None
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "{words}: it answers nothing, judges no decision and watches no date{last_shown}",
            words=pause.words,
            last_shown=_last_shown(seen),
        ),
        suggestion=msg("ask who paused it, then let it go on: {unpause}", unpause=pause.unpause(description.id)),
        reference=description.id,
    )


def _last_shown(view: RunView | None) -> str:
    if view is None:
        return ""
    shown = [msg("phase {value}", value=view.phase.value)]
    if view.waiting_for:
        shown.append(msg("waiting for {join}", join=", ".join(view.waiting_for)))
    if view.due:
        shown.append(msg("due {due}", due=f"{view.due:%Y-%m-%d %H:%M %Z}"))
    told = msg(". It last showed: {join}", join=joined("; ", shown))
    if not view.scheduled or view.no_return:
        return told
    return msg("{told}. Urgent: the provider will end the service by itself, and nobody takes that back", told=told)


def _pauses(description: WorkflowExecutionDescription) -> Iterator[Pause]:
    raw = description.raw_description
    if is_paused(description):
        whole = raw.workflow_extended_info.pause_info
        since = whole.paused_time.ToDatetime(tzinfo=UTC) if whole.HasField("paused_time") else None
        yield Pause(by=whole.identity, reason=whole.reason, since=since)
    for call in raw.pending_activities:
        if call.paused:
            yield _of_call(call)


def _of_call(call: PendingActivityInfo) -> Pause:
    info = call.pause_info
    who = info.rule if info.WhichOneof("paused_by") == "rule" else info.manual
    return Pause(call=call.activity_id, by=who.identity, reason=who.reason, since=_moment(call))


def _moment(call: PendingActivityInfo) -> datetime | None:
    info = call.pause_info
    return info.pause_time.ToDatetime(tzinfo=UTC) if info.HasField("pause_time") else None
