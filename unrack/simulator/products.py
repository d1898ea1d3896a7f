"""OVHcloud's further products: what belongs to a service, and work under way on it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.records import Service
from unrack.simulator.records_products import Asset, Member, Work
from unrack.simulator.world import World

SAVINGS_PLAN = "savingsPlan"
"""The kind of a Public Cloud project's Savings Plan."""


def members(world: World, asset: Asset, kind: str) -> list[Member]:
    """What belongs to `asset`, of one kind."""
    return world.members.where(asset=asset.key, kind=kind)


def add(world: World, asset: Asset, kind: str, item: str, **fields: object) -> Member:
    """Gives `asset` something."""
    return world.members.put(Member(asset=asset.key, kind=kind, id=item, fields=fields))


def begin(world: World, asset: Asset, function: str, now: datetime, fate: InjectedFaults, **about: Any) -> Work:  # noqa: ANN401
    """Puts work on `asset` into the provider's queue."""
    stuck = fate.of(FaultKind.TASK_STUCK) is not None
    return world.work.put(
        Work(
            id=world.next_id(),
            asset=asset.key,
            function=function,
            asked_at=now,
            due=None if stuck else now + timedelta(seconds=world.settings.task_doing),
            fails=fate.of(FaultKind.TASK_ERROR) is not None,
            **about,
        )
    )


def finish(world: World, number: int) -> None:
    """Ends a piece of work, with its effect."""
    work = world.work[number]
    world.work.change(work, status="error" if work.fails else "done", due=None)
    if work.fails:
        return
    if work.brings:
        world.members.put(work.brings)
    elif work.member and (gone := world.members.get(work.member)):
        world.members.remove(gone)


def forget(world: World, service: Service) -> None:
    """Deletes what belongs to a service that is deleted."""
    for asset in world.assets.where(service=service.id):
        for member in [row for row in world.members if row.asset == asset.key]:
            world.members.remove(member)
        for work in world.work.where(asset=asset.key):
            world.work.remove(work)
        if vrack := world.vracks.get(asset.name):
            world.vracks.remove(vrack)
        world.assets.remove(asset)


def expiries(world: World) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """When mail accounts expire: each ends, or is renewed for a month."""
    for member in world.members:
        if expires := member.fields.get("expirationDate"):
            yield datetime.fromisoformat(expires), partial(_expire, world, member.key)


def _expire(world: World, key: str) -> None:
    member = world.members.get(key)
    if member is None:
        return
    if member.fields["deleteAtExpiration"]:
        world.members.remove(member)
        return
    later = plus_months(datetime.fromisoformat(member.fields["expirationDate"]), 1)
    world.members.change(member, fields=member.fields | {"expirationDate": later.isoformat(timespec="seconds")})
