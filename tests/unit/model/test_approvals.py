"""Rules of approval: each is judged in one place, and whoever asks reads the standing of all."""

from datetime import UTC, datetime

import pytest

from tests.workflows.plans import plan
from unrack.model import approvals
from unrack.model.approvals import Lack, Standing
from unrack.model.decision import Actor
from unrack.model.lifecycle import Phase
from unrack.model.plan import Plan
from unrack.model.service import ProviderClock
from unrack.model.state import GivenApproval, RunState
from workflows.gates import guard

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)


def begun(plan: Plan, *names: str) -> RunState:
    """A run launched by Lea, and approved by these people."""
    state = RunState(
        plan_digest=plan.digest,
        launched_by=Actor(name="lea"),
        launched_at=BEGIN,
        clock=ProviderClock(read_at=BEGIN, shown=BEGIN),
        phase=Phase.APPROVAL,
    )
    state.approvals = [GivenApproval(by=Actor(name=name), plan=plan.digest, at=BEGIN) for name in names]
    return state


@pytest.mark.parametrize(("names", "missing"), [((), 2), (("lea",), 2), (("ann", "Ann "), 1), (("ann", "bob"), 0)])
def test_a_quorum_is_of_distinct_people_without_the_launcher(names: tuple[str, ...], missing: int) -> None:
    """One person counts once, however the name is spelt, and who launched the run does not count."""
    made = plan(quorum=2, shown=BEGIN)

    found = approvals.standing(made, begun(made, *names))

    assert (found.people, found.complete) == (missing, missing == 0)


def test_every_rule_must_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second rule is one function: the guard, the gate and the answers know of it by themselves."""
    made = plan(quorum=1, shown=BEGIN)
    state = begun(made, "ann")

    def by_bob(_plan: Plan, run: RunState) -> Lack | None:
        return None if any(each.by.name == "bob" for each in run.approvals) else Lack(1, "bob has not approved")

    monkeypatch.setattr(approvals, "RULES", (*approvals.RULES, by_bob))

    assert approvals.standing(made, state) == Standing((Lack(1, "bob has not approved"),))
    assert [found.text for found in guard.blockers(made, state, None, BEGIN) if found.subject == "approval"] == [
        "bob has not approved"
    ]


def test_one_person_may_keep_several_rules() -> None:
    """How many people are missing is told at least: nobody is asked for twice."""
    found = Standing((Lack(1, "one of the network team"), Lack(2, "two people")))

    assert (found.people, found.words) == (2, "2 more needed")
    assert Standing().words == "the quorum is complete"
