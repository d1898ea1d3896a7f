"""The ends of terms that follow each other: by the calendar, and never for ever."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from pydantic import ValidationError

from tests.unit.runbook.conftest import NOW, ROOT, SERVICE
from unrack.model.calendar import NEVER
from unrack.model.decision import Actor
from unrack.model.known_days import known_days
from unrack.model.lifecycle import Timing
from unrack.model.plan import Plan
from unrack.model.request import Request, RequestedService
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import RunState
from unrack.model.stated import Stated
from unrack.model.terms import ends_from, ends_of_terms, expected_end, renewal_if_held
from unrack.runbook import compile_plan, load_runbook
from unrack.zones import zone

DAYS_31 = ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]


def day(text: str) -> datetime:
    """Its first moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """A plan for a connection whose term ends on 31 January, month by month, with anything in its facts replaced."""
    runbook = load_runbook(ROOT / "runbooks" / "ovhcloud-connect-direct.yaml")

    def plan(timing: Timing = Timing.END_OF_TERM, **changed: object) -> Plan:
        facts: dict[str, object] = {
            "service": ServiceRef(provider="ovhcloud", product="connect-direct", service=SERVICE),
            "title": "Paris",
            "state": "active",
            "active": True,
            "billing_state": "ok",
            "owner": "ab1-ovh",
            "caller": "ab1-ovh",
            "expires_at": day(DAYS_31[0]),
            "renewal_period": "P1M",
            "renews_automatically": True,
            "timings": tuple(Timing),
            "configuration_digest": "sha256:" + "0" * 64,
            "clock": ProviderClock(read_at=NOW, shown=NOW),
        }
        asked = Request(
            runbook="ovhcloud-connect-direct",
            service=RequestedService(id=SERVICE),
            reason="Not used any more.",
            timing=timing,
        )
        return compile_plan(runbook, asked, ServiceFacts.model_validate({**facts, **changed}))

    return plan


def run(plan: Plan, **known: object) -> RunState:
    """A run of `plan`, with this in its state."""
    state = RunState(
        plan_digest=plan.digest, launched_by=Actor(name="Ann"), launched_at=NOW, clock=plan.facts.clock, scheduled=True
    )
    for name, value in known.items():
        setattr(state, name, value)
    return state


def days(plan: Plan, first: str, count: int) -> list[str]:
    """The days on which terms end."""
    return [f"{end:%Y-%m-%d}" for end in islice(ends_from(plan, day(first)), count)]


def test_ends_by_month_keep_the_day(plan: Callable[..., Plan]) -> None:
    """31 January, 28 February, 31 March: a short month does not move the days after it."""
    assert days(plan(), "2027-01-31", 5) == DAYS_31


def test_an_end_that_was_taken_back_in_a_short_month_keeps_the_day(plan: Callable[..., Plan]) -> None:
    """The run goes on from 28 February, an end of the plan: the next is 31 March, not 28."""
    made = plan()

    assert days(made, "2027-02-28", 4) == DAYS_31[1:]
    state = run(made, schedule_again_after=day("2027-02-28"))
    state.step("request.schedule-termination").begun_at = day("2027-03-02")
    assert expected_end(made, state) == day("2027-03-31")


def test_a_date_of_the_provider_that_the_plan_did_not_foresee_is_where_counting_begins(
    plan: Callable[..., Plan],
) -> None:
    """It moved the term."""
    assert days(plan(), "2027-02-15", 3) == ["2027-02-15", "2027-03-15", "2027-04-15"]


def test_a_held_run_knows_the_renewals_of_long_months(plan: Callable[..., Plan]) -> None:
    """Where the run ends the service by a call, the term goes on until then."""
    made = plan(Timing.IMMEDIATE)

    assert renewal_if_held(made, run(made), day("2027-03-05")) == (day("2027-03-31"), day("2027-03-31"))


def test_the_next_invoice_of_a_service_that_ended_amid_a_term_keeps_the_day(plan: Callable[..., Plan]) -> None:
    """That is the day from which proofs of people are counted."""
    made = plan(Timing.IMMEDIATE)
    state = run(made, passed_no_return_at=day("2027-03-05"))

    assert known_days(made, state, day("2027-03-06")).days["next-invoice"].isoformat() == "2027-03-31"


@pytest.mark.parametrize("period", ["P0D", "P00M", "P000Y", "P0W", "PT0S", "", "P1H"])
def test_a_term_without_a_length_ends_nothing_and_never_hangs(plan: Callable[..., Plan], period: str) -> None:
    """What comes after the first end is not known then."""
    made = plan(renewal_period=period)

    assert list(ends_of_terms(made, day("2027-01-31"))) == [day("2027-01-31")]
    assert expected_end(made, run(made, schedule_again_after=day("2020-01-31"))) == day("2020-01-31")
    state = run(made, schedule_again_after=day("2020-01-31"))
    state.step("request.schedule-termination").begun_at = NOW
    assert expected_end(made, state) is None


@pytest.mark.parametrize("period", ["P0D", "P0M", "P000Y", "P01M", "P1H", "P\u0661M", "P1M\n", "1M"])
def test_a_stated_period_is_longer_than_nothing(period: str) -> None:
    """A request that says otherwise is refused with its place."""
    with pytest.raises(ValidationError, match="renewal"):
        Stated.model_validate({"by": "Ann", "title": "x", "owner": "y", "renewal-period": period})


def test_terms_end_with_the_years(plan: Callable[..., Plan]) -> None:
    """A provider's 9999-12-31 has nothing after it, and the plan for it can be told."""
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)

    made = plan(expires_at=last)

    assert list(ends_of_terms(made, last)) == [last]
    assert plan(expires_at=last, renewal_period="P1D").dates
    assert NEVER.year == 9999
    assert made.ends_after == timedelta(0)


def test_months_go_by_the_zone_in_which_the_date_is_given(plan: Callable[..., Plan]) -> None:
    """Midnight of 31 January in Paris is 30 January in UTC: a month later it is midnight of 28 February."""
    paris = zone("Europe/Paris")
    midnights = [datetime(2027, month, last, tzinfo=paris) for month, last in ((1, 31), (2, 28), (3, 31), (4, 30))]

    assert list(islice(ends_of_terms(plan(), midnights[0]), 4)) == midnights
