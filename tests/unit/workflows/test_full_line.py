"""What a flood costs: one look at a decision that waits, and none at what comes when the line is full."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.workflows.forging import forged_hold, like
from tests.workflows.harness import approval
from tests.workflows.office import ANN, Office, policy
from tests.workflows.plans import plan
from unrack.contracts.verifying import MOST_TOGETHER
from unrack.model.access import place_of
from unrack.model.decision import Actor, Decision, DecisionResult, Verdict
from unrack.model.service import ProviderClock
from unrack.model.state import RunState
from unrack.model.statement import Proof, Refusal
from unrack.policy.proving import access_by
from workflows.decisions import line as line_module
from workflows.decisions.arrivals import Arrivals
from workflows.decisions.case import Proven
from workflows.decisions.inspection import Seen, look
from workflows.decisions.line import Arrival, Line
from workflows.decisions.precheck import fault, stale_by_now

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAN = plan(shown=NOW)
OFFICE = Office(clock=lambda: NOW)
KNOWN = DecisionResult(decision="12345678", verdict=Verdict.ACCEPTED, message="it was", at=NOW)


def _state() -> RunState:
    access = access_by(policy(), place_of(PLAN)).model_copy(update={"execution": "x"})
    return RunState(
        plan_digest=PLAN.digest,
        launched_by=Actor(name="lea"),
        launched_at=NOW,
        clock=ProviderClock(read_at=NOW, shown=NOW),
        access=access,
    )


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Proof | None]:
    """The proofs at which somebody looked."""
    looked = list[Proof | None]()

    def counted(proof: Proof | None) -> Seen:
        looked.append(proof)
        return look(proof)

    monkeypatch.setattr(line_module, "look", counted)
    return looked


async def test_where_the_line_is_full_nothing_is_read(looks: list[Proof | None]) -> None:
    """Thousands may come in one workflow task: each is refused as a flood, and costs no look at its signature."""
    state, line = _state(), Line()
    fake = forged_hold(OFFICE, PLAN, state)
    for _ in range(MOST_TOGETHER):
        line.join(Arrival(like(fake), NOW))
    arrivals = Arrivals(_context(state, line), _judged, begun=True)

    answers = [await arrivals.take(like(fake)) for _ in range(20)]

    assert {answer.why for answer in answers} == {Refusal.FLOOD}
    assert state.denials == 20
    assert not looks


async def test_what_was_judged_is_answered_where_the_line_is_full() -> None:
    """Sent again, it has its answer: nobody need wait for that."""
    state, line = _state(), Line()
    fake = forged_hold(OFFICE, PLAN, state)
    for _ in range(MOST_TOGETHER):
        line.join(Arrival(like(fake), NOW))
    state.answers[KNOWN.decision] = KNOWN

    answer = await Arrivals(_context(state, line), _judged, begun=True).take(fake.model_copy(update={"id": "12345678"}))

    assert answer is KNOWN


def test_a_proof_is_read_once(looks: list[Proof | None]) -> None:
    """When it arrives, when its batch is sent, and at its turn: what was seen is known."""
    state = _state()
    arrival = Arrival(OFFICE.sign(PLAN, state, approval(PLAN, ANN), ANN), NOW + timedelta(seconds=1))

    assert fault(PLAN, state, arrival) is None
    assert fault(PLAN, state, arrival) is None
    assert stale_by_now(state, arrival) is None
    assert arrival.seen.key is not None
    assert len(looks) == 1


def _context(state: RunState, line: Line) -> Any:  # noqa: ANN401 - stands for a run
    return SimpleNamespace(
        state=state, line=line, plan=PLAN, time=lambda: NOW, now=lambda: NOW, note=lambda *_, **__: None
    )


def _judged(_decision: Decision, _proven: Proven | None) -> DecisionResult:
    return KNOWN
