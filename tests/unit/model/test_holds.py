"""What holds take from a run's timeout and give back, and after how long preflight is read again."""

from datetime import timedelta

import pytest

from tests.unit.workflows.judging import ANN, BEGIN, OMAR, Judged
from tests.workflows.plans import CABLE
from unrack.model.decision import Actor
from unrack.model.lifecycle import StepStatus

HOUR = timedelta(hours=1)


def waiting() -> Judged:
    """The cable's task is open, and the provider's record is looked for."""
    run = Judged()
    run.open(CABLE)
    looked = run.state.step("verify.gone")
    looked.status, looked.begun_at, looked.late_at = StepStatus.WAITING, BEGIN, BEGIN + 9 * HOUR
    return run


def held(run: Judged, by: Actor) -> None:
    """Somebody holds the run."""
    assert run.decide("hold", by, reason=f"{by.name}'s").good


@pytest.mark.parametrize("first", ["release", "hold"])
def test_time_is_given_back_once_where_one_hold_follows_the_other_at_once(first: str) -> None:
    """Released and held anew, or held anew and released, in the same moment."""
    run = waiting()
    deadline = run.state.tasks[CABLE].deadline
    held(run, OMAR)
    run.later(10 * HOUR)
    if first == "hold":
        held(run, ANN)
    assert run.decide("release", OMAR).good
    if first == "release":
        held(run, ANN)
    run.later(5 * HOUR)
    assert run.decide("release", ANN).good

    assert run.state.tasks[CABLE].deadline - deadline == 15 * HOUR
    assert run.state.step("verify.gone").late_at == BEGIN + 24 * HOUR


def test_of_overlapping_holds_each_hour_counts_once() -> None:
    """Two people held it, the one from the third hour to the tenth, the other from the fifth to the twelfth."""
    run = waiting()
    deadline = run.state.tasks[CABLE].deadline
    run.later(3 * HOUR)
    held(run, OMAR)
    run.later(2 * HOUR)
    held(run, ANN)
    run.later(5 * HOUR)
    run.decide("release", OMAR)
    run.later(2 * HOUR)
    run.decide("release", ANN)

    assert run.state.tasks[CABLE].deadline - deadline == 9 * HOUR


def test_preflight_is_read_again_after_holds_that_are_long_together() -> None:
    """Forty minutes, and forty more from the thirtieth on: the run was held for seventy."""
    run = waiting()
    held(run, OMAR)
    run.later(HOUR / 2)
    held(run, ANN)
    run.later(HOUR / 6)
    run.decide("release", OMAR)
    before = run.state.recheck_preflight
    run.later(HOUR / 2)
    run.decide("release", ANN)

    assert not before
    assert run.state.recheck_preflight
