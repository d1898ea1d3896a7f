"""A snapshot of a service that is no OVHcloud Connect: its own fields, its lists and its billing.

`unrack.providers.ovhcloud.products` names the fields and lists, so that no secret and nothing volatile gets into the
evidence by accident.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import Field

from unrack.model.base import Frozen, JsonScalar
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.model.service import Dependant, Finding
from unrack.model.state import Difference
from unrack.providers._http import Attempt
from unrack.providers.ovhcloud.errors import UnknownRouteError, could_not_look
from unrack.providers.ovhcloud.findings import UNKNOWN, Findings, not_looked_at, tolerated
from unrack.providers.ovhcloud.products import ListOf
from unrack.providers.ovhcloud.schemas.services import BilledService, Engagement
from unrack.providers.ovhcloud.service import OvhService, unless_parent_answers
from unrack.providers.snapshot import Snapshot

EVIDENCE = "configuration"
"""The type of evidence that holds a `ProductSnapshot`."""

_RULE = msg("engagement rule")
_COULD_NOT = msg("could not look")

_AT_ONCE = 4
"""How many items of a list are read side by side."""


class SnapshotItem(Frozen):
    """One item of a list: its id, and the named fields."""

    id: str
    fields: dict[str, Any] = Field(default_factory=dict)


class ProductSnapshot(Snapshot):
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
    """OVHcloud's rule for the end of the minimum term; None without one."""
    resource: dict[str, Any] = Field(default_factory=dict)
    lists: dict[str, tuple[SnapshotItem, ...]] = Field(default_factory=dict)
    unread: dict[str, str] = Field(default_factory=dict)
    """The lists that could not be read, wholly or in part, each with the reason."""

    def dependants(self) -> tuple[Dependant, ...]:
        """Return the items that belong to the service."""
        return tuple(
            Dependant(kind=name, id=item.id, title=f"{name} {item.id}")
            for name in self.lists
            for item in self.lists[name]
        )

    def details(self) -> dict[str, JsonScalar]:
        """Further facts for people."""
        plain = {key: value for key, value in self.resource.items() if isinstance(value, str | int | float | bool)}
        counted: dict[str, JsonScalar] = {name: len(items) for name, items in self.lists.items()}
        return {
            **plain,
            msg("service id"): self.service_id,
            **counted,
            **dict.fromkeys(self.unread, msg("could not look")),
        }


async def read_snapshot(service: OvhService) -> ProductSnapshot:
    """The service now."""
    view, infos = await service.view(), await service.infos()
    billed = await service.billed(infos.service_id)
    renew = billed.billing.renew
    related = await read_related(service, infos.service_id)
    rule, unread = await tolerated(engagement_rule(service, billed), None, _RULE)
    return ProductSnapshot(
        product=service.product.name,
        service=service.id,
        service_id=infos.service_id,
        name=billed.resource.name,
        contact_admin=infos.contact_admin,
        planned_end=tuple(sorted(billed.planned)),
        renewal=renew.current.mode if renew else None,
        renew=infos.renew.model_dump(by_alias=True) if infos.renew else {},
        engagement_rule=rule,
        resource={name: view.get(name) for name in _fields(service)},
        lists=related.lists,
        unread=related.unread | {found.subject: found.text for found in unread},
    )


@dataclass(frozen=True, slots=True)
class Related:
    """The items that belong to a service, as far as they could be read."""

    lists: dict[str, tuple[SnapshotItem, ...]]
    unread: dict[str, str]
    """See `ProductSnapshot`."""


async def read_related(service: OvhService, service_id: int | None = None) -> Related:
    """Read the items that belong to the service, list by list. A list whose call OVHcloud does not know is reported.

    Args:
        service: The service.
        service_id: Its number in ``/services``, where it was read already.
    """
    related = Related({}, {})
    for each in service.product.lists:
        path = await _path(service, each, service_id)
        try:
            related.lists[each.name] = await _items(service, each, path)
        except UnknownRouteError as error:
            related.unread[each.name] = not_looked_at(each.name, error.problem).text
            names, _ = await tolerated(_names(service, each, path), None, each.name)
            if names is not None:
                related.lists[each.name] = tuple(SnapshotItem(id=name) for name in names)
    return related


async def read_list(service: OvhService, name: str) -> tuple[SnapshotItem, ...]:
    """Read one list of the service's items, for callers that need it.

    Raises:
        UnknownRouteError: it could not be looked at.
    """
    wanted = next(each for each in service.product.lists if each.name == name)
    return await _items(service, wanted, await _path(service, wanted))


async def engagement_rule(service: OvhService, billed: BilledService) -> str | None:
    """Read the rule for the end of the minimum term; None without one."""
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


async def _path(service: OvhService, wanted: ListOf, service_id: int | None = None) -> str:
    if not wanted.billed_at:
        return f"{service.path}/{wanted.name}"
    return wanted.billed_at.format(service_id or (await service.infos()).service_id)


async def _items(service: OvhService, wanted: ListOf, path: str) -> tuple[SnapshotItem, ...]:
    if wanted.billed_at:
        return tuple(_snapshot_item(wanted, str(each.get("id")), each) for each in await _billed_items(service, path))
    names = await _names(service, wanted, path)
    if not wanted.fields:
        return tuple(SnapshotItem(id=each) for each in names)
    side_by_side = asyncio.Semaphore(_AT_ONCE)

    async def read(item: str) -> SnapshotItem | None:
        async with side_by_side:
            return await _item(service, wanted, path, item)

    return tuple(item for item in await asyncio.gather(*map(read, names)) if item is not None)


async def _names(service: OvhService, wanted: ListOf, path: str) -> list[str]:
    if wanted.billed_at:
        return [str(each.get("id")) for each in await _billed_items(service, path)]
    return sorted(str(each) for each in await service.below(path.removeprefix(service.path), list[str | int]))


async def _billed_items(service: OvhService, path: str) -> list[dict[str, Any]]:
    """Items of a list of ``/services``, which are whole; the service's own number is there, or it has ended."""
    parent = "/".join(path.split("/")[:3])
    return await unless_parent_answers(service.api, parent, path, lambda: service.api.get(path, list[dict[str, Any]]))


async def _item(service: OvhService, wanted: ListOf, path: str, item: str) -> SnapshotItem | None:
    """One item; None when it has gone since it was listed."""
    whole = f"{path}/{quote(item, safe='@')}"
    try:
        return _snapshot_item(wanted, item, await service.api.get(whole, dict[str, Any]))
    except UnrackError as error:
        if error.problem.category is not Category.NOT_FOUND:
            raise
        if item not in await _names(service, wanted, path):
            return None
        why = msg("a 404, though it is listed")
        raise could_not_look(Attempt("GET", whole, changes=False), why, error.problem.reference) from None


def _snapshot_item(wanted: ListOf, item: str, answer: dict[str, Any]) -> SnapshotItem:
    return SnapshotItem(id=item, fields={name: answer.get(name) for name in wanted.fields})


def new_items(service: OvhService, before: ProductSnapshot, now: ProductSnapshot) -> list[str]:
    """Return the items created since, or changed by somebody else, as ``account/ada@example.net``.

    Of a list that could not be read, then or now, only the names are compared, and those only where both are known.
    """
    return [
        f"{each.name}/{item.id}"
        for each in service.product.lists
        for item in now.lists.get(each.name, ())
        if not _known(item, each, before, by_name=each.name in before.unread or each.name in now.unread)
    ]


def _known(item: SnapshotItem, described: ListOf, before: ProductSnapshot, *, by_name: bool) -> bool:
    old = before.lists.get(described.name, ())
    if by_name:
        return described.name not in before.lists or item.id in {each.id for each in old}
    return _content(item, described) in [_content(each, described) for each in old]


def unread_findings(now: Mapping[str, str], before: Mapping[str, str] | None = None) -> Findings:
    """Report the lists that could not be read. Each blocks unless it was unread `before`: a person decided on that."""
    return tuple(
        Finding(subject=_COULD_NOT, text=text, item=name, now=UNKNOWN, blocking=before is None or name not in before)
        for name, text in now.items()
    )


def _content(item: SnapshotItem, described: ListOf) -> tuple[str, str]:
    firm = {name: value for name, value in item.fields.items() if name not in described.ignored_fields}
    return item.id, json.dumps(firm, sort_keys=True)


def differences(before: ProductSnapshot, now: ProductSnapshot) -> tuple[Difference, ...]:
    """Field by field."""
    plain = ("contact_admin", "planned_end", "renewal", "renew", "engagement_rule")
    one, other = before.model_dump(mode="json", include=set(plain)), now.model_dump(mode="json", include=set(plain))
    found = [*_differing("", one, other), *_differing("", before.resource, now.resource)]
    found += _differing("unread.", dict(before.unread), dict(now.unread))
    for name in sorted({*before.lists, *now.lists} - {*before.unread, *now.unread}):
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
