"""What a run sees for itself of a signed order to the whole installation, and of a line of decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic_core import to_json

from tests.workflows.office import INSTALLATION, OMAR, Office, policy, signed
from tests.workflows.plans import plan
from unrack.contracts.verifying import MOST_BYTES, MOST_TOGETHER, ToVerify
from unrack.model.access import place_of
from unrack.model.decision import Actor, Decision, DecisionResult, Hold, Note, Release, Shorten, Verdict
from unrack.model.installation_hold import LiftHolds, Order, PlaceHold, Selector, told_as
from unrack.model.rights import Action
from unrack.model.service import ProviderClock
from unrack.model.state import HoldOn, RunState
from unrack.model.statement import HoldAllStatement, Proof, Refusal, act_of
from unrack.policy.proving import access_by
from workflows.decisions.judge import judge
from workflows.decisions.line import Arrival, Line
from workflows.decisions.precheck import fault, stale_by_now

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAN = plan(shown=NOW)
RUN = str(PLAN.run_id)
WHO = Actor(name=OMAR)
HOLD = PlaceHold(id="hold-1234", by=WHO, reason="fire")
LIFT = LiftHolds(id="lift-1234", by=WHO, reason="out", hold="a1")


def _state(since: datetime = NOW) -> RunState:
    return RunState(
        plan_digest=PLAN.digest,
        launched_by=Actor(name="lea"),
        launched_at=NOW,
        clock=ProviderClock(read_at=NOW, shown=NOW),
        access=access_by(policy(), place_of(PLAN)),
        holds=[HoldOn(id="a1", by=WHO, reason="fire", since=since, from_all="a1")],
    )


def _proof(order: Order, at: datetime = NOW) -> Proof:
    statement = HoldAllStatement(
        installation=INSTALLATION, order=act_of(order), signer=OMAR, at=at, expires=at + timedelta(days=1)
    )
    return signed(statement, OMAR)


def _hold(order: PlaceHold, reason: str = "fire") -> Hold:
    return Hold(id=told_as(order.id, RUN), by=WHO, reason=reason, from_all="a1", proof=_proof(order))


def _release(order: LiftHolds, hold: str = "a1", at: datetime = NOW) -> Release:
    key = told_as(order.id, RUN, hold)
    return Release(id=key, by=WHO, reason="out", from_all=hold, proof=_proof(order, at))


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (_hold(HOLD), None),
        (_hold(HOLD, reason="another"), Refusal.ALTERED),
        (_hold(HOLD.model_copy(update={"which": Selector(provider="ovhcloud")})), Refusal.ALTERED),
        (_release(LIFT), None),
        (_release(LIFT, hold="a2"), Refusal.ALTERED),
        (_release(LIFT.model_copy(update={"hold": None, "holds": ("a1",)})), None),
        (_release(LIFT.model_copy(update={"hold": None, "holds": ("a2",)})), Refusal.ALTERED),
        (_release(LIFT.model_copy(update={"hold": None})), Refusal.ALTERED),
        (_hold(HOLD).model_copy(update={"id": "12345678"}), Refusal.ALTERED),
        (_release(LIFT).model_copy(update={"id": "12345678"}), Refusal.ALTERED),
        (Hold(id="12345678", by=WHO, reason="fire", proof=_proof(HOLD)), Refusal.ALTERED),
        (Note(id="12345678", by=WHO, text="fire", proof=_proof(HOLD)), Refusal.ALTERED),
    ],
)
def test_an_order_counts_for_the_runs_that_it_means_and_for_nothing_else(
    decision: Decision, why: Refusal | None
) -> None:
    """What a run is told must be what was signed: the same hold, over this run, and no decision of this run alone."""
    found = fault(PLAN, _state(), Arrival(decision, NOW))

    assert (found.why if found else None) is why


def test_an_order_to_release_everything_lifts_no_later_hold() -> None:
    """Sent again a moment after it was signed, it must not lift what was set since: it names what stood."""
    every = LIFT.model_copy(update={"hold": None, "holds": ("a1", "a2")})
    later = _release(every, hold="a3", at=NOW - timedelta(minutes=1))

    found = fault(PLAN, _state(), Arrival(later, NOW))

    assert found is not None
    assert found.why is Refusal.ALTERED
    assert fault(PLAN, _state(NOW - timedelta(hours=6)), Arrival(_release(every), NOW)) is None


def test_an_order_is_told_to_a_run_once() -> None:
    """Copied and sent again, under the id of another hold or after it was lifted, it places no second one."""
    state, first = _state(), _hold(HOLD)
    state.holds = []
    judge(PLAN, state, first, NOW)
    state.holds = []

    again = first.model_copy(update={"from_all": "a7"})

    assert fault(PLAN, state, Arrival(again, NOW)) is None
    assert judge(PLAN, state, again, NOW).why is Refusal.REPLAYED
    assert judge(PLAN, state, first, NOW).verdict is Verdict.ACCEPTED
    assert not state.holds


def test_what_the_consent_changed_meanwhile_is_stale_at_its_turn() -> None:
    """It was in time when it arrived, and others were judged while it was being verified."""
    state = _state()
    act = Shorten(id="12345678", by=WHO, by_span=timedelta(days=1), reason="sooner")
    sent = Arrival(Office(clock=lambda: NOW).sign(PLAN, state, act, OMAR, execution="x"), NOW)

    before, state.revision = stale_by_now(state, sent), 2
    found = stale_by_now(state, sent)

    assert before is None
    assert found is not None
    assert found.why is Refusal.STALE


def _arrival(size: int = 10, *, blocks: bool = False) -> Arrival:
    made = Arrival(Note(id="12345678", by=WHO, text="x"), NOW, blocks)
    made.size = size
    return made


def test_a_line_is_short_whatever_is_sent() -> None:
    """As many wait as one call verifies, by number and by bytes; one that is alone always may."""
    line = Line()
    for _ in range(MOST_TOGETHER):
        assert line.has_room(_arrival())
        line.join(_arrival())
    assert not line.has_room(_arrival())
    line.next_batch()
    assert line.has_room(_arrival(2 * MOST_BYTES))
    line.join(_arrival(MOST_BYTES))
    assert not line.has_room(_arrival())


@pytest.mark.parametrize("text", ["fire", "incendié", "火災", 'said "stop"'])
def test_what_waits_is_measured_in_bytes(text: str) -> None:
    """As the server does: a letter may have several, and a call that is too large ends a run."""
    sent = Note(id="12345678", by=WHO, text="x", proof=_proof(HOLD.model_copy(update={"reason": 300 * text})))
    item = ToVerify(id=sent.id, action=Action.NOTE, by=OMAR, at=NOW, proof=sent.proof)
    without = item.model_copy(update={"proof": None})

    assert Arrival(sent, NOW).size >= len(to_json(item)) - len(to_json(without))
    assert Arrival(sent.model_copy(update={"proof": None}), NOW).size == 0


def test_a_line_blocks_until_who_blocks_has_an_answer() -> None:
    """Whether that one still waits or is being verified."""
    line, one = Line(), _arrival(blocks=True)
    line.join(one)
    assert line.blocks
    line.next_batch()
    assert line.blocks
    line.answered(one, DecisionResult(decision="12345678", verdict=Verdict.REFUSED, message="no", at=NOW))
    assert not line.blocks
    assert line.is_empty


@pytest.mark.parametrize(
    ("taken", "since", "why"),
    [
        (timedelta(hours=23), None, None),
        (timedelta(days=1), None, Refusal.EXPIRED),
        (timedelta(days=1), timedelta(hours=23), None),
        (timedelta(days=9), timedelta(hours=23), None),
        (timedelta(days=9), timedelta(days=1), Refusal.EXPIRED),
        (-timedelta(minutes=10), None, None),
        (-timedelta(minutes=10, seconds=1), None, Refusal.AHEAD),
        (-timedelta(minutes=10, seconds=1), -timedelta(days=1), Refusal.AHEAD),
    ],
)
def test_what_may_have_reached_the_server_in_time_is_left_to_a_worker(
    taken: timedelta, since: timedelta | None, why: Refusal | None
) -> None:
    """The server keeps signals while no worker is there. What had expired before all the same is refused by looking."""
    arrived = Arrival(_hold(HOLD), NOW + taken, since=None if since is None else NOW + since)

    found = fault(PLAN, _state(), arrived)

    assert (found.why if found else None) is why
