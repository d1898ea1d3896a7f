"""What is kept of a service that is no OVHcloud Connect: its own fields, its lists, its billing, as one record.

Which fields and lists is data (`unrack.contracts.products_ovhcloud`), so that nothing secret or volatile is kept by
accident: whatever is not named there is not read into the evidence.
"""

import asyncio
import json
from typing import Any
from urllib.parse import quote

from pydantic import Field

from unrack.contracts.products_ovhcloud import ListOf
from unrack.model.base import Frozen, JsonScalar
from unrack.model.errors import Category, UnrackError
from unrack.model.service import Dependant
from unrack.model.state import Difference
from unrack.providers.ovhcloud.answers import BilledService
from unrack.providers.ovhcloud.answers_products import Engagement
from unrack.providers.ovhcloud.service import OvhService
from unrack.providers.snapshot import Snapshot

EVIDENCE = "configuration"
"""The type of evidence that holds a `Kept`."""

_AT_ONCE = 4
"""How many items of a list are read side by side."""


class KeptItem(Frozen):
    """One item of a list: its id, and the named fields."""

    id: str
    fields: dict[str, Any] = Field(default_factory=dict)


class Kept(Snapshot):
    """Everything that a run may change and reactivation must restore, and what people may want to have had."""

    schema_version: int = 1
    product: str
    service: str
    service_id: int
    name: str
    """As bills call it."""
    contact_admin: str
    planned_end: tuple[str, ...] = ()
    renewal: str | None = None
    """``automatic`` or ``manual``."""
    renew: dict[str, Any] = Field(default_factory=dict)
    """As ``serviceInfos`` shows it."""
    engagement_rule: str | None = None
    """What happens at the end of the minimum term."""
    resource: dict[str, Any] = Field(default_factory=dict)
    lists: dict[str, tuple[KeptItem, ...]] = Field(default_factory=dict)

    def dependants(self) -> tuple[Dependant, ...]:
        """What belongs to the service."""
        return tuple(
            Dependant(kind=name, id=item.id, title=f"{name} {item.id}")
            for name in self.lists
            for item in self.lists[name]
        )

    def details(self) -> dict[str, JsonScalar]:
        """Further facts for people."""
        plain = {key: value for key, value in self.resource.items() if isinstance(value, str | int | float | bool)}
        return {**plain, "service id": self.service_id, **{name: len(items) for name, items in self.lists.items()}}


async def read_kept(service: OvhService) -> Kept:
    """The service now."""
    view, infos = await service.view(), await service.infos()
    billed = await service.billed(infos.service_id)
    renew = billed.billing.renew
    return Kept(
        product=service.product.name,
        service=service.id,
        service_id=infos.service_id,
        name=billed.resource.name,
        contact_admin=infos.contact_admin,
        planned_end=tuple(sorted(billed.planned)),
        renewal=renew.current.mode if renew else None,
        renew=infos.renew.model_dump(by_alias=True) if infos.renew else {},
        engagement_rule=await engagement_rule(service, billed),
        resource={name: view.get(name) for name in _fields(service)},
        lists=await read_lists(service),
    )


async def read_lists(service: OvhService) -> dict[str, tuple[KeptItem, ...]]:
    """What belongs to the service, list by list."""
    return {each.name: await _items(service, each) for each in service.product.lists}


async def engagement_rule(service: OvhService, billed: BilledService) -> str | None:
    """What happens at the end of the minimum term; None without one."""
    if billed.billing.engagement is None:
        return None
    path = f"/services/{billed.service_id}/billing/engagement"
    try:
        rule = (await service.api.get(path, Engagement)).end_rule
    except UnrackError as error:
        if error.problem.category is Category.NOT_FOUND:
            return None
        raise
    return rule.strategy if rule else None


def _fields(service: OvhService) -> tuple[str, ...]:
    state = service.product.state
    return (*service.product.fields, *((state,) if state else ()))


async def _items(service: OvhService, wanted: ListOf) -> tuple[KeptItem, ...]:
    path = f"{service.path}/{wanted.name}"
    ids = sorted(str(each) for each in await service.api.get(path, list[str | int]))
    if not wanted.fields:
        return tuple(KeptItem(id=each) for each in ids)
    side_by_side = asyncio.Semaphore(_AT_ONCE)

    async def read(item: str) -> KeptItem:
        async with side_by_side:
            answer = await service.api.get(f"{path}/{quote(item, safe='@')}", dict[str, Any])
        return KeptItem(id=item, fields={name: answer.get(name) for name in wanted.fields})

    return tuple(await asyncio.gather(*(read(item) for item in ids)))


def new_items(service: OvhService, before: Kept, now: Kept) -> list[str]:
    """What was created since, or changed by somebody else, as ``account/ada@example.net``."""
    return [
        f"{each.name}/{item.id}"
        for each in service.product.lists
        for item in now.lists.get(each.name, ())
        if _content(item, each) not in [_content(old, each) for old in before.lists.get(each.name, ())]
    ]


def _content(item: KeptItem, described: ListOf) -> tuple[str, str]:
    firm = {name: value for name, value in item.fields.items() if name not in described.loose}
    return item.id, json.dumps(firm, sort_keys=True)


def differences(before: Kept, now: Kept) -> tuple[Difference, ...]:
    """Field by field."""
    plain = ("contact_admin", "planned_end", "renewal", "renew", "engagement_rule")
    one, other = before.model_dump(mode="json", include=set(plain)), now.model_dump(mode="json", include=set(plain))
    found = [*_differing("", one, other), *_differing("", before.resource, now.resource)]
    for name in sorted({*before.lists, *now.lists}):
        old = {item.id: item.fields for item in before.lists.get(name, ())}
        new = {item.id: item.fields for item in now.lists.get(name, ())}
        for item in sorted({*old, *new}):
            place = f"{name}[{item}]"
            if item in old and item in new:
                found += _differing(f"{place}.", old[item], new[item])
            else:
                found.append(Difference(field=place, before=_text(old.get(item)), after=_text(new.get(item))))
    return tuple(found)


def _differing(prefix: str, before: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    return [
        Difference(field=f"{prefix}{name}", before=_text(before.get(name)), after=_text(now.get(name)))
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
