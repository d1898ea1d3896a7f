"""Whatever is sent to a run or given as its start changes nothing, and the run goes on answering."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.service import RPCError

from tests.hostile import mutating
from tests.hostile.trying import SHARES, Tally
from tests.surfaces.installation import Bench, bench
from unrack.contracts.workflows import DECIDE_UPDATE, DECISION_SIGNAL

COUNT = 500
"""Signals, and as many updates."""

_KINDS = [
    {"kind": "approve", "plan": "sha256:" + "0" * 64},
    {"kind": "hold", "reason": "wait"},
    {"kind": "complete", "step": "preflight.attest-moved", "fields": {"workloads-moved": "yes"}},
    {"kind": "resolve", "step": "detach.remove-pops", "remedy": "skip", "reason": "done"},
    {"kind": "amend", "step": "preflight.attest-moved", "fields": {"x": "y"}, "reason": "slip"},
    {"kind": "extend", "by_span": "P7D", "reason": "later"},
    {"kind": "note", "text": "seen"},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An installation of these tests' own."""
    with bench(tmp_path_factory.mktemp("hostile")) as ready:
        yield ready


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("how", ["signals", "updates"])
def test_bad_messages_change_nothing(desk: Bench, how: str, share: float) -> None:
    """By the ledger; status, history and a hold work afterwards, and the run is not further than it was."""
    run = desk.at_attestation()
    before, phase = desk.ledger(), desk.report(run).state.phase
    tally = Tally(how)

    for chance in tally.chances(max(5, round(COUNT * share))):
        payload = _payload(chance)
        try:
            tally.ends[desk.wait(_sent(desk, run, how, payload))] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            tally.fault(payload.SerializeToString()[:300], f"{type(error).__name__}: {error}")
        if tally.tried % 100 == 0:
            _answers(desk, run, tally)

    _answers(desk, run, tally)
    tally.judge()
    assert desk.ledger() == before
    assert desk.report(run).state.phase is phase
    assert desk.type("hold", run, "--reason", "enough", "--as", "lea").exit_code == 0


def _answers(desk: Bench, run: str, tally: Tally) -> None:
    for command in ("status", "history"):
        tally.typed(command, lambda typed=command: desk.type(typed, run), {0})


async def _sent(desk: Bench, run: str, how: str, payload: Payload) -> str:
    client = await desk.installation.connect()
    handle = client.get_workflow_handle(run)
    given = RawValue(payload)
    try:
        if how == "signals":
            await handle.signal(DECISION_SIGNAL, given)
            return "sent"
        waits = handle.execute_update(DECIDE_UPDATE, given, rpc_timeout=timedelta(seconds=20))
        await asyncio.wait_for(waits, 25)
    except (WorkflowUpdateFailedError, RPCError):
        return "refused"
    return "answered"


def _payload(chance: random.Random) -> Payload:
    """A decision with something wrong, or no decision at all."""
    encoding = chance.choice([b"json/plain"] * 8 + [b"binary/plain", b"binary/null", b"binary/encrypted", b"", b"x"])
    if chance.random() < 0.2:
        data = chance.choice([b"", b"null", b"approve please", b"[]", b"{", b"\xff\xfe", mutating.deep(300).encode()])
        return Payload(metadata={"encoding": encoding}, data=data)
    good = {"id": f"{chance.getrandbits(64):x}", "by": {"name": chance.choice(["mallory", "lea", "ann"])}}
    decision = good | chance.choice(_KINDS)
    document = mutating.document(chance, {"decision": decision})
    return Payload(metadata={"encoding": encoding}, data=mutating.as_json(document))
