"""The subscription: what the owner and the support do to it, and the end of a cycle (S3.2, S3.6, S3.8)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.cloudcraft.records import Tables
from unrack.simulator.vendor import Event
from unrack.simulator.world import World


def cancel(world: World, _: datetime) -> None:
    """The owner cancels in the app; it takes effect at the end of the cycle (S3.2, S3.5)."""
    table = world.room(Tables).subscription_row
    table.change(table["subscription"], cancelled=True)


def subscribe(world: World, now: datetime) -> None:
    """The owner takes the cancellation back, or subscribes again: nothing was deleted meanwhile (S3.3)."""
    table = world.room(Tables).subscription_row
    before = table["subscription"]
    begins = now if before.plan == "free" else before.cycle_ends_at
    ends = plus_months(begins, before.cycle_months) if before.plan == "free" else begins
    table.change(before, plan="pro", cancelled=False, renews=True, cycle_ends_at=ends)


def refund(world: World, _: datetime) -> None:
    """The support refunds within the money-back window; the paid plan ends at once (S3.4)."""
    table = world.room(Tables).subscription_row
    table.change(table["subscription"], plan="free", cancelled=True)


def erase(world: World, _: datetime) -> None:
    """The support erases account and data for good (S3.8)."""
    tables = world.room(Tables)
    tables.users.clear()
    tables.blueprints.clear()
    tables.clouds.clear()
    tables.renderings.clear()


def upcoming(world: World) -> Iterator[Event]:
    """The end of the cycle."""
    table = world.room(Tables).subscription_row
    for subscription in table:
        if subscription.plan == "pro":
            yield subscription.cycle_ends_at, partial(_end_of_cycle, world)


def _end_of_cycle(world: World) -> None:
    table = world.room(Tables).subscription_row
    before = table["subscription"]
    if before.cancelled or not before.renews:
        table.change(before, plan="free")
    else:
        table.change(before, cycle_ends_at=plus_months(before.cycle_ends_at, before.cycle_months))
