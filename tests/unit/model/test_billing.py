"""Which term an extension has billed, and what it costs: pure dates, no server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unrack.model.billing import billed_by_moving
from unrack.model.decision import Actor
from unrack.model.lifecycle import Phase, Timing
from unrack.model.plan import Plan
from unrack.model.service import Amount, ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import RunState
from unrack.runbook import compile_plan, load_request, load_runbook

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
END = datetime(2026, 12, 23, 12, tzinfo=UTC)
NEXT = datetime(2027, 1, 23, 12, tzinfo=UTC)
LAST_CALL = timedelta(hours=30)
"""The shipped runbook takes a scheduled end back so long before it, when the run may not go on."""


def connection(timing: Timing = Timing.END_OF_TERM, changes: dict[str, object] | None = None) -> Plan:
    """The plan of a connection whose term ends in a month."""
    name = "ovhcloud-connect-direct" + ("-immediate" if timing is Timing.IMMEDIATE else "")
    request = load_request(ROOT / "examples" / f"{name}.yaml").request
    facts = ServiceFacts(
        service=ServiceRef(provider="ovhcloud", product="connect-direct", service=request.service.id),
        title="Connect 1, Paris",
        state="active",
        active=True,
        billing_state="ok",
        owner="ab12345-ovh",
        caller="ab12345-ovh",
        expires_at=END,
        renewal_period="P1M",
        renews_automatically=True,
        timings=(Timing.END_OF_TERM, Timing.IMMEDIATE),
        configuration_digest="sha256:0",
        clock=ProviderClock(read_at=NOW, shown=NOW),
    ).model_copy(update=changes or {})
    return compile_plan(load_runbook(ROOT / "runbooks" / "ovhcloud-connect-direct.yaml"), request, facts)


def in_grace(plan: Plan) -> RunState:
    """A run of `plan` whose end, where the provider ends it by itself, is scheduled."""
    clock = ProviderClock(read_at=NOW, shown=NOW)
    state = RunState(plan_digest=plan.digest, launched_by=Actor(name="olivia"), launched_at=NOW, clock=clock)
    state.phase = Phase.GRACE
    if plan.provider_end is not None:
        state.scheduled, state.effective_at = True, END
    return state


@pytest.mark.parametrize(
    ("later", "until", "count"),
    [
        (END - LAST_CALL, None, 0),
        (END - LAST_CALL + timedelta(seconds=1), NEXT, 1),
        (END + timedelta(days=20), NEXT, 1),
        (NEXT - LAST_CALL + timedelta(seconds=1), datetime(2027, 2, 23, 12, tzinfo=UTC), 2),
    ],
)
def test_an_end_beyond_the_last_call_bills_the_next_term(later: datetime, until: datetime | None, count: int) -> None:
    """The scheduled end is taken back then; several terms are counted."""
    plan = connection()

    billed = billed_by_moving(plan, in_grace(plan), END - timedelta(hours=48), later)

    if until is None:
        assert billed is None
    else:
        assert billed is not None
        assert (billed.begins, billed.until, billed.count, billed.period) == (END, until, count, "P1M")


def test_what_is_billed_anyway_is_not_told_twice() -> None:
    """A second extension within a term that the first one has billed costs nothing more."""
    plan = connection()

    assert billed_by_moving(plan, in_grace(plan), END + timedelta(days=1), END + timedelta(days=9)) is None


@pytest.mark.parametrize("renews", [True, None])
def test_a_service_that_ends_on_our_call_is_billed_when_its_term_passes(renews: bool | None) -> None:
    """Nobody schedules its end: the term that runs when grace is over was billed when it began."""
    plan = connection(Timing.IMMEDIATE, {"renews_automatically": renews})
    state = in_grace(plan)

    within = billed_by_moving(plan, state, NOW + timedelta(days=2), END)
    beyond = billed_by_moving(plan, state, NOW + timedelta(days=2), END + timedelta(days=1))

    assert within is None
    assert beyond is not None
    assert (beyond.begins, beyond.until) == (END, NEXT)


def test_what_is_not_renewed_is_not_billed() -> None:
    """Automatic renewal is off, and the run ends it by a call."""
    plan = connection(Timing.IMMEDIATE, {"renews_automatically": False})

    assert billed_by_moving(plan, in_grace(plan), NOW, END + timedelta(days=9)) is None


def test_a_term_of_unknown_length_is_billed_without_an_end() -> None:
    """The provider names no period: that a term is billed is known, until when is not."""
    plan = connection(changes={"renewal_period": None})

    billed = billed_by_moving(plan, in_grace(plan), END - timedelta(hours=48), END)

    assert billed is not None
    assert (billed.begins, billed.until, billed.count) == (END, None, None)


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({}, None),
        ({"term_price": Amount(value="299.0", currency="EUR")}, "299.0 EUR"),
        ({"details": {"price": "14.95"}}, "14.95"),
    ],
)
def test_the_price_is_what_the_facts_say(changes: dict[str, object], price: str | None) -> None:
    """Or none: nothing is made up."""
    plan = connection(changes=changes)

    billed = billed_by_moving(plan, in_grace(plan), END - timedelta(hours=48), END)

    assert billed is not None
    assert billed.price == price
