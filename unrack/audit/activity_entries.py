"""Timeline entries of activities: each call, each further attempt, and its result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.common.v1 import Memo
from temporalio.api.history.v1 import HistoryEvent

from unrack.audit import wording
from unrack.audit.decoding import decode, decode_first, summary
from unrack.audit.entries import EntryKind, TimelineEntry
from unrack.contracts.calls import CapturesResult, ChecksResult, CompareResult, EvidenceResult, SeveralCall
from unrack.contracts.workflows import MEMO_VIEW
from unrack.model.plan import Plan, PlannedStep
from unrack.model.state import RunView

Entries = Iterator[TimelineEntry]

NOT_PASSED = "the point of no return is not passed: the call took no effect"
_UNSEEN = "a call whose beginning is not recorded"
_NOTICE = "notify"
_SEVERAL: dict[str, tuple[str, type[ChecksResult] | type[CapturesResult]]] = {
    "check-several": ("check", ChecksResult),
    "capture-several": ("capture", CapturesResult),
}
"""Activities that read several steps, with that which reads one of them, and what they bring."""


@dataclass(slots=True)
class _Begun:
    """An activity that was scheduled."""

    step: str | None
    type: str
    title: str
    attempt: int = 1
    steps: tuple[str, ...] = ()
    """Each, when several were read by one call."""


@dataclass
class ActivityEntries:
    """Tells the activities of one chain, in the order of its events."""

    entry: Callable[..., TimelineEntry]
    plan: Plan | None
    """None where its launch is not recorded."""
    begun: dict[int, _Begun] = field(default_factory=dict[int, _Begun])
    """By the event that scheduled it; of the current history."""
    passed: bool = False
    """Whether the timeline has the point of no return, or the run passed it before the chain begins."""
    _shown: bool = False
    """Whether the run showed it as passed; runs of old did not show it."""

    def scheduled(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401 - one of many event types
        """A step begins. A notice gets one entry, when it is out."""
        begun = _Begun(attributes.activity_id, attributes.activity_type.name, summary(event))
        self.begun[event.event_id] = begun
        if begun.type == _NOTICE:
            return
        if begun.type in _SEVERAL and (call := decode_first(attributes.input, SeveralCall)) is not None:
            begun.steps = tuple(each.step for each in call.calls)
        if (due := self._no_return) is not None and begun.step == due.id:
            yield from self._passes(event, due)
        yield self.entry(event, EntryKind.STEP, f"begins: {begun.title}", step=begun.step)

    def _passes(self, event: HistoryEvent, due: PlannedStep) -> Entries:
        if not self.passed:
            self.passed = True
            text = f"the point of no return is passed: {due.title}; from here nothing can be taken back"
            yield self.entry(event, EntryKind.NO_RETURN, text, step=due.id)

    def memo(self, event: HistoryEvent, memo: Memo) -> Entries:
        """The point of no return, as the run shows it: passed while it waits for the provider's own end.

        It is taken back when its call surely took no effect: the run shows it as not passed.
        """
        if MEMO_VIEW not in memo.fields:
            return
        shown, self._shown = self._shown, decode(memo.fields[MEMO_VIEW], RunView).no_return
        if self._shown and self._no_return is not None:
            yield from self._passes(event, self._no_return)
        if shown and not self._shown:
            self.passed = False
            yield self.entry(event, EntryKind.NOTE, NOT_PASSED, step=self._no_return and self._no_return.id)

    def picked_up(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """A worker took it. Each attempt but the first gets an entry, with the failure of the one before."""
        begun = self._of(attributes)
        begun.attempt = attributes.attempt
        if begun.attempt > 1:
            failure = attributes.last_failure
            text = f"attempt {begun.attempt}; the one before: {wording.failed(failure)}"
            yield self._problem(event, begun, failure, text)

    def completed(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """It completed: one entry for each result, or for the notice that was sent."""
        begun = self._of(attributes)
        if begun.type == _NOTICE:
            yield self.entry(event, EntryKind.NOTICE, f"told people: {_said(begun)}")
            return
        if begun.steps and (seen := decode_first(attributes.result, _SEVERAL[begun.type][1])) is not None:
            yield from self._each(event, begun, seen)
            return
        kind = wording.RESULTS.get(begun.type)
        yield from self._result(event, begun, decode_first(attributes.result, kind) if kind else None)

    def failed(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """It failed for good, or was not answered in time."""
        begun = self._of(attributes)
        why = wording.failed(attributes.failure)
        if begun.type == _NOTICE:
            yield self.entry(event, EntryKind.NOTICE, f"nobody could be told ({why}): {_said(begun)}")
        else:
            yield self._problem(event, begun, attributes.failure, f"{begun.title} failed: {why}")

    def canceled(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """The run cancelled it."""
        begun = self._of(attributes)
        yield self.entry(event, EntryKind.STEP, f"{begun.title}: called off", step=begun.step)

    def _each(self, event: HistoryEvent, begun: _Begun, seen: ChecksResult | CapturesResult) -> Entries:
        """Each by itself, as if it had been read alone; one that could not be read is tried alone next."""
        kind = _SEVERAL[begun.type][0]
        for step, result in zip(begun.steps, seen.results, strict=False):
            if result is not None:
                yield from self._result(event, _Begun(step, kind, self._title(step), begun.attempt), result)

    @property
    def _no_return(self) -> PlannedStep | None:
        return self.plan.no_return if self.plan is not None else None

    def _title(self, step: str) -> str:
        steps = self.plan.steps if self.plan is not None else ()
        return next((each.title for each in steps if each.id == step), "")

    def _of(self, attributes: Any) -> _Begun:  # noqa: ANN401
        """The activity that an event is about; a nameless one where its beginning is not recorded."""
        return self.begun.get(attributes.scheduled_event_id) or _Begun(None, "", _UNSEEN)

    def _result(self, event: HistoryEvent, begun: _Begun, result: Any) -> Entries:  # noqa: ANN401 - any of RESULTS
        clock = getattr(result, "clock", None)
        what = wording.resulted(result)
        yield self.entry(
            event,
            EntryKind.STEP,
            f"{begun.title}: {what}" if begun.title else what,
            step=begun.step,
            attempt=begun.attempt,
            evidence=getattr(result, "evidence", ()),
            reference=", ".join(getattr(result, "references", ())),
            provider_at=clock.shown if clock else None,
        )
        if isinstance(getattr(result, "proof", None), EvidenceResult):
            text = f"Is the evidence in the store? {begun.step}"  # what is not there parks the step, and that is told
            yield self.entry(event, EntryKind.STEP, text, step=begun.step, attempt=begun.attempt)
        for found in result.differences if isinstance(result, CompareResult) else ():
            note = " (assigned anew by the provider)" if found.expected else ""
            text = f"{found.field}: {found.before} → {found.after}{note}"
            yield self.entry(event, EntryKind.DIFFERENCE, text, step=begun.step)

    def _problem(self, event: HistoryEvent, begun: _Begun, failure: Any, text: str) -> TimelineEntry:  # noqa: ANN401
        problem = wording.problem(failure)
        reference = problem.reference if problem else ""
        return self.entry(event, EntryKind.STEP, text, step=begun.step, attempt=begun.attempt, reference=reference)


def _said(begun: _Begun) -> str:
    return begun.title.removeprefix("tell: ")
