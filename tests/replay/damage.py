"""Ways in which a history may be other than a server wrote it."""

from collections.abc import Callable, Sequence

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

Events = list[HistoryEvent]


def with_events(history: WorkflowHistory, events: Sequence[HistoryEvent]) -> WorkflowHistory:
    """`history` with copies of `events` in place of its own."""
    return WorkflowHistory(history.workflow_id, [HistoryEvent.FromString(each.SerializeToString()) for each in events])


def renumbered(events: Sequence[HistoryEvent]) -> Events:
    """Copies of `events` with numbers without a gap, and every reference moved along: a careful forgery."""
    moved = {event.event_id: number for number, event in reversed(list(enumerate(events, 1)))}
    copies = [HistoryEvent.FromString(each.SerializeToString()) for each in events]
    for number, event in enumerate(copies, 1):
        event.event_id = number
        attributes = getattr(event, event.WhichOneof("attributes") or "")
        for field in attributes.DESCRIPTOR.fields:
            if field.name.endswith("event_id") and getattr(attributes, field.name) in moved:
                setattr(attributes, field.name, moved[getattr(attributes, field.name)])
    return copies


def without_task_ids(events: Sequence[HistoryEvent]) -> Events:
    """Copies of `events` without the server's own numbers, as some exports leave them out."""
    copies = [HistoryEvent.FromString(each.SerializeToString()) for each in events]
    for event in copies:
        event.task_id = 0
    return copies


def number_of(events: Sequence[HistoryEvent], attributes: str, nth: int = 0) -> int:
    """Where the event of a kind stands, counted from 0."""
    found = [at for at, each in enumerate(events) if each.WhichOneof("attributes") == f"{attributes}_event_attributes"]
    return found[nth]


def _doubled(events: Events) -> Events:
    at = number_of(events, "activity_task_completed", 1)
    return [*events[: at + 1], *events[at:]]


def _doubled_signal(events: Events) -> Events:
    at = number_of(events, "workflow_execution_signaled")
    return renumbered([*events[: at + 1], *events[at:]])


def _swapped(events: Events) -> Events:
    at = number_of(events, "activity_task_completed", 1)
    return [*events[:at], events[at + 1], events[at], *events[at + 2 :]]


def _after_the_end(events: Events) -> Events:
    more = HistoryEvent.FromString(events[number_of(events, "workflow_execution_signaled")].SerializeToString())
    more.event_id, more.task_id = events[-1].event_id + 1, events[-1].task_id + 1
    return [*events, more]


def _begins_elsewhere(events: Events) -> Events:
    return renumbered(events[1:])


def _starts_twice(events: Events) -> Events:
    return renumbered([*events, *events])


def _another_order(events: Events) -> Events:
    """Two calls in each other's place, numbers and references put right, the server's numbers left out."""
    first, second = (number_of(events, "activity_task_scheduled", nth) for nth in (2, 3))
    swapped = [*events]
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return without_task_ids(renumbered(swapped))


def _ended_twice(events: Events) -> Events:
    at = number_of(events, "activity_task_completed", 1)
    return without_task_ids(renumbered([*events[: at + 1], *events[at:]]))


def _task_twice(events: Events) -> Events:
    """A workflow task that is made while another one is open, and nothing else shows it."""
    at = number_of(events, "workflow_task_scheduled", 2)
    return without_task_ids(renumbered([*events[: at + 1], *events[at:]]))


WRONG: dict[str, Callable[[Events], Events]] = {
    "doubled": _doubled,
    "doubled-signal-renumbered": _doubled_signal,
    "swapped": _swapped,
    "reversed": lambda events: events[::-1],
    "after-the-end": _after_the_end,
    "begins-elsewhere": _begins_elsewhere,
    "starts-twice": _starts_twice,
    "another-order-renumbered": _another_order,
    "ended-twice-renumbered": _ended_twice,
    "task-twice-renumbered": _task_twice,
}
"""What no server wrote. A closed history that has a signal is damaged so."""


def _call_without_end(events: Events) -> Events:
    at = number_of(events, "activity_task_completed", 1)
    return without_task_ids(renumbered([*events[:at], *events[at + 1 :]]))


CUT: dict[str, Callable[[Events], Events]] = {
    "only-the-start": lambda events: events[:1],
    "no-beginning": lambda events: events[5:],
    "a-gap-of-one": lambda events: [*events[:7], *events[8:]],
    "a-gap": lambda events: [*events[:20], *events[30:]],
    "no-end-of-a-call": lambda events: events[: number_of(events, "activity_task_started", 2) + 1],
    "no-task-for-an-answer": lambda events: events[: number_of(events, "activity_task_completed", 2) + 1],
    "no-task-for-a-signal": lambda events: events[: number_of(events, "workflow_execution_signaled") + 1],
    "no-end-of-a-call-renumbered": _call_without_end,
    "between-two-commands": lambda events: events[: number_of(events, "workflow_properties_modified", 1) + 1],
    "before-the-commands": lambda events: events[: number_of(events, "activity_task_scheduled", 3)],
}
"""What was cut so that it shows."""

ONLY_REPLAYED = frozenset({"between-two-commands", "before-the-commands"})
"""Cut within what one workflow task did: only the code knows what that was."""
