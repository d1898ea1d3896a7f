"""What no server writes is seen in the events alone; what a server writes is no flaw."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.replay.damage import CUT, ONLY_REPLAYED, WRONG, Events
from tests.replay.kept import kept
from tests.replay.scenarios import SCENARIOS
from unrack.audit.structure import FlawKind, flaws

SHORT = 120
"""Events; of longer histories each place is tried by the long tests."""

HISTORIES = [history for scenario in SCENARIOS for history in kept(scenario.name)]


@pytest.fixture
def events() -> Events:
    """A closed run with updates, a signal and timers."""
    (history,) = kept("end-of-term-closed")
    return list(history.events)


def test_what_a_server_wrote_has_no_flaw() -> None:
    """Every kept history is whole, also the one of an open run and those of a chain."""
    assert [flaws(history.events) for history in HISTORIES] == [()] * len(HISTORIES)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(each, id=each.workflow_id, marks=[pytest.mark.long] if len(each.events) > SHORT else [])
        for each in HISTORIES
    ],
)
def test_nothing_is_doubled_swapped_or_left_out_unseen(history: WorkflowHistory) -> None:
    """At every place: an event that stands twice, two in the wrong order, one that is missing before the last."""
    events = list(history.events)
    for at, event in enumerate(events):
        assert flaws([*events[:at], event, *events[at:]]), f"event {event.event_id} twice"
        if at + 1 < len(events):
            assert flaws([*events[:at], *events[at + 1 :]]), f"event {event.event_id} missing"
            assert flaws([*events[:at], events[at + 1], event, *events[at + 2 :]]), f"event {event.event_id} swapped"


@pytest.mark.parametrize("damage", WRONG)
def test_what_no_server_wrote_is_wrong(damage: str, events: Events) -> None:
    """However carefully it was renumbered."""
    assert FlawKind.WRONG in {flaw.kind for flaw in flaws(WRONG[damage](events))}


@pytest.mark.parametrize("damage", sorted(CUT.keys() - ONLY_REPLAYED))
def test_what_is_missing_is_missing(damage: str, events: Events) -> None:
    """A gap and a missing beginning by the numbers, a missing end by what is written in one piece."""
    assert {flaw.kind for flaw in flaws(CUT[damage](events))} == {FlawKind.MISSING}


def test_a_gap_is_told_once_and_by_its_numbers(events: Events) -> None:
    """What goes back into a gap is not told as well."""
    (flaw,) = flaws([*events[:20], *events[30:]])

    assert (flaw.event, flaw.text) == (21, "events 21 to 30 are missing")


def test_a_huge_number_costs_nothing(events: Events) -> None:
    """A forged number is a gap, however large."""
    events[-1].event_id = 2**62

    (flaw,) = flaws(events)

    assert flaw.kind is FlawKind.MISSING


def test_a_paused_workflow_may_end_with_a_signal(events: Events) -> None:
    """While a workflow is paused in Temporal, no workflow task is made for what arrives."""
    paused, signalled = HistoryEvent(event_id=3, task_id=3), HistoryEvent(event_id=4, task_id=4)
    paused.workflow_execution_paused_event_attributes.reason = "let me see"
    signalled.workflow_execution_signaled_event_attributes.input.payloads.append(Payload())
    started, asked = events[0], events[1]
    started.task_id, asked.task_id = 1, 2
    taken = [HistoryEvent(event_id=number, task_id=number) for number in (3, 4)]
    taken[0].workflow_task_started_event_attributes.scheduled_event_id = 2
    taken[1].workflow_task_completed_event_attributes.scheduled_event_id = 2
    taken[1].workflow_task_completed_event_attributes.started_event_id = 3
    paused.event_id = paused.task_id = 5
    signalled.event_id = signalled.task_id = 6

    assert flaws([started, asked, *taken, paused, signalled]) == ()
    assert flaws([started, asked, *taken]) == ()
