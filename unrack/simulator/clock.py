"""The provider's clock: it can be set, advanced and scaled, goes on while the simulator is down, and is stored."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from unrack.model.base import Frozen, Moment
from unrack.simulator.table import Table


class ClockAnchor(Frozen):
    """The clock showed `shown` when the real clock showed `real` (Unix seconds)."""

    shown: Moment
    real: float
    scale: float
    """Seconds on it per real second."""


class Clock:
    """Provider time, derived from the real time and a stored anchor."""

    def __init__(self, row: Table[ClockAnchor], real: Callable[[], float] = time.time) -> None:
        """`real` tells Unix seconds; tests may give their own."""
        self._row = row
        self._real = real

    @property
    def scale(self) -> float:
        """Provider seconds per real second."""
        return self._anchor().scale

    def now(self) -> datetime:
        """The time on this clock."""
        anchor = self._anchor()
        return anchor.shown + timedelta(seconds=(self._real() - anchor.real) * anchor.scale)

    def set(self, shown: datetime | None = None, scale: float | None = None) -> None:
        """Sets the time, the scale, or both; the caller stores the change.

        Raises:
            ValueError: the clock would go back, or the scale is not above 0.
        """
        now = self.now()
        wanted = shown or now
        if wanted < now:
            raise ValueError(f"the provider's clock shows {now.isoformat()} and never goes back")
        if scale is not None and scale <= 0:
            raise ValueError(f"a clock's scale is above 0, not {scale}")
        self._row.put(ClockAnchor(shown=wanted, real=self._real(), scale=scale or self.scale))

    def start(self, shown: datetime | None, scale: float) -> None:
        """Starts a new world's clock."""
        real = self._real()
        self._row.put(ClockAnchor(shown=shown or datetime.fromtimestamp(real, UTC), real=real, scale=scale))

    def _anchor(self) -> ClockAnchor:
        return self._row["clock"]
