"""The configuration of a service: the state that reactivation restores, and its comparison.

OVHcloud assigns new ids to whatever is created again, so configurations are compared by what they say.
"""

import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from unrack.model.base import Frozen
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.model.service import Dependant, ServiceRef
from unrack.model.state import Difference
from unrack.providers.base import Compared
from unrack.providers.ovhcloud import product_snapshot
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.published import DatacenterConfig, ExtraConfig, PopConfig
from unrack.providers.ovhcloud.service import ConnectService, service_of, unless_parent_answers
from unrack.providers.snapshot import Snapshot, compared

EVIDENCE = "configuration"
"""The type of evidence that holds a `Configuration`."""


class Extra(Frozen):
    """A BGP session (``bgp``) or a static route (``network``)."""

    id: int
    type: str
    bgp_neighbor_area: int | None = None
    bgp_neighbor_ip: str | None = None
    next_hop: str | None = None
    subnet: str | None = None
    status: str = "active"


class Datacenter(Frozen):
    """A data-centre configuration with its child items."""

    id: int
    datacenter_id: int
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: str = "active"
    extras: tuple[Extra, ...] = ()


class Pop(Frozen):
    """A point-of-presence configuration with its child items."""

    id: int
    type: str
    interface_id: int
    customer_bgp_area: int | None = None
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: str = "active"
    datacenters: tuple[Datacenter, ...] = ()


class Port(Frozen):
    """A port; locking makes it ``disabled``."""

    id: int
    status: str


class Configuration(Snapshot):
    """Everything that a run may change and reactivation must restore."""

    schema_version: int = 1
    service: str
    service_id: int
    description: str
    product: str
    bandwidth: str
    contact_admin: str
    vrack: str | None
    planned_end: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    pops: tuple[Pop, ...] = ()

    def dependants(self) -> tuple[Dependant, ...]:
        """Return the items that depend on the service, in the order of their removal."""
        extras = [_extra_dependant(datacenter, extra) for _, datacenter, extra in self.extras()]
        datacenters = [
            Dependant(
                kind="datacenter",
                id=str(datacenter.id),
                title=msg(
                    "data centre {datacenter_id} {value}",
                    datacenter_id=datacenter.datacenter_id,
                    value=datacenter.subnet or "",
                ).rstrip(),
                parent=f"pop/{pop.id}",
            )
            for pop, datacenter in self.datacenters()
        ]
        pops = [
            Dependant(
                kind="pop",
                id=str(pop.id),
                title=msg(
                    "{type} on port {interface_id} {value}",
                    type=pop.type,
                    interface_id=pop.interface_id,
                    value=pop.subnet or "",
                ).rstrip(),
            )
            for pop in self.pops
        ]
        vrack = (
            [Dependant(kind="vrack", id=self.vrack, title=msg("association with vRack {vrack}", vrack=self.vrack))]
            if self.vrack
            else []
        )
        return (*extras, *datacenters, *pops, *vrack)

    def datacenters(self) -> Iterator[tuple[Pop, Datacenter]]:
        """Every data-centre configuration with its parent."""
        return ((pop, datacenter) for pop in self.pops for datacenter in pop.datacenters)

    def extras(self) -> Iterator[tuple[Pop, Datacenter, Extra]]:
        """Every extra with its parents."""
        return ((pop, datacenter, extra) for pop, datacenter in self.datacenters() for extra in datacenter.extras)


def _extra_dependant(datacenter: Datacenter, extra: Extra) -> Dependant:
    bgp = extra.type == "bgp"
    return Dependant(
        kind="bgp-session" if bgp else "static-route",
        id=str(extra.id),
        title=f"BGP with {extra.bgp_neighbor_ip} (AS {extra.bgp_neighbor_area})"
        if bgp
        else msg("route {subnet} via {next_hop}", subnet=extra.subnet, next_hop=extra.next_hop),
        parent=f"datacenter/{datacenter.id}",
    )


Items = Mapping[str, Pop | Datacenter | Extra]
"""Items of a tree by their path below ``config``, as ``pop/1/datacenter/2/extra/3``."""


async def read_tree(service: ConnectService, known: Items = MappingProxyType({})) -> tuple[Pop, ...]:
    """The configuration tree, sorted by what it says, in whatever state its parts are.

    Args:
        service: The service.
        known: Items as they were captured: which of them are there is read, and what they say is not read again.
            OVHcloud has no call that changes an item in place (ovh-api ``/config/pop``: GET, POST, DELETE).
    """
    path = "pop"
    numbers = await service.below("/config/pop", list[int])  # raises when the service is gone, unlike the lists below
    answers = await _read(service, path, sorted(numbers), PopConfig, known)
    pops = [_with(Pop, pop, datacenters=await _datacenters(service, f"{path}/{pop.id}", known)) for pop in answers]
    return tuple(sorted(pops, key=_order))


async def read_configuration(service: ConnectService) -> Configuration:
    """The whole configuration now; a closed service has none any more, only its outline."""
    connect, infos = await service.connect(), await service.infos()
    billed = await service.billed(infos.service_id)
    living = connect.status != "closed"
    return Configuration(
        service=connect.uuid,
        service_id=infos.service_id,
        description=connect.description,
        product=connect.product,
        bandwidth=connect.bandwidth,
        contact_admin=infos.contact_admin,
        vrack=connect.vrack,
        planned_end=tuple(sorted(billed.planned)),
        ports=tuple(Port(id=port.id, status=port.status) for port in (await service.interfaces() if living else ())),
        pops=await read_tree(service) if living else (),
    )


async def _datacenters(service: ConnectService, pop: str, known: Items) -> tuple[Datacenter, ...]:
    path, found = f"{pop}/datacenter", list[Datacenter]()
    for answer in await _each(service, path, DatacenterConfig, known):
        below = await _each(service, f"{path}/{answer.id}/extra", ExtraConfig, known)
        extras = [_with(Extra, extra) for extra in below]
        found.append(_with(Datacenter, answer, extras=tuple(sorted(extras, key=_order))))
    return tuple(sorted(found, key=_order))


Shown = PopConfig | DatacenterConfig | ExtraConfig
Config = TypeVar("Config", PopConfig, DatacenterConfig, ExtraConfig)
Made = TypeVar("Made", Pop, Datacenter, Extra)


def _with(kind: type[Made], shown: Shown | Pop | Datacenter | Extra, **below: object) -> Made:
    """An item as it is shown or was captured, with what hangs on it now."""
    return kind.model_validate(vars(shown) | below)


async def _each(
    service: ConnectService, path: str, shape: type[Config], known: Items
) -> list[Config | Pop | Datacenter | Extra]:
    """Read every item of a list of ids. One that disappears between the calls is left out with its child items."""
    whole = f"{service.path}/config/{path}"
    parent = whole.rpartition("/")[0]
    listing = unless_parent_answers(service.api, parent, whole, lambda: service.api.get(whole, list[int]))
    return await _read(service, path, sorted(await _unless_missing(listing) or []), shape, known)


async def _read(
    service: ConnectService, path: str, numbers: Sequence[int], shape: type[Config], known: Items
) -> list[Config | Pop | Datacenter | Extra]:
    found: list[Config | Pop | Datacenter | Extra | None] = []
    for number in numbers:
        one = f"{path}/{number}"
        item = known.get(one) or await _unless_missing(service.api.get(f"{service.path}/config/{one}", shape))
        found.append(item)
    return [item for item in found if item is not None]


Read = TypeVar("Read")


async def _unless_missing(reading: Coroutine[Any, Any, Read]) -> Read | None:
    try:
        return await reading
    except UnrackError as error:
        if error.problem.category is Category.NOT_FOUND:
            return None
        raise


Item = TypeVar("Item", Pop, Datacenter, Extra)

_NOT_CONTENT = {"id", "status", "datacenters", "extras"}


def content(item: Pop | Datacenter | Extra) -> dict[str, object]:
    """Return the item's own fields, without its id, its status and its child items."""
    return item.model_dump(exclude=_NOT_CONTENT)


def _order(item: Pop | Datacenter | Extra) -> str:
    return json.dumps(content(item), sort_keys=True)


def place(item: Pop | Datacenter | Extra) -> tuple[object, ...]:
    """Return the subject of an item. Two items with the same subject cannot both exist."""
    match item:
        case Pop():
            return (item.interface_id,)
        case Datacenter():
            return (item.datacenter_id,)
        case Extra():
            return (item.type, item.bgp_neighbor_ip, item.subnet)


def paired(before: Sequence[Item], now: Sequence[Item]) -> list[tuple[Item | None, Item | None]]:
    """Pair captured items with their current counterparts: equal ones first, then those with the same subject."""
    left = list(now)
    pairs: dict[int, Item | None] = {}
    for same in (_equal_content, _same_place):
        for index, old in enumerate(before):
            if pairs.get(index) is None:
                pairs[index] = _take(left, lambda new, old=old, same=same: same(old, new))
    return [*((old, pairs[index]) for index, old in enumerate(before)), *((None, new) for new in left)]


def _equal_content(old: Item, new: Item) -> bool:
    return content(old) == content(new)


def _same_place(old: Item, new: Item) -> bool:
    return place(old) == place(new)


def _take(items: list[Item], wanted: Callable[[Item], bool]) -> Item | None:
    for index, item in enumerate(items):
        if wanted(item):
            return items.pop(index)
    return None


def differences(before: Configuration, now: Configuration) -> tuple[Difference, ...]:
    """Field by field; ids that OVHcloud assigns anew are expected."""
    plain = set(Configuration.model_fields) - {"schema_version", "ports", "pops"}
    ports = {port.id: port.status for port in now.ports}
    found = [*_fields("", before.model_dump(include=plain), now.model_dump(include=plain))]
    for port in before.ports:
        found += _fields(f"port[{port.id}].", {"status": port.status}, {"status": ports.pop(port.id, None)})
    for number, status in ports.items():
        found += _fields(f"port[{number}].", {"status": None}, {"status": status})
    return (*found, *_tree_differences("pop", before.pops, now.pops))


def _tree_differences(name: str, before: Sequence[Item], now: Sequence[Item], prefix: str = "") -> Iterator[Difference]:
    for old, new in paired(before, now):
        known = old or new
        path = f"{prefix}{name}[{known.id if known else ''}]"
        if old is None or new is None:
            yield Difference(field=path, before=_text(old), after=_text(new))
            continue
        if old.id != new.id:
            yield Difference(field=f"{path}.id", before=str(old.id), after=str(new.id), expected=True)
        yield from _fields(f"{path}.", {**content(old), "status": old.status}, {**content(new), "status": new.status})
        yield from _children(path, old, new)


def _children(path: str, old: Pop | Datacenter | Extra, new: Pop | Datacenter | Extra) -> Iterator[Difference]:
    match old, new:
        case Pop(), Pop():
            yield from _tree_differences("datacenter", old.datacenters, new.datacenters, f"{path}.")
        case Datacenter(), Datacenter():
            yield from _tree_differences("extra", old.extras, new.extras, f"{path}.")
        case _:
            return


def _fields(prefix: str, before: dict[str, object], now: dict[str, object]) -> Iterable[Difference]:
    return [
        Difference(field=f"{prefix}{_camel(name)}", before=_text(before[name]), after=_text(now[name]))
        for name in sorted(before)
        if before[name] != now[name]
    ]


def _camel(name: str) -> str:
    """As OVHcloud writes it."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Frozen):
        return json.dumps(value.model_dump(mode="json"), sort_keys=True)
    return value if isinstance(value, str) else json.dumps(value, default=list)


async def compare(api: OvhApi, ref: ServiceRef, before: bytes) -> Compared:
    """Every difference; ids that OVHcloud assigned anew are marked as expected. Both sides are kept as evidence."""
    service = service_of(api, ref)
    if isinstance(service, ConnectService):
        captured = Configuration.from_bytes(before)
        now = await read_configuration(service)
        found = differences(captured, now)
    else:
        captured = product_snapshot.ProductSnapshot.from_bytes(before)
        now = await product_snapshot.read_snapshot(service)
        found = product_snapshot.differences(captured, now)
    return compared(ref, captured, now, found, await api.clock())
