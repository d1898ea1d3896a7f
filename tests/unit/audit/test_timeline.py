"""The timeline tells recorded facts: who, when, by which way, with which evidence, and what the workflow answered."""

import json

import pytest

from tests.replay.kept import events, kept
from tests.replay.scenarios import SCENARIOS
from unrack.audit.entries import EntryKind, TimelineEntry, Way
from unrack.audit.timeline import timeline
from unrack.contracts.workflows import CALL_WATCHED
from unrack.model.decision import Assurance, Verdict

CABLE = "handover.remove-cable"


def of(name: str, kind: EntryKind) -> list[TimelineEntry]:
    return [entry for entry in timeline(kept(name)) if entry.kind is kind]


def test_approvals_tell_who_by_which_way_and_the_answer() -> None:
    """The launcher's own approval was denied, one came as an update and one as a signal: all three are told."""
    approvals = [entry for entry in of("end-of-term-closed", EntryKind.DECISION) if "approves" in entry.what]

    told = [(entry.by.name if entry.by else "", entry.way, entry.verdict) for entry in approvals]
    assert told == [
        ("lea", Way.UPDATE, Verdict.REFUSED),
        ("ann", Way.UPDATE, Verdict.ACCEPTED),
        ("bob", Way.SIGNAL, Verdict.ACCEPTED),
    ]
    assert all(entry.answer and entry.provider_at for entry in approvals)
    assert {entry.by.assurance for entry in approvals if entry.by} == {Assurance.STATED}


def test_a_completed_task_tells_its_fields_and_evidence() -> None:
    """What a person wrote down and the digest of what proves it (S2.11, S2.12, S2.13)."""
    (done,) = [entry for entry in of("reactivated-in-grace", EntryKind.DECISION) if entry.step == CABLE]

    assert done.fields == {"order-number": "1-234", "removed-on": "2026-11-20", "charged-until": "2026-12-20"}
    assert [(kept.type, kept.sha256, kept.size, kept.name) for kept in done.evidence] == [
        ("confirmation", "a" * 64, 3, "proof.txt")
    ]


def test_a_signal_to_an_open_run_has_no_answer_yet() -> None:
    """Only an ended run, or one that went on in a fresh history, records what a signal was answered."""
    (history,) = kept("end-of-term-closed")
    signalled = events((history,), "workflow_execution_signaled")[0].event_id
    cut = type(history)(history.workflow_id, history.events[: signalled + 1])

    (told,) = [entry for entry in timeline((cut,)) if entry.way is Way.SIGNAL]

    assert told.verdict is None
    assert told.by is not None
    assert told.by.name == "bob"


def test_attempts_and_failures_are_told() -> None:
    """A step that was tried again tells why; a step that failed for good parks with the provider's words."""
    story = timeline(kept("parked-and-skipped-open"))

    assert [entry.step for entry in story if entry.attempt == 2 and "no answer" in entry.what] == ["detach.pops"]
    parked = [entry for entry in story if entry.kind is EntryKind.PARKED]
    assert [(entry.step, entry.what) for entry in parked] == [("detach.vrack", "parked (refused): the vRack is full")]
    assert [entry.step for entry in story if entry.kind is EntryKind.RESOLVED] == ["detach.vrack"]


NOT_PASSED = ("reactivated-in-grace", "parked-and-skipped-open", "cancel-requested", "resumed-after-terminate")
"""Histories in which the point of no return is not passed; the resumed run had passed it before."""


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_every_story_is_in_order_and_begins_with_the_launch(name: str) -> None:
    """Oldest first; each fact names its history, and all but the journal's own remarks their event."""
    story = timeline(kept(name))

    assert [entry.at for entry in story] == sorted(entry.at for entry in story)
    assert story[0].kind is EntryKind.LAUNCH
    assert "sha256:" in story[0].what
    assert all(entry.event or entry.kind is EntryKind.NOTE for entry in story)
    passed = [entry for entry in story if entry.kind is EntryKind.NO_RETURN]
    assert len(passed) == (0 if name in NOT_PASSED else 1)


def test_the_last_call_tells_its_reason() -> None:
    """Why a scheduled end was taken back stands only in the journal; it is told where it happened."""
    story = timeline(kept("held-over-the-last-call"))
    (reason,) = [
        index for index, entry in enumerate(story) if "last call" in entry.what and entry.kind is EntryKind.NOTE
    ]
    undo = next(index for index, entry in enumerate(story) if entry.step == "undo.request.schedule")

    assert "omar holds the run" in story[reason].what
    assert abs(reason - undo) <= 2


def test_a_chain_is_told_as_one_story() -> None:
    """Where the run went on in a fresh history, both ends name each other."""
    chain = kept("fresh-history")
    turns = of("fresh-history", EntryKind.CHAIN)

    assert len(turns) == 2 * (len(chain) - 1)
    assert chain[1].run_id in turns[0].what
    assert chain[0].run_id in turns[1].what


def test_a_missing_beginning_is_named() -> None:
    """Where retention took the first history, the story begins with the one that is missing."""
    chain = kept("fresh-history")

    begin = timeline(chain[1:])[0]

    assert begin.kind is EntryKind.CHAIN
    assert chain[0].run_id in begin.what


def test_strange_events_are_not_left_out() -> None:
    """An event that this version gives no words of its own still shows, with who sent it."""
    (history,) = kept("parked-and-skipped-open")
    event = events((history,), "timer_started")[0]
    event.workflow_execution_terminated_event_attributes.reason = "by hand"
    event.workflow_execution_terminated_event_attributes.identity = "someone@host"
    event.event_type = 27  # pyright: ignore[reportAttributeAccessIssue] - the number of the enumeration

    (told,) = [entry for entry in timeline((history,)) if "terminated" in entry.what]

    assert told.what.endswith("by hand")
    assert told.client == "someone@host"


def test_a_strange_workflow_is_told_as_that() -> None:
    """A history of something else is named as such, and what happened in it is told, without any plan."""
    (history,) = kept("parked-and-skipped-open")
    history.events[0].workflow_execution_started_event_attributes.workflow_type.name = "Other"

    story = timeline((history,))

    assert (story[0].kind, story[0].what) == (EntryKind.ENGINE, "a workflow 'Other' starts, which is no run of Unrack")
    assert "detach.vrack" in {entry.step for entry in story}
    assert not [entry for entry in story if entry.kind is EntryKind.LAUNCH]


def test_the_timer_beside_a_call_is_no_wait() -> None:
    """Each call has one, in case that somebody pauses it: what the run waits for would drown in them."""
    (history,) = kept("end-of-term-closed")
    timers = events((history,), "timer_started")
    timers[-1].user_metadata.summary.data = json.dumps(CALL_WATCHED).encode()
    timers[-1].timer_started_event_attributes.start_to_fire_timeout.FromSeconds(4000)

    told = [entry.what for entry in timeline((history,)) if entry.kind is EntryKind.WAIT]

    assert told
    assert not any("the call is paused" in what for what in told)
