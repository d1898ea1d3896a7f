"""DNS has no clock of its own: a call brings the run's."""

from datetime import UTC, datetime

from unrack.contracts.calls import StepCall
from unrack.model.service import ProviderClock


def clock_of(call: StepCall) -> ProviderClock:
    """The clock of the run's provider, as the run knew it when it asked."""
    now = datetime.now(UTC)
    return call.clock or ProviderClock(read_at=now, shown=now)
