"""The provider's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from unrack.simulator.clock import Clock, ClockAnchor
from unrack.simulator.table import Table

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class RealTime:
    """A real clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Unix seconds."""
        return self.seconds


@pytest.fixture
def real() -> RealTime:
    return RealTime()


@pytest.fixture
def clock(real: RealTime) -> Clock:
    clock = Clock(Table("clock", ClockAnchor, lambda _: "clock"), real)
    clock.start(NOON, scale=60)
    return clock


def test_provider_time_runs_at_its_scale(clock: Clock, real: RealTime) -> None:
    """One real second is `scale` provider seconds."""
    real.seconds += 2

    assert clock.now() == NOON + timedelta(minutes=2)


def test_a_new_scale_does_not_move_the_time(clock: Clock, real: RealTime) -> None:
    """Changing the scale changes the speed from now on, and nothing else."""
    real.seconds += 2
    clock.set(scale=1)

    assert clock.now() == NOON + timedelta(minutes=2)
    real.seconds += 1
    assert clock.now() == NOON + timedelta(minutes=2, seconds=1)


def test_the_clock_never_goes_back(clock: Clock) -> None:
    """An earlier time is refused and nothing changes."""
    with pytest.raises(ValueError, match="never goes back"):
        clock.set(NOON - timedelta(seconds=1))

    assert clock.now() == NOON


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_is_above_zero(clock: Clock, scale: float) -> None:
    """A clock that stands still or runs backwards is refused."""
    with pytest.raises(ValueError, match="above 0"):
        clock.set(scale=scale)
