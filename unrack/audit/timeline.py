"""Tells what happened in a run, in words, from its recorded events and nothing else: it works offline, years later."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from unrack.audit import wording
from unrack.audit.activity_entries import ActivityEntries
from unrack.audit.deciders import Deciders
from unrack.audit.decoding import decode_first, decode_or_none, summary
from unrack.audit.entries import EntryKind, TimelineEntry, Way
from unrack.audit.histories import run_id_of, started
from unrack.audit.record_flaws import record_flaws
from unrack.audit.recorded_state import told_by_event, update_answers
from unrack.audit.structure import attributes_of, kind_of
from unrack.audit.visibility_entries import VisibilityEntries
from unrack.contracts.workflows import (
    CALL_WATCHED,
    DECISION_SIGNAL,
    DECOMMISSION,
    KEYS_SIGNAL,
    WAKE_SIGNAL,
    Resumption,
    RunStart,
)
from unrack.model.decision import Decision, DecisionResult, Envelope
from unrack.model.errors import UnrackError
from unrack.model.plan import Plan
from unrack.model.state import RunReport

SHORTEST_WAIT = timedelta(minutes=1)
"""Shorter waits are pauses between retries, which the attempts show."""

_EXACT = timedelta(seconds=1)
"""The server's time of a remark is known to so much; one that seems to come just before the launch came with it."""

_ASKED = {
    WAKE_SIGNAL: "asked to look again now",
    KEYS_SIGNAL: "asked whether the keys that decided still count: another policy rules, or a key has ended",
}
"""What signals say that are no decisions."""

_SILENT = {
    "workflow_task_scheduled",
    "workflow_task_started",
    "workflow_task_completed",
    "workflow_execution_update_completed",
    "workflow_execution_options_updated",
    "timer_fired",
    "timer_canceled",
    "activity_task_cancel_requested",
}
"""Events that say nothing that another entry does not say."""

Entries = Iterator[TimelineEntry]


def timeline(chain: Sequence[WorkflowHistory]) -> tuple[TimelineEntry, ...]:
    """Who did what, when, by which way and with which evidence, oldest first.

    Args:
        chain: The histories of one run, or of another workflow, oldest first (`unrack.audit.histories`).

    Nothing is left out: what cannot be read gets an entry that says so, and so does each flaw of the record itself.
    """
    return _Timeline(chain).entries()


@dataclass
class _Timeline:
    """Reads one chain event by event."""

    chain: Sequence[WorkflowHistory]
    plan: Plan | None = field(init=False)
    """None where the run's launch is not recorded, or it is no run."""
    _history: WorkflowHistory = field(init=False)
    """The one that is read now."""
    _activities: ActivityEntries = field(init=False)
    _visibility: VisibilityEntries = field(init=False)
    _outcomes: dict[int, DecisionResult] = field(default_factory=dict[int, DecisionResult])
    """Answers to updates of the current history, by the accepting event."""
    _skipped_time: bool = False
    _clocks: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    """Server's time and provider's time, wherever both are recorded."""

    def __post_init__(self) -> None:
        """Read the frozen plan, and the last state that is recorded anywhere in the chain."""
        self._history = self.chain[0]
        start = self._start(started(self.chain[0]))
        self.plan = start.plan if start is not None else None
        self._deciders = Deciders(self.chain)
        self._last = self._deciders.state
        state = start.state if start is not None else None
        passed = state is not None and state.passed_no_return_at is not None  # by the run that this one goes on from
        self._activities = ActivityEntries(self._entry, self.plan, passed=passed)
        self._visibility = VisibilityEntries(self._entry)
        self._handlers: dict[str, Callable[[HistoryEvent, Any], Entries]] = {
            "workflow_execution_started": self._begins,
            "activity_task_scheduled": self._activities.scheduled,
            "activity_task_started": self._activities.picked_up,
            "activity_task_completed": self._activities.completed,
            "activity_task_failed": self._activities.failed,
            "activity_task_timed_out": self._activities.failed,
            "activity_task_canceled": self._activities.canceled,
            "upsert_workflow_search_attributes": self._visibility.attributes,
            "workflow_properties_modified": self._memo,
            "timer_started": self._waits,
            "workflow_execution_update_accepted": self._update,
            "workflow_execution_signaled": self._signal,
            "workflow_execution_completed": self._ended,
            "workflow_execution_continued_as_new": self._continued,
            "workflow_task_failed": self._code_failed,
            "workflow_execution_time_skipping_transitioned": self._skipped,
        }

    def entries(self) -> tuple[TimelineEntry, ...]:
        """Everything, oldest first."""
        recorded = [entry for history in self.chain for entry in self._events(history)]
        flawed = [self._flaw(*flaw) for flaw in record_flaws(self.chain)]
        self._history = self.chain[-1]
        return tuple(sorted([*flawed, *recorded, *self._notes()], key=lambda entry: entry.at))

    def _events(self, history: WorkflowHistory) -> Entries:
        self._history, self._outcomes = history, dict(update_answers(history))
        self._activities.begun.clear()
        for event in history.events:
            name = kind_of(event)
            if name not in _SILENT:
                yield from self._guarded(event, self._handlers.get(name, self._other))

    def _guarded(self, event: HistoryEvent, handler: Callable[[HistoryEvent, Any], Entries]) -> Entries:
        """The entries that `handler` makes of an event; where it fails, one entry says so and the timeline goes on."""
        try:
            yield from handler(event, attributes_of(event))
        except UnrackError as error:
            yield self._entry(event, EntryKind.ENGINE, f"{_named(event)}: {error.problem.message}")
        except Exception as error:  # noqa: BLE001 - a history may hold anything that anybody sent or forged
            text = f"{_named(event)}: what it holds cannot be told ({type(error).__name__})"
            yield self._entry(event, EntryKind.ENGINE, text)

    def _flaw(self, history: WorkflowHistory, event: HistoryEvent, text: str) -> TimelineEntry:
        self._history = history
        return self._entry(event, EntryKind.FLAW, f"the record: {text}")

    @staticmethod
    def _start(attributes: Any) -> RunStart | None:  # noqa: ANN401 - what the first event carries
        """Decode the input that a run was started with; None for another workflow, or if it cannot be read."""
        return decode_or_none(attributes.input, RunStart) if attributes.workflow_type.name == DECOMMISSION else None

    def _entry(self, event: HistoryEvent, kind: EntryKind, what: str, **more: Any) -> TimelineEntry:  # noqa: ANN401
        at = _time(event)
        shown: datetime | None = more.get("provider_at")
        if shown is not None:
            self._clocks.append((at, shown))
        return TimelineEntry.model_validate(
            {"at": at, "kind": kind, "what": what, "run_id": run_id_of(self._history), "event": event.event_id, **more}
        )

    def _begins(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401 - one of many event types
        yield from self._started(event, attributes)
        yield from self._activities.memo(event, attributes.memo)
        yield from self._visibility.attributes(event, attributes)

    def _memo(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401 - one of many event types
        yield from self._activities.memo(event, attributes.upserted_memo)
        yield from self._visibility.memo(event, attributes)

    def _started(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401 - one of many event types
        if attributes.continued_execution_run_id:
            text = f"a fresh history; before it: {attributes.continued_execution_run_id}"
            yield self._entry(event, EntryKind.CHAIN, text)
            return
        name = attributes.workflow_type.name
        start = decode_first(attributes.input, RunStart) if name == DECOMMISSION else None
        if start is None:
            text = f"a workflow '{name}' starts, which is no run of Unrack"
            yield self._entry(event, EntryKind.ENGINE, text, client=attributes.identity)
            return
        if start.resumed is not None:
            yield self._resumed(event, attributes, start, start.resumed)
            return
        plan = start.plan
        what = f"launched: {plan.runbook_title}, {plan.service.service}, {plan.timing.value}: {plan.request.reason}"
        yield self._entry(
            event,
            EntryKind.LAUNCH,
            f"{what}; plan {plan.digest}",
            by=self._deciders.of_start(start),
            client=attributes.identity,
            fields={name: text for name, text in _further_fields(plan) if text},
            provider_at=plan.facts.clock.at(event.event_time.ToDatetime(tzinfo=UTC)),
        )

    def _resumed(self, event: HistoryEvent, attributes: Any, start: RunStart, resumed: Resumption) -> TimelineEntry:  # noqa: ANN401
        source, by = f"execution {resumed.run_id}, which was {resumed.how}", self._deciders.of_start(start)
        what = f"resumed by {by.name} from {source}: {resumed.reason}; plan {start.plan.digest}"
        return self._entry(event, EntryKind.LAUNCH, what, by=by, client=attributes.identity)

    def _waits(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        span = attributes.start_to_fire_timeout.ToTimedelta()
        if span < SHORTEST_WAIT:
            return
        why = summary(event)
        if why == CALL_WATCHED:
            return  # nothing waits for it: the call's own end is told
        if why == "waiting":
            why = ", ".join(self._visibility.waiting_for) or "the next date"
        yield self._entry(event, EntryKind.WAIT, f"waits {wording.length(span)} at most: {why}")

    def _update(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        request = attributes.accepted_request
        envelope = decode_or_none(request.input.args, Envelope)
        answer = self._outcomes.get(event.event_id)
        if envelope is None:
            text = f"an update '{request.input.name}' that is no decision"
            yield self._entry(event, EntryKind.ENGINE, text, client=request.meta.identity)
        else:
            yield self._decision(event, envelope.decision, Way.UPDATE, answer, request.meta.identity)

    def _signal(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        name, client = attributes.signal_name, attributes.identity
        envelope = decode_or_none(attributes.input, Envelope) if name == DECISION_SIGNAL else None
        if envelope is not None:
            answer = self._deciders.answer_to(envelope.decision)
            yield self._decision(event, envelope.decision, Way.SIGNAL, answer, client)
        else:
            text = _ASKED.get(name, f"a signal '{name}' that is no decision")
            yield self._entry(event, EntryKind.ENGINE, text, way=Way.SIGNAL, client=client)

    def _decision(
        self, event: HistoryEvent, decision: Decision, way: Way, answer: DecisionResult | None, client: str
    ) -> TimelineEntry:
        return self._entry(
            event,
            EntryKind.DECISION,
            wording.decided(decision),
            step=getattr(decision, "step", None),
            by=self._deciders.of(decision, answer),
            way=way,
            client=client,
            decision=decision.id,
            verdict=answer.verdict if answer else None,
            answer=answer.message if answer else "",
            why=answer.why if answer else None,
            policy=answer.policy if answer else None,
            fields=getattr(decision, "fields", {}),
            evidence=getattr(decision, "evidence", ()),
            provider_at=answer.at if answer else None,
        )

    def _ended(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        report = decode_or_none(attributes.result, RunReport)
        yield self._entry(event, EntryKind.OUTCOME, "ended" if self.plan is None else wording.ended(report))

    def _continued(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        text = f"goes on in a fresh history: {attributes.new_execution_run_id}"
        yield self._entry(event, EntryKind.CHAIN, text)

    def _code_failed(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        cause = WorkflowTaskFailedCause.Name(attributes.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
        if cause in ("FORCE_CLOSE_COMMAND", "UNHANDLED_COMMAND"):
            return  # something arrived meanwhile; the task is simply run again
        why = wording.failed(attributes.failure)
        text = f"the workflow's code could not go on ({cause.lower().replace('_', ' ')}): {why}"
        yield self._entry(event, EntryKind.ENGINE, text, client=attributes.identity)

    def _skipped(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401, ARG002 - as all handlers
        if not self._skipped_time:
            self._skipped_time = True
            yield self._entry(
                event, EntryKind.ENGINE, "recorded under a virtual clock: times are not real from here on"
            )

    def _other(self, event: HistoryEvent, attributes: Any) -> Entries:  # noqa: ANN401
        """Nothing is left out silently, also what this version does not know."""
        reason = str(getattr(attributes, "reason", "") or getattr(attributes, "cause", "") or "")
        if hasattr(attributes, "failure"):
            reason = wording.failed(attributes.failure)
        client = str(getattr(attributes, "identity", ""))
        yield self._entry(event, EntryKind.ENGINE, f"{_named(event)}{': ' + reason if reason else ''}", client=client)

    def _notes(self) -> Entries:
        """Yield the journal's remarks that belong to no event, placed by the provider's time."""
        titles = tuple(step.title for step in self.plan.steps) if self.plan is not None else ()
        for note in self._last.journal if self._last else ():
            if not told_by_event(note, titles):
                yield TimelineEntry(
                    at=self._here(note.at),
                    provider_at=note.at,
                    kind=EntryKind.NOTE,
                    what=note.what,
                    step=note.step,
                    by=note.by,
                    run_id=run_id_of(self._history),
                    event=None,
                )

    def _here(self, shown: datetime) -> datetime:
        """The server's time at the provider's time `shown`, by the clock read last before it."""
        before = [pair for pair in self._clocks if pair[1] <= shown] or self._clocks[:1]
        if not before:
            return shown
        at, then = before[-1]
        passed = shown - then
        here = at + (passed if self.plan is None else self.plan.facts.clock.here(passed))
        begun = _time(self.chain[0].events[0])
        return max(here, begun) if begun - here < _EXACT else here


def _named(event: HistoryEvent) -> str:
    """The event's type in words, also of one that this version does not know."""
    known = EventType.Name(event.event_type) if event.event_type in EventType.values() else ""
    return known.removeprefix("EVENT_TYPE_").lower().replace("_", " ") or f"an event of type {event.event_type}"


def _time(event: HistoryEvent) -> datetime:
    try:
        return event.event_time.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)  # no server writes such a time


def _further_fields(plan: Plan) -> tuple[tuple[str, str | None], ...]:
    """Return the fields of the request beside the service and the reason: ticket and owner."""
    return ("ticket", plan.request.ticket), ("owner", plan.request.owner)
