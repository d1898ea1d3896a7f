"""Fields that the record holds room for: histories of before are read as they were, and nothing believes them yet."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from tests.workflows.plans import plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Actor, Envelope, Hold
from unrack.model.plan import TaskForm
from unrack.model.remembering import digest_of_decision
from unrack.model.state import OpenTask
from unrack.model.statement import Proof

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGNED = Proof(signed="{}", signature="-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n")
HOLD = Hold(id="0123456789", by=Actor(name="ann"), reason="audit")
TASK = OpenTask(
    step="x.y", title="t", since=BEGIN, deadline=BEGIN + timedelta(days=1), form=TaskForm(instructions="do")
)


def test_what_is_not_there_is_not_written() -> None:
    """The record of today has none of these fields, and so the digests of today stay."""
    start = RunStart(plan=plan(shown=BEGIN), launched_by=Actor(name="lea"))

    assert not {"proof", "policy"} & HOLD.model_dump(mode="json").keys()
    assert not {"proof", "campaign"} & start.model_dump(mode="json").keys()
    assert "assignee" not in TASK.model_dump(mode="json")


def test_a_decision_keeps_its_proof_and_the_policy_that_was_seen() -> None:
    """They cross the wire as they were sent."""
    sent = HOLD.model_copy(update={"proof": SIGNED, "policy": "sha256:" + "0" * 64})

    assert Envelope.model_validate_json(Envelope(decision=sent).model_dump_json()).decision == sent


def test_a_decision_that_is_signed_anew_is_the_same_decision() -> None:
    """A key on a token signs differently each time: sent again, it gets the same answer and is no conflict."""
    again = HOLD.model_copy(update={"proof": SIGNED})

    assert digest_of_decision(again) == digest_of_decision(HOLD)
    assert digest_of_decision(HOLD.model_copy(update={"reason": "other"})) != digest_of_decision(HOLD)


@pytest.mark.parametrize(
    "more",
    [
        {"proof": {"signed": "{}", "signature": "x" * 4001}},
        {"proof": {"signed": "{}", "signature": "\x1b[2J"}},
        {"proof": {"signed": "x" * 64_001, "signature": "x"}},
        {"policy": "sha256:none"},
        {"policy": "x" * 72},
    ],
)
def test_nothing_large_or_strange_is_taken_in(more: dict[str, object]) -> None:
    """What a stranger sends stays in the history: it is bounded, and plain text."""
    with pytest.raises(ValidationError):
        Hold.model_validate(HOLD.model_dump() | more)
