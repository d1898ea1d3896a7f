"""Holds with made-up signatures, each worth waiting for by its looks: anybody can write as many as they like."""

import json

from tests.workflows.harness import ON_CALL, fresh
from tests.workflows.office import OMAR, Office, forged
from unrack.model.decision import Decision, Hold
from unrack.model.plan import Plan
from unrack.model.state import RunState


def forged_hold(office: Office, plan: Plan, state: RunState) -> Hold:
    """A hold that claims Omar's key, and that this key never signed."""
    sent = office.sign(plan, state, Hold(id=fresh(), by=ON_CALL, reason="x"), OMAR)
    assert sent.proof is not None
    return sent.model_copy(update={"proof": sent.proof.model_copy(update={"signature": forged(OMAR)})})


def like(fake: Decision) -> Decision:
    """`fake` under an id of its own; the text fits, the signature does not."""
    assert fake.proof is not None
    said = json.loads(fake.proof.signed)
    said["act"]["id"] = key = fresh()
    proof = fake.proof.model_copy(update={"signed": json.dumps(said)})
    return fake.model_copy(update={"id": key, "proof": proof})
