"""Events that the owner causes in the app, and the support: there is no API for them (S3.2, S3.6, S3.8)."""

from datetime import datetime

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.cloudcraft.tables import Tables
from unrack.simulator.world import World


def cancel(world: World, _: datetime) -> None:
    """The owner cancels in the app; it takes effect at the end of the cycle (S3.2, S3.5)."""
    table = world.tables_for(Tables).subscription_row
    table.change(table["subscription"], cancelled=True)


def subscribe(world: World, now: datetime) -> None:
    """The owner takes the cancellation back, or subscribes again: nothing was deleted meanwhile (S3.3)."""
    table = world.tables_for(Tables).subscription_row
    before = table["subscription"]
    begins = now if before.plan == "free" else before.cycle_ends_at
    ends = plus_months(begins, before.cycle_months) if before.plan == "free" else begins
    table.change(before, plan="pro", cancelled=False, renews=True, cycle_ends_at=ends)


def refund(world: World, _: datetime) -> None:
    """The support refunds within the money-back window; the paid plan ends at once (S3.4)."""
    table = world.tables_for(Tables).subscription_row
    table.change(table["subscription"], plan="free", cancelled=True)


def erase(world: World, _: datetime) -> None:
    """The support erases account and data for good (S3.8)."""
    tables = world.tables_for(Tables)
    tables.users.clear()
    tables.blueprints.clear()
    tables.clouds.clear()
    tables.renderings.clear()
