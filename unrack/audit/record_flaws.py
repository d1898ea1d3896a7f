"""Flaws of the record itself, which a timeline shows beside what the record holds."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from unrack.audit.histories import continued_as, continued_from, run_id_of
from unrack.audit.structure import flaws

RecordFlaw = tuple[WorkflowHistory, HistoryEvent, str]
"""A history, the event next to which it shows, and what is wrong."""


def record_flaws(chain: Sequence[WorkflowHistory]) -> Iterator[RecordFlaw]:
    """Everything that makes the record other than a server wrote it, oldest history first."""
    for history in chain:
        for flaw in flaws(history.events):
            yield history, _next_to(history, flaw.event), flaw.text
    for before, after in pairwise(chain):
        if continued_from(after) != run_id_of(before):
            wanted = continued_from(after) or "another start of the same run"
            yield after, after.events[0], f"the history before this one is not among those that are told: {wanted}"
    if following := continued_as(chain[-1]):
        yield chain[-1], chain[-1].events[-1], f"the history that goes on is not among those that are told: {following}"


def _next_to(history: WorkflowHistory, number: int) -> HistoryEvent:
    """The event of that number, or where it is missing the one after which it belongs."""
    exact = next((event for event in history.events if event.event_id == number), None)
    before = [event for event in history.events if event.event_id < number]
    return exact or max(before, key=lambda event: event.event_id, default=history.events[0])
