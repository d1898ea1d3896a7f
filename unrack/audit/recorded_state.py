"""The run's state as a history records it: answers, journal, and the state that it ends with or hands on."""

from collections.abc import Iterator, Sequence

from temporalio.client import WorkflowHistory

from unrack.audit.decoding import decode_or_none
from unrack.audit.histories import continued_as
from unrack.contracts.workflows import RunStart
from unrack.model.decision import DecisionResult
from unrack.model.state import JournalEntry, RunReport, RunState


def told_by_event(note: JournalEntry, titles: tuple[str, ...]) -> bool:
    """Whether an event says what `note` says; `titles` are those of the plan's steps."""
    known = ("parked (", "ended:", "rollback (", "the point of no return is", "compared with")
    return (
        note.answer is not None
        or note.by is not None
        or note.what.startswith((*known, *titles))
        or (note.step is not None and note.step.startswith("undo."))
    )


def last_state(chain: Sequence[WorkflowHistory]) -> RunState | None:
    """The newest state that a history of the chain carries: its result, or what it handed on; None without any."""
    last = chain[-1].events[-1]
    if last.HasField("workflow_execution_completed_event_attributes"):
        report = decode_or_none(last.workflow_execution_completed_event_attributes.result, RunReport)
        return report.state if report else None
    for history in reversed(chain):
        if continued_as(history):
            handed = history.events[-1].workflow_execution_continued_as_new_event_attributes.input
            start = decode_or_none(handed, RunStart)
            return start.state if start else None
    return None


def update_answers(history: WorkflowHistory) -> Iterator[tuple[int, DecisionResult]]:
    """The answers to updates, by the event that accepted the update."""
    for event in history.events:
        done = event.workflow_execution_update_completed_event_attributes
        answer = decode_or_none(done.outcome.success, DecisionResult) if done.accepted_event_id else None
        if answer is not None:
            yield done.accepted_event_id, answer
