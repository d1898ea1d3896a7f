"""Whether the events of a history can have been recorded like that at all, before anything is made of them.

A server writes events in one order, numbers them without a gap, and writes nothing after the end. A file may be cut,
put together from parts, or forged. Only what no server writes is a flaw here; a history that ends while the run still
goes on is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from temporalio.api.history.v1 import HistoryEvent

from unrack.model.base import Frozen

ENDS = frozenset(
    f"workflow_execution_{how}"
    for how in ("completed", "failed", "timed_out", "canceled", "terminated", "continued_as_new")
)
"""Events after which nothing is written."""

_WAKES = frozenset(
    {
        "workflow_execution_started",
        "workflow_execution_signaled",
        "workflow_execution_cancel_requested",
        "activity_task_completed",
        "activity_task_failed",
        "activity_task_timed_out",
        "activity_task_canceled",
        "timer_fired",
    }
)
"""Events with which, in one piece, the workflow task is written that takes them up."""

_SCHEDULED, _STARTED = "scheduled_event_id", "started_event_id"

_GOES_BACK: dict[str, dict[str, str]] = {
    "workflow_task_started": {_SCHEDULED: "workflow_task_scheduled"},
    "activity_task_started": {_SCHEDULED: "activity_task_scheduled"},
    "activity_task_cancel_requested": {_SCHEDULED: "activity_task_scheduled"},
    "timer_fired": {_STARTED: "timer_started"},
    "timer_canceled": {_STARTED: "timer_started"},
    "workflow_execution_update_completed": {"accepted_event_id": "workflow_execution_update_accepted"},
    **{
        f"{task}_{end}": {_SCHEDULED: f"{task}_scheduled", _STARTED: f"{task}_started"}
        for task in ("workflow_task", "activity_task")
        for end in ("completed", "failed", "timed_out", "canceled")
    },
}
"""Which events an event goes back to, by the field that names each; 0 names none."""

_ONCE = {
    kind: (kind if kind.endswith("_started") else f"end of {next(iter(back.values()))}", next(iter(back)))
    for kind, back in _GOES_BACK.items()
    if kind != "activity_task_cancel_requested"
}
"""Events that may go back only once to the event that a field names: a call starts once and ends once."""

_BY_TASK = "workflow_task_completed_event_id"


class FlawKind(StrEnum):
    """The kind of flaw in a record."""

    MISSING = "missing"
    """Events are missing; what is there may be true."""
    WRONG = "wrong"
    """Events stand twice, in another order, or after the end: no server wrote this."""


class Flaw(Frozen):
    """One thing that no server writes."""

    kind: FlawKind
    event: int
    """The event at which it shows."""
    text: str


def kind_of(event: HistoryEvent) -> str:
    """``timer_fired``: the event's type, by what it carries; ``unknown`` when this version knows no such type."""
    return (event.WhichOneof("attributes") or "unknown").removesuffix("_event_attributes")


def attributes_of(event: HistoryEvent) -> Any:  # noqa: ANN401 - one of many event types
    """Return an event's attributes beside its number and time; None for an unknown type."""
    return getattr(event, f"{kind_of(event)}_event_attributes", None)


def is_closed(events: Sequence[HistoryEvent]) -> bool:
    """Whether the history ends with an end."""
    return bool(events) and kind_of(events[-1]) in ENDS


def flaws(events: Sequence[HistoryEvent]) -> tuple[Flaw, ...]:
    """Everything that is wrong with `events`, in the order in which they stand; empty when they are well-formed."""
    numbered = [*_numbers(events), *_beginning(events), *_after_the_end(events), *_written_otherwise(events)]
    linked = list(_Links().flaws(events))
    rest = [] if numbered or linked else [*_in_turn(events), *_never_ended(events), *_ending(events)]
    return tuple(sorted([*numbered, *linked, *rest], key=lambda flaw: flaw.event))


def _numbers(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    seen: set[int] = set()
    before = 0
    for event in events:
        number = event.event_id
        if number in seen:
            yield Flaw(kind=FlawKind.WRONG, event=number, text=f"event {number} stands there twice")
        elif number < before:
            yield Flaw(kind=FlawKind.WRONG, event=number, text=f"event {number} stands after event {before}")
        seen.add(number)
        before = max(before, number)
    last = 0
    for number in sorted(seen):
        if number > last + 1:
            gap = f"event {last + 1} is" if number == last + 2 else f"events {last + 1} to {number - 1} are"
            yield Flaw(kind=FlawKind.MISSING, event=last + 1, text=f"{gap} missing")
        last = number


def _beginning(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    for position, event in enumerate(events):
        starts = kind_of(event) == "workflow_execution_started"
        if starts and position:
            yield Flaw(kind=FlawKind.WRONG, event=event.event_id, text="the workflow starts a second time")
        if not starts and not position and event.event_id == 1:
            yield Flaw(kind=FlawKind.WRONG, event=1, text="it does not begin with the start of a workflow")


def _after_the_end(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    ends = next((event for event in events if kind_of(event) in ENDS), None)
    if ends is not None and ends is not events[-1]:
        after = events[list(events).index(ends) + 1]
        text = f"the workflow ended with event {ends.event_id}, and more is recorded after it"
        yield Flaw(kind=FlawKind.WRONG, event=after.event_id, text=text)


def _written_otherwise(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    """By the number that the server gives each event as it writes it: renumbering `event_id` does not change it."""
    if not all(event.task_id for event in events):
        return  # left out by whoever exported it
    seen: set[int] = set()
    before = 0
    for event in events:
        if event.task_id in seen:
            text = f"event {event.event_id} is a copy of another one: the server wrote it once"
            yield Flaw(kind=FlawKind.WRONG, event=event.event_id, text=text)
        elif event.task_id < before:
            text = f"event {event.event_id} was written before the one that it follows"
            yield Flaw(kind=FlawKind.WRONG, event=event.event_id, text=text)
        seen.add(event.task_id)
        before = max(before, event.task_id)


@dataclass
class _Links:
    """Checks the events that each event refers to. A reference into a gap is not checked: the gap is a flaw itself."""

    known: dict[int, str] = field(default_factory=dict[int, str])
    happened: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    def flaws(self, events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
        every = {event.event_id for event in events}
        for event in events:
            if event.event_id in self.known:
                continue  # a copy, which its number gives away
            for number, wanted in self._named(event):
                if self.known.get(number, wanted) != wanted or (number not in self.known and number in every):
                    yield self._wrong(event, f"goes back to event {number}, which is no {_words(wanted)} before it")
            yield from self._twice(event)
            self.known[event.event_id] = kind_of(event)

    def _named(self, event: HistoryEvent) -> Iterator[tuple[int, str]]:
        attributes = attributes_of(event)
        for name, wanted in _GOES_BACK.get(kind_of(event), {}).items():
            if number := int(getattr(attributes, name)):
                yield number, wanted
        if number := int(getattr(attributes, _BY_TASK, 0)):
            yield number, "workflow_task_completed"

    def _twice(self, event: HistoryEvent) -> Iterator[Flaw]:
        if kind_of(event) not in _ONCE:
            return
        what, name = _ONCE[kind_of(event)]
        about = int(getattr(attributes_of(event), name))
        if (what, about) in self.happened:
            yield self._wrong(event, f"happens a second time to event {about}")
        self.happened.add((what, about))

    @staticmethod
    def _wrong(event: HistoryEvent, text: str) -> Flaw:
        text = f"event {event.event_id}, {_words(kind_of(event))}, {text}"
        return Flaw(kind=FlawKind.WRONG, event=event.event_id, text=text)


def _in_turn(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    """One workflow task at a time: the next one is made when the one before has ended."""
    open_one: HistoryEvent | None = None
    for event in events:
        kind = kind_of(event)
        if kind == "workflow_task_scheduled":
            if open_one is not None:
                text = (
                    f"event {event.event_id} makes a workflow task while the one of event {open_one.event_id} is open"
                )
                yield Flaw(kind=FlawKind.WRONG, event=event.event_id, text=text)
            open_one = event
        elif kind in ("workflow_task_completed", "workflow_task_failed", "workflow_task_timed_out"):
            open_one = None


def _never_ended(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    """Calls that were picked up and have no end, although both are written together."""
    ended = {
        attributes_of(event).scheduled_event_id
        for event in events
        if kind_of(event).startswith("activity_task_") and kind_of(event) in _ONCE and not _picks_up(event)
    }
    for event in filter(_picks_up, events):
        about = event.activity_task_started_event_attributes.scheduled_event_id
        if about not in ended and _is_recorded_with_its_end(event, events):
            text = f"the call of event {about} was picked up with event {event.event_id}, and its end is missing"
            yield Flaw(kind=FlawKind.MISSING, event=event.event_id, text=text)


def _picks_up(event: HistoryEvent) -> bool:
    return kind_of(event) == "activity_task_started"


def _ending(events: Sequence[HistoryEvent]) -> Iterator[Flaw]:
    """Where an open history cannot end, since the server writes what follows in the same piece."""
    if is_closed(events) or not events:
        return
    if _wants_a_task(events):
        last = events[-1].event_id
        text = f"it ends with event {last}, before the workflow task that is written together with it"
        yield Flaw(kind=FlawKind.MISSING, event=last, text=text)


def _wants_a_task(events: Sequence[HistoryEvent]) -> bool:
    """Whether something happened that no workflow task was made for; a paused workflow gets none."""
    scheduled, wanted, paused = False, False, False
    for event in events:
        kind = kind_of(event)
        if kind in ("workflow_task_scheduled", "workflow_task_failed", "workflow_task_timed_out"):
            scheduled, wanted = True, False  # one that failed is tried again, which leaves no event
        elif kind == "workflow_task_completed":
            scheduled = False
        elif kind in ("workflow_execution_paused", "workflow_execution_unpaused"):
            paused = kind == "workflow_execution_paused"
        elif kind == "workflow_execution_started" and _begins_later(event):
            scheduled = True
        elif kind in _WAKES and not scheduled:
            wanted = True
    return wanted and not paused


def _is_recorded_with_its_end(started: HistoryEvent, events: Sequence[HistoryEvent]) -> bool:
    """Whether a call may be tried again: that it was picked up is written when it ends, with the last attempt."""
    about = started.activity_task_started_event_attributes.scheduled_event_id
    scheduled = next((each for each in events if each.event_id == about), None)
    return scheduled is not None and scheduled.activity_task_scheduled_event_attributes.HasField("retry_policy")


def _begins_later(event: HistoryEvent) -> bool:
    delay = event.workflow_execution_started_event_attributes.first_workflow_task_backoff
    return delay.ToTimedelta().total_seconds() > 0


def _words(kind: str) -> str:
    return kind.replace("_", " ")
