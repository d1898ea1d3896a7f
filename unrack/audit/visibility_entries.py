"""Tells what a run showed in lists: its phase, what it waited for, which tasks opened, what was parked.

Phase and waiting are search attributes. Tasks and parked steps come with the memo, which is not written again when they
go: what the run waits for says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio.api.common.v1 import SearchAttributes
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import decode_typed_search_attributes

from unrack.audit.decoding import decode
from unrack.audit.entries import EntryKind, TimelineEntry
from unrack.contracts.workflows import MEMO_VIEW, PHASE, WAITING, waited_for
from unrack.model.state import Parked, RunView

Entries = Iterator[TimelineEntry]

_PARKED = "parked:"


@dataclass
class VisibilityEntries:
    """The entries from one chain's memos and search attributes, with the values that it showed last."""

    entry: Callable[..., TimelineEntry]
    waiting_for: tuple[str, ...] = ()
    _phase: str = ""
    _tasks: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """Since when, by step."""
    _parked: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def attributes(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401 - one of many event types
        """A new phase, or something that is not waited for any more."""
        told = SearchAttributes()
        for key in (PHASE, WAITING):  # the SDK cannot decode a date that was taken away, as the due date is
            if key.name in attributes.search_attributes.indexed_fields:
                told.indexed_fields[key.name].CopyFrom(attributes.search_attributes.indexed_fields[key.name])
        shown = decode_typed_search_attributes(told)
        phase = shown.get(PHASE) or self._phase
        if phase != self._phase:
            yield self.entry(event, EntryKind.PHASE, f"phase {phase}")
        self._phase = phase
        if WAITING.name in attributes.search_attributes.indexed_fields:
            self.waiting_for = waited_for(shown.get(WAITING) or ())
            for step in [step for step in self._parked if f"{_PARKED}{step}" not in self.waiting_for]:
                del self._parked[step]
                yield self.entry(event, EntryKind.RESOLVED, "no longer parked", step=step)

    def memo(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """Tasks that opened and steps that parked."""
        if MEMO_VIEW not in attributes.upserted_memo.fields:
            return
        view = decode(attributes.upserted_memo.fields[MEMO_VIEW], RunView)
        for task in view.tasks:
            if self._tasks.get(task.step) != task.since:
                text = f"a person is asked: {task.title}, by {task.deadline:%Y-%m-%d %H:%M %Z}"
                yield self.entry(event, EntryKind.TASK, text, step=task.step, provider_at=task.since)
            self._tasks[task.step] = task.since
        for parked in view.parked:
            if self._parked.get(parked.step) != parked.since:
                yield self._parks(event, parked)
            self._parked[parked.step] = parked.since

    def _parks(self, event: HistoryEvent, parked: Parked) -> TimelineEntry:
        texts = "".join(f"; {finding.subject}: {finding.text}" for finding in parked.findings)
        return self.entry(
            event,
            EntryKind.PARKED,
            f"parked ({parked.reason.value}): {parked.problem.message}{texts}",
            step=parked.step,
            reference=parked.problem.reference,
            provider_at=parked.since,
        )
