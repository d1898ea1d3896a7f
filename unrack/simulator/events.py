"""Events that the vendors cause by themselves as the clock goes on, in the order of their dates."""

from collections.abc import Iterator
from datetime import datetime

from unrack.simulator.vendor import Event
from unrack.simulator.vendors import VENDORS
from unrack.simulator.world import World


def advance(world: World, now: datetime) -> None:
    """Lets everything happen that is due by `now`, the earliest first."""
    while (due := next_due(world)) and due <= now:
        for at, happen in list(_upcoming(world)):
            if at == due:
                happen()


def next_due(world: World) -> datetime | None:
    """When a vendor next does something by itself."""
    return min((at for at, _ in _upcoming(world)), default=None)


def _upcoming(world: World) -> Iterator[Event]:
    for vendor in VENDORS:
        yield from vendor.upcoming(world)
