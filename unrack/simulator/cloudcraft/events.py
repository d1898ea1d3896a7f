"""Events that Cloudcraft causes by itself: the end of a billing cycle (S3.2, S3.6)."""

from collections.abc import Iterator
from functools import partial

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.cloudcraft.tables import Tables
from unrack.simulator.vendor import Event
from unrack.simulator.world import World


def upcoming(world: World) -> Iterator[Event]:
    """The end of the cycle."""
    table = world.tables_for(Tables).subscription_row
    for subscription in table:
        if subscription.plan == "pro":
            yield subscription.cycle_ends_at, partial(_end_of_cycle, world)


def _end_of_cycle(world: World) -> None:
    table = world.tables_for(Tables).subscription_row
    before = table["subscription"]
    if before.cancelled or not before.renews:
        table.change(before, plan="free")
    else:
        table.change(before, cycle_ends_at=plus_months(before.cycle_ends_at, before.cycle_months))
