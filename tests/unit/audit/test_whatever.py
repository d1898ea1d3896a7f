"""What a history holds is told, whatever it holds: nothing that was sent or forged ends the story."""

import random
from collections.abc import Callable
from functools import cache

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.replay.damage import CUT, ONLY_REPLAYED, WRONG, with_events
from tests.replay.kept import events, kept
from tests.replay.scenarios import SCENARIOS
from unrack.audit.entries import EntryKind
from unrack.audit.timeline import timeline

PAYLOADS: dict[str, Callable[[], Payload]] = {
    "raw-bytes": lambda: Payload(metadata={"encoding": b"binary/plain"}, data=b"approve please"),
    "null": lambda: Payload(metadata={"encoding": b"binary/null"}),
    "encrypted": lambda: Payload(metadata={"encoding": b"binary/encrypted"}, data=b"\x00\x01"),
    "no-json": lambda: Payload(metadata={"encoding": b"json/plain"}, data=b"{"),
    "other-json": lambda: Payload(metadata={"encoding": b"json/plain"}, data=b'["approve"]'),
    "deep-json": lambda: Payload(metadata={"encoding": b"json/plain"}, data=b"[" * 5000 + b"]" * 5000),
    "protobuf": lambda: Payload(metadata={"encoding": b"binary/protobuf", "messageType": b"x.Y"}, data=b"\x08\x01"),
    "no-encoding": lambda: Payload(data=b"approve"),
    "nothing": Payload,
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_raw_signal_is_told_as_no_decision(name: str) -> None:
    """A payload of any kind in a signal for decisions: the story goes on, and says that it was none."""
    chain = kept("end-of-term-closed")
    signal = events(chain, "workflow_execution_signaled")[0].workflow_execution_signaled_event_attributes
    del signal.input.payloads[:]
    signal.input.payloads.append(PAYLOADS[name]())

    story = timeline(chain)

    assert "a signal 'decision' that is no decision" in {entry.what for entry in story}
    assert story[-1].kind is EntryKind.OUTCOME


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("scenario", ["end-of-term-closed", "parked-and-skipped-open", "fresh-history"])
def test_any_payload_may_be_any_thing(scenario: str, name: str) -> None:
    """Inputs, results, answers, memos, search attributes, summaries: each replaced everywhere, and still told."""
    chain = kept(scenario)
    whole = len(timeline(chain))
    for history in chain:
        for event in history.events:
            _replace_payloads(event, PAYLOADS[name]())

    story = timeline(chain)

    assert story
    assert len(story) > whole / 3


def _replace_payloads(message: Message, payload: Payload) -> None:
    """Every payload below a message becomes `payload`."""
    for field, value in list(message.ListFields()):
        if isinstance(value, Payload):
            value.CopyFrom(payload)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            for key in list(value):
                if isinstance(value[key], Payload):
                    value[key].CopyFrom(payload)
        elif field.message_type is not None:
            for each in value if hasattr(value, "append") or hasattr(value, "extend") else [value]:
                if isinstance(each, Payload):
                    each.CopyFrom(payload)
                elif isinstance(each, Message):
                    _replace_payloads(each, payload)


@pytest.mark.parametrize("damage", [*WRONG, *CUT])
def test_a_damaged_record_is_told_with_what_is_wrong(damage: str) -> None:
    """The story is told as far as there is one, and the record's own fault stands in it."""
    (history,) = kept("end-of-term-closed")
    change = WRONG.get(damage) or CUT[damage]

    story = timeline((with_events(history, change(list(history.events))),))

    told = [entry for entry in story if entry.kind is EntryKind.FLAW]
    assert bool(told) == (damage not in ONLY_REPLAYED)
    assert all(entry.what.startswith("the record: ") and entry.event for entry in told)


def test_a_missing_history_of_a_chain_is_told() -> None:
    """The first and the last history alone are no whole story."""
    first, *between_them, last = kept("fresh-history")
    assert between_them, "recorded with too few histories"

    between = [entry.what for entry in timeline((first, last)) if entry.kind is EntryKind.FLAW]
    after = [entry.what for entry in timeline((first,)) if entry.kind is EntryKind.FLAW]

    assert len(between) == len(after) == 1
    assert "the history before this one is not among those that are told" in between[0]
    assert "the history that goes on is not among those that are told" in after[0]


@cache
def _every_event() -> tuple[HistoryEvent, ...]:
    """Every event that is kept: read once, only copies of them are changed."""
    return tuple(event for scenario in SCENARIOS for history in kept(scenario.name) for event in history.events)


@pytest.mark.parametrize("seed", range(20))
def test_any_events_in_any_order_are_told(seed: int) -> None:
    """Events of all kinds, drawn, repeated and shuffled: a story, never an error."""
    chance = random.Random(seed)  # noqa: S311 - reproducible
    drawn = chance.choices(_every_event(), k=60)

    assert timeline((with_events(WorkflowHistory("x/y", []), drawn),))


def test_a_future_kind_of_event_is_told() -> None:
    """An event that this version does not know is an event all the same."""
    chain = kept("parked-and-skipped-open")
    event = events(chain, "timer_started")[0]
    event.ClearField("timer_started_event_attributes")
    event.event_type = 999  # pyright: ignore[reportAttributeAccessIssue] - the number of the enumeration

    assert "an event of type 999" in {entry.what for entry in timeline(chain)}
