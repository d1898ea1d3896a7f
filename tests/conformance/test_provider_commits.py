"""What irreversible calls promise: read first, act once, and never say more than is known."""

from datetime import UTC, datetime

import pytest

from tests.conformance.adapter import Adapter, problem_of
from tests.conformance.conftest import Open
from unrack.contracts.calls import EffectStatus
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.providers.base import Materials
from unrack.simulator import Fault, FaultKind

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CONFIRM = "connect.confirm-termination"
TERMINATE = "*/confirmTermination"


async def _asked(on: Adapter) -> str:
    """Ask for termination; the token of the mail."""
    await on.provider.commit(on.call("connect.ask-termination", timing=Timing.IMMEDIATE), Materials())
    on.run.pass_time(minutes=5)
    token = on.run.simulator.mail()[-1].body.partition("&token=")[2].split()[0]
    on.secrets["token"] = token
    return token


async def _standing(on: Adapter, action: str) -> EffectStatus:
    return (await on.provider.probe(on.call(action), Materials())).standing


async def test_the_whole_immediate_end(opened: Open) -> None:
    """S2.17, S0.6: ask, confirm with the mailed token and a reason, release what is retained; each once."""
    on = await opened()
    token = await _asked(on)
    call = on.call(CONFIRM, timing=Timing.IMMEDIATE, parameters={"reason": "not-needed-anymore"})
    confirmed = await on.provider.commit(call, on.materials)
    again = await on.provider.commit(call, on.materials)
    released = [await on.provider.commit(on.call("service.skip-retention"), Materials()) for _ in range(2)]

    assert [confirmed.already, again.already, *(each.already for each in released)] == [False, True, False, True]
    assert [entry.path.rpartition("/")[2] for entry in on.ledger] == [
        "terminate",
        "confirmTermination",
        "skipRetentionPeriod",
    ]
    body = on.ledger[1].body
    assert (body["reason"], body["commentary"]) == ("NOT_NEEDED_ANYMORE", "moved to the new site")
    assert token not in confirmed.model_dump_json() + again.model_dump_json()


@pytest.mark.parametrize("action", ["connect.ask-termination", CONFIRM])
async def test_an_ended_service_is_not_ended_again(opened: Open, action: str) -> None:
    """404 or 460 with an ended life cycle: nothing to terminate; nothing is sent."""
    on = await opened(now=NOON, expires_in="P30D")
    await on.change("service.schedule-termination")
    on.run.pass_time(days=31)
    calls = len(on.run.simulator.ledger())
    on.secrets["token"] = "anything"
    suspended = await on.provider.commit(on.call(action), on.materials)
    on.run.pass_time(days=60)
    deleted = await on.provider.commit(on.call(action), on.materials)

    assert suspended.already
    assert deleted.already
    assert len(on.run.simulator.ledger()) == calls


@pytest.mark.parametrize(
    ("kind", "category", "standing"),
    [
        (FaultKind.CUT_AFTER, Category.UNKNOWN_OUTCOME, EffectStatus.DONE),
        (FaultKind.CUT_BEFORE, Category.UNKNOWN_OUTCOME, EffectStatus.NOT_DONE),
        (FaultKind.ERROR_AFTER, Category.UNKNOWN_OUTCOME, EffectStatus.DONE),
        (FaultKind.ERROR_BEFORE, Category.UNKNOWN_OUTCOME, EffectStatus.NOT_DONE),
        (FaultKind.LYING_OK, Category.UNKNOWN_OUTCOME, EffectStatus.NOT_DONE),
    ],
)
async def test_no_answer_is_an_unknown_outcome_that_a_probe_decides(
    opened: Open, kind: FaultKind, category: Category, standing: EffectStatus
) -> None:
    """DESIGN 2: sent and no readable answer, or a 5xx: unknown; the provider's state then tells."""
    on = await opened()
    await _asked(on)
    on.run.simulator.inject(Fault(kind=kind, method="POST", path=TERMINATE))
    lost = await problem_of(on.provider.commit(on.call(CONFIRM), on.materials))

    assert lost.problem.category is category
    assert await _standing(on, CONFIRM) is standing
    took = [entry for entry in on.ledger if entry.path.endswith("confirmTermination")]
    assert bool(took) == (standing is EffectStatus.DONE)


@pytest.mark.parametrize(
    ("status", "code", "category"),
    [
        (400, None, Category.INVALID),
        (403, "NOT_GRANTED_CALL", Category.DENIED),
        (409, None, Category.CONFLICT),
        (429, None, Category.RATE_LIMITED),
        (404, None, Category.NOT_FOUND),
        (460, None, Category.GONE),
    ],
)
async def test_a_refusal_is_certain(opened: Open, status: int, code: str | None, category: Category) -> None:
    """A 4xx says that nothing happened: it is never an unknown outcome. The query id is kept."""
    on = await opened()
    await _asked(on)
    fault = Fault(
        kind=FaultKind.ERROR_BEFORE, method="POST", path=TERMINATE, status=status, error_code=code, retry_after=7
    )
    on.run.simulator.inject(fault)
    refused = await problem_of(on.provider.commit(on.call(CONFIRM), on.materials))

    assert refused.problem.category is category
    assert refused.problem.reference.startswith("X-OVH-QUERYID ")
    assert refused.retry_after == (7 if category is Category.RATE_LIMITED else None)


async def test_a_read_that_fails_first_sends_nothing(opened: Open) -> None:
    """The state is read before the call; when that fails, the call was certainly not sent."""
    on = await opened()
    await _asked(on)
    on.run.simulator.inject(Fault(kind=FaultKind.CUT_BEFORE, method="GET"))
    failed = await problem_of(on.provider.commit(on.call(CONFIRM), on.materials))

    assert failed.problem.category is Category.UNAVAILABLE
    assert [entry.path.rpartition("/")[2] for entry in on.run.simulator.ledger()] == ["terminate"]


async def test_a_wrong_token_is_refused_and_not_repeated(opened: Open) -> None:
    """No secret in an error, not even a wrong one."""
    on = await opened()
    await _asked(on)
    on.secrets["token"] = "Wr0ngT0ken"
    refused = await problem_of(on.provider.commit(on.call(CONFIRM), on.materials))

    assert refused.problem.category is Category.INVALID
    assert "Wr0ngT0ken" not in refused.problem.model_dump_json()


async def test_a_vendor_that_repeats_the_token_is_silenced(opened: Open) -> None:
    """The provider's own words are repeated without the secrets that were sent."""
    on = await opened()
    token = await _asked(on)
    echo = Fault(kind=FaultKind.ERROR_BEFORE, method="POST", path=TERMINATE, status=400, message=f"bad token {token}")
    on.run.simulator.inject(echo)
    refused = await problem_of(on.provider.commit(on.call(CONFIRM), on.materials))

    assert "bad token ***" in refused.problem.message


@pytest.mark.parametrize(
    ("parameters", "secret"), [({"reason": "because"}, "t"), ({"future-use": "none"}, "t"), ({}, " ")]
)
async def test_what_the_provider_does_not_know_is_refused_before_anything_is_sent(
    opened: Open, parameters: dict[str, str], secret: str
) -> None:
    """S0.6: an unknown reason or a missing token is an error of ours, with what is allowed."""
    on = await opened()
    on.secrets["token"] = secret
    refused = await problem_of(on.provider.commit(on.call(CONFIRM, parameters=parameters), on.materials))

    assert refused.problem.category is Category.INVALID
    assert on.run.simulator.ledger() == []


async def test_a_living_service_retains_nothing_to_release(opened: Open) -> None:
    """Releasing is refused while the service lives."""
    on = await opened()
    refused = await problem_of(on.provider.commit(on.call("service.skip-retention"), Materials()))

    assert refused.problem.category is Category.CONFLICT
    assert on.run.simulator.ledger() == []


async def test_expired_for_another_reason_is_not_taken_for_ended(opened: Open) -> None:
    """460 can also be a suspension for debt (facts): neither asked for, nor taken for done."""
    on = await opened()
    on.run.simulator.inject(
        Fault(kind=FaultKind.ERROR_BEFORE, method="GET", path="/ovhCloudConnect/*", status=460, times=2)
    )
    refused = await problem_of(on.provider.commit(on.call("connect.ask-termination"), Materials()))

    assert refused.problem.category is Category.CONFLICT
    assert await _standing(on, CONFIRM) is EffectStatus.UNKNOWN
    assert on.run.simulator.ledger() == []
