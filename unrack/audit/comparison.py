"""Compares a recorded history with what today's code did in its replay, beyond what Temporal's replayer notices.

The replayer compares the shape: which activities, timers and other commands, in which order. Here also their content:
arguments, how long a wait was asked for, what lists show, the answers to decisions, and the result. Moments too are
compared exactly: replayed code is shown the very times that were recorded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from unrack.audit.commands import CommandLog, IssuedCommand
from unrack.audit.decoding import ARGUMENTS, content, summary
from unrack.audit.verdicts import NOTHING, Divergence
from unrack.contracts.calls import InquiryAnswer
from unrack.contracts.workflows import INQUIRY, MEMO_VIEW, RunStart
from unrack.model.decision import DecisionResult
from unrack.model.state import RunReport, RunView

Item = TypeVar("Item")

_MOST_FIELDS = 5
_LONGEST = 200


def differences(history: WorkflowHistory, log: CommandLog, *, complete: bool) -> tuple[Divergence, ...]:
    """Every difference in content, in the order of the recorded events.

    Args:
        history: What was recorded.
        log: What today's code did.
        complete: Whether the replay reached the end of the history, so that what is missing is missing indeed.
    """
    found = [
        *_activities(history, log, complete=complete),
        *_timers(history, log),
        *_views(history, log),
        *_answers(history, log),
        *_end(history, log),
    ]
    return tuple(sorted(found, key=lambda each: each.event))


def first_differing_step(history: WorkflowHistory, log: CommandLog) -> Divergence | None:
    """The first activity that is another one, or in another place, than recorded."""
    events = _with(history, "activity_task_scheduled_event_attributes")
    recorded = [(event, event.activity_task_scheduled_event_attributes.activity_id) for event in events]
    today = [each.command.schedule_activity.activity_id for each in log.of("schedule_activity")]
    for (event, was), now in zip(recorded, today, strict=False):
        if was != now:
            return Divergence(event=event.event_id, step=was, what="another step is run here", recorded=was, today=now)
    if len(today) > len(recorded):
        return _new(log.of("schedule_activity")[len(recorded)], today[len(recorded)])
    return None


def _activities(history: WorkflowHistory, log: CommandLog, *, complete: bool) -> Iterator[Divergence]:
    events = _numbered(
        _with(history, "activity_task_scheduled_event_attributes"),
        lambda event: event.activity_task_scheduled_event_attributes.activity_id,
    )
    issued = _numbered(log.of("schedule_activity"), lambda each: each.command.schedule_activity.activity_id)
    for key, each in issued.items():
        event = events.get(key)
        if event is not None:
            was = event.activity_task_scheduled_event_attributes
            command = each.command.schedule_activity
            kind = ARGUMENTS.get(was.activity_type.name)
            what = f"the activity '{was.activity_type.name}' is called with something else"
            yield from _payloads(event, key[0], what, was.input.payloads, command.arguments, kind)
        elif complete:
            yield _new(each, key[0])


def _timers(history: WorkflowHistory, log: CommandLog) -> Iterator[Divergence]:
    events = {
        event.timer_started_event_attributes.timer_id: event
        for event in _with(history, "timer_started_event_attributes")
    }
    for each in log.of("start_timer"):
        event = events.get(str(each.command.start_timer.seq))
        if event is None:
            continue  # a wait that began and ended within one task leaves no trace
        was = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        now = each.command.start_timer.start_to_fire_timeout.ToTimedelta()
        if was != now:
            yield Divergence(
                event=event.event_id,
                step=f"wait: {summary(event) or 'unnamed'}",
                what="the wait has another length",
                recorded=str(was),
                today=str(now),
            )


def _views(history: WorkflowHistory, log: CommandLog) -> Iterator[Divergence]:
    events = _with(history, "workflow_properties_modified_event_attributes")
    for event, each in zip(events, log.of("modify_workflow_properties"), strict=False):
        was = event.workflow_properties_modified_event_attributes.upserted_memo.fields[MEMO_VIEW]
        now = each.command.modify_workflow_properties.upserted_memo.fields[MEMO_VIEW]
        yield from _payloads(event, "what lists show", "the run shows something else", [was], [now], RunView)


def _answers(history: WorkflowHistory, log: CommandLog) -> Iterator[Divergence]:
    accepted = {
        event.event_id: event.workflow_execution_update_accepted_event_attributes.protocol_instance_id
        for event in _with(history, "workflow_execution_update_accepted_event_attributes")
    }
    today = {
        each.command.update_response.protocol_instance_id: each.command.update_response.completed
        for each in log.of("update_response")
        if each.command.update_response.HasField("completed")
    }
    for event in _with(history, "workflow_execution_update_completed_event_attributes"):
        was = event.workflow_execution_update_completed_event_attributes
        now = today.get(accepted.get(was.accepted_event_id, ""))
        if now is not None:
            recorded = was.outcome.success.payloads
            yield from _payloads(event, "decision", "the decision gets another answer", recorded, [now], DecisionResult)


def _end(history: WorkflowHistory, log: CommandLog) -> Iterator[Divergence]:
    last = history.events[-1]
    if last.HasField("workflow_execution_completed_event_attributes"):
        was = last.workflow_execution_completed_event_attributes.result.payloads
        for each in log.of("complete_workflow_execution"):
            now = each.command.complete_workflow_execution.result
            yield from _payloads(last, "result", "the result is another one", was, [now], _result_type(history))
    if last.HasField("workflow_execution_continued_as_new_event_attributes"):
        was = last.workflow_execution_continued_as_new_event_attributes.input.payloads
        for each in log.of("continue_as_new_workflow_execution"):
            carried = each.command.continue_as_new_workflow_execution.arguments
            yield from _payloads(last, "fresh history", "the run carries something else over", was, carried, RunStart)


def _result_type(history: WorkflowHistory) -> type[Any]:
    name = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
    return InquiryAnswer if name == INQUIRY else RunReport


def _payloads(  # noqa: PLR0913, PLR0917 - where, what, and the two sides
    event: HistoryEvent,
    step: str,
    what: str,
    recorded: Sequence[Payload],
    today: Sequence[Payload],
    kind: type[Any] | None,
) -> Iterator[Divergence]:
    if list(recorded) == list(today):  # byte for byte, as nearly always
        return
    was, now = [content(each, kind) for each in recorded], [content(each, kind) for each in today]
    differing = [] if was == now else list(_fields("", _single(was), _single(now)))
    for path, before, after in differing[:_MOST_FIELDS]:
        where = f"{what}: {path}" if path else what
        yield Divergence(event=event.event_id, step=step, what=where, recorded=_short(before), today=_short(after))


def _single(values: list[object]) -> object:
    return values[0] if len(values) == 1 else values


def _fields(path: str, was: object, now: object) -> Iterator[tuple[str, object, object]]:
    """The fields that differ, by path, as ``state.steps.detach.pops.note``.

    Of a model, only the fields that the recording knew are compared: models grow, see `unrack.model`.
    """
    if isinstance(was, BaseModel) and isinstance(now, BaseModel):
        pairs = [(name, getattr(was, name), getattr(now, name, None)) for name in sorted(was.model_fields_set)]
    elif isinstance(was, Mapping) and isinstance(now, Mapping):
        before, after = cast("Mapping[str, object]", was), cast("Mapping[str, object]", now)
        pairs = [(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]
    elif isinstance(was, list | tuple) and isinstance(now, list | tuple):
        both = zip_longest(cast("Sequence[object]", was), cast("Sequence[object]", now))
        pairs = [(f"[{index}]", one, other) for index, (one, other) in enumerate(both)]
    else:
        before = cast("object", was)  # what is left of its type is unknown
        if before != now:
            yield path, before, now
        return
    for name, one, other in pairs:
        yield from _fields(path + (name if name.startswith("[") or not path else f".{name}"), one, other)


def _short(value: object) -> str:
    text = NOTHING if value is None else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _new(each: IssuedCommand, step: str) -> Divergence:
    return Divergence(
        event=each.task, step=step, what="today's code runs a step that was not run", recorded=NOTHING, today=step
    )


def _with(history: WorkflowHistory, attributes: str) -> list[HistoryEvent]:
    return [event for event in history.events if event.WhichOneof("attributes") == attributes]


def _numbered(items: Sequence[Item], name: Callable[[Item], str]) -> dict[tuple[str, int], Item]:
    """Each item under its name and how often the name came before: a step may run again."""
    seen: dict[str, int] = {}
    numbered: dict[tuple[str, int], Item] = {}
    for item in items:
        key = name(item)
        seen[key] = seen.get(key, 0) + 1
        numbered[key, seen[key]] = item
    return numbered
