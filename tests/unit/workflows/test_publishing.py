"""What lists and counts read of a run."""

from datetime import UTC, datetime, timedelta

from tests.workflows.plans import plan
from unrack.contracts.workflows import waiting_words
from unrack.model.decision import Actor, Hold, Release
from unrack.model.service import ProviderClock
from unrack.model.state import RunState
from workflows import visibility
from workflows.decisions.judge import judge

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DANA = Actor(name="dana")


def state(scale: float = 1.0, ahead: timedelta = timedelta(0)) -> RunState:
    """A run that has just begun, whose provider's clock shows a time of its own."""
    clock = ProviderClock(read_at=NOW, shown=NOW + ahead, scale=scale)
    return RunState(plan_digest=plan().digest, launched_by=Actor(name="lea"), launched_at=NOW, clock=clock)


def hold(**changes: object) -> Hold:
    """A decision to hold."""
    return Hold.model_validate({"id": "decision-1", "by": DANA, "reason": "incident", **changes})


def test_a_hold_is_shown_by_its_id_and_only_once_nothing_changes_any_more() -> None:
    """While the call under way is being stopped the run says so; then it confirms each hold, of whatever origin."""
    run = state()
    judge(plan(), run, hold(), NOW)
    judge(plan(), run, hold(id="decision-2", from_all="a3"), NOW)
    run.stopping = "detach.pops"
    stopping = visibility.view_of(plan(), run, NOW)
    run.stopping = None
    held = visibility.view_of(plan(), run, NOW)

    assert stopping.waiting_for == ("stopping:detach.pops",)
    assert held.waiting_for == ("hold:h1", "hold:a3")
    assert "hold" in waiting_words(held.waiting_for)
    assert set(waiting_words(stopping.waiting_for)) & {"hold", "stopping"} == {"stopping"}


def test_a_hold_of_the_installation_ends_at_the_real_time_it_was_set_for() -> None:
    """A rehearsal's clock runs ahead, and faster: the run's copy ends at the same moment all the same."""
    run = state(scale=600.0, ahead=timedelta(days=200))
    ends = NOW + timedelta(hours=1)

    now = run.now(NOW)
    answer = judge(plan(), run, hold(from_all="a1", until=ends), now)

    assert answer.good, answer.message
    (copy,) = run.holds
    assert copy.stands(run.now(ends - timedelta(seconds=1)))
    assert not copy.stands(run.now(ends))


def test_only_its_own_release_lifts_a_hold_of_the_installation() -> None:
    """By its name, and nothing else by that; a person's hold of the same reason stands beside it."""
    run = state()
    judge(plan(), run, hold(from_all="a1"), NOW)
    judge(plan(), run, hold(id="decision-2"), NOW)

    def release(number: int, **how: object) -> str:
        decision = {"id": f"release-{number}", "by": DANA, "reason": "x", **how}
        return judge(plan(), run, Release.model_validate(decision), NOW).verdict.value

    assert release(1, from_all="a2") == "refused"
    assert release(2, hold="a1") == "refused"
    assert release(3, everyone=True) == "accepted"
    assert [each.id for each in run.holds] == ["a1"]
    assert release(4, from_all="a1") == "accepted"
    assert run.holds == []
