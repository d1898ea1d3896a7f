"""OVHcloud's further products: what belongs to a service, and work under way on it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member, Work
from unrack.simulator.ovhcloud.tables import Tables

SAVINGS_PLAN = "savingsPlan"
"""The kind of a Public Cloud project's Savings Plan."""


def members(tables: Tables, asset: Asset, kind: str) -> list[Member]:
    """The members of `asset` of one kind."""
    return tables.members.where(asset=asset.key, kind=kind)


def add(tables: Tables, asset: Asset, kind: str, item: str, **fields: object) -> Member:
    """Gives `asset` something."""
    return tables.members.put(Member(asset=asset.key, kind=kind, id=item, fields=fields))


def begin(tables: Tables, asset: Asset, function: str, now: datetime, faults: InjectedFaults, **about: Any) -> Work:  # noqa: ANN401
    """Puts work on `asset` into the provider's queue."""
    stuck = faults.of(FaultKind.TASK_STUCK) is not None
    return tables.work.put(
        Work(
            id=tables.next_id(),
            asset=asset.key,
            function=function,
            asked_at=now,
            due=None if stuck else now + timedelta(seconds=tables.settings.task_doing),
            fails=faults.of(FaultKind.TASK_ERROR) is not None,
            **about,
        )
    )


def finish(tables: Tables, number: int) -> None:
    """Ends a piece of work, with its effect."""
    work = tables.work[number]
    tables.work.change(work, status="error" if work.fails else "done", due=None)
    if work.fails:
        return
    if work.brings:
        tables.members.put(work.brings)
    elif work.member and (gone := tables.members.get(work.member)):
        tables.members.remove(gone)


def forget(tables: Tables, service: Service) -> None:
    """Deletes what belongs to a service that is deleted."""
    for asset in tables.assets.where(service=service.id):
        for member in [row for row in tables.members if row.asset == asset.key]:
            tables.members.remove(member)
        for work in tables.work.where(asset=asset.key):
            tables.work.remove(work)
        if vrack := tables.vracks.get(asset.name):
            tables.vracks.remove(vrack)
        tables.assets.remove(asset)


def expiries(tables: Tables) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """When mail accounts expire: each ends, or is renewed for a month."""
    for member in tables.members:
        if expires := member.fields.get("expirationDate"):
            yield datetime.fromisoformat(expires), partial(_expire, tables, member.key)


def _expire(tables: Tables, key: str) -> None:
    member = tables.members.get(key)
    if member is None:
        return
    if member.fields["deleteAtExpiration"]:
        tables.members.remove(member)
        return
    later = plus_months(datetime.fromisoformat(member.fields["expirationDate"]), 1)
    tables.members.change(member, fields=member.fields | {"expirationDate": later.isoformat(timespec="seconds")})
