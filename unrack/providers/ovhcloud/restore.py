"""Back to the captured configuration, parents before children.

OVHcloud assigns new ids, so a captured parent is found again by its content. Each undo restores its own level and
the items below it, since a parent's deletion may have taken children along that no step of their own had removed.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.message import msg
from unrack.providers.base import Materials
from unrack.providers.handlers import captured, conflict
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.configuration import (
    EVIDENCE,
    Configuration,
    Datacenter,
    Extra,
    Pop,
    content,
    paired,
    read_tree,
)
from unrack.providers.ovhcloud.schemas.published import Task, VrackTask
from unrack.providers.ovhcloud.service import ConnectService
from unrack.providers.ovhcloud.tasks import (
    CONNECT_PACE,
    VRACK_PACE,
    Progress,
    connect_task,
    no_vrack_task_pending,
    settle,
    vrack_task,
)

Missing = tuple[int, str, Pop | Datacenter | Extra]
"""Level (0 for a pop), the path to create it at, and the captured item."""

Item = TypeVar("Item", Pop, Datacenter, Extra)

POPS, DATACENTERS, EXTRAS = range(3)


async def restore_pops(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Create the points of presence again, with everything below them."""
    return await _restore(api, call, materials, POPS)


async def restore_datacenters(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Create the data-centre configurations again, with everything below them."""
    return await _restore(api, call, materials, DATACENTERS)


async def restore_extras(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Create the BGP sessions and static routes again."""
    return await _restore(api, call, materials, EXTRAS)


async def restore_vrack(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Put the service back into its vRack."""
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    wanted = Configuration.from_bytes(captured(materials, EVIDENCE)).vrack
    await settle(service, progress)
    now = (await service.connect()).vrack
    if wanted is None or now == wanted:
        return progress.done(msg("put back into {wanted}", wanted=wanted), msg("the service is where it was captured"))
    if now is not None:
        raise conflict(
            msg("the service is in {now}, but {wanted} was captured", now=now, wanted=wanted),
            msg("take it out of there, then retry"),
        )
    await no_vrack_task_pending(service, wanted, progress)
    task = await api.change("POST", f"/vrack/{wanted}/ovhCloudConnect", VrackTask, {"ovhCloudConnect": service.id})
    progress.note(vrack_task(wanted, task))
    raise progress.not_yet(msg("putting the service back into {wanted}", wanted=wanted), VRACK_PACE.first)


async def _restore(api: OvhApi, call: StepCall, materials: Materials, level: int) -> ChangeResult:
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    await settle(service, progress)
    tree = await read_tree(service)
    _wait_for_changing(tree, progress)
    first = next(missing(before.pops, tree), None)
    if first is None:
        return progress.done(msg("restored as captured"), msg("everything is as captured"))
    at, path, item = first
    if at < level:
        raise conflict(
            msg("captured item {id} cannot be restored: what it hung on is missing", id=item.id),
            msg("undo the earlier step first"),
        )
    progress.note(connect_task(await api.change("POST", f"{service.path}/config/{path}", Task, body_of(item))))
    raise progress.not_yet(msg("creating {path} again", path=path), CONNECT_PACE.first)


def missing(before: tuple[Pop, ...], now: tuple[Pop, ...]) -> Iterator[Missing]:
    """Yield the missing items that can be created now; a child only when its parent exists.

    Raises:
        UnrackError: ``CONFLICT``: something about the same thing exists and says something else.
    """
    for old_pop, pop in _standing(before, now):
        if pop is None:
            yield POPS, "pop", old_pop
            continue
        for old_datacenter, datacenter in _standing(old_pop.datacenters, pop.datacenters):
            path = f"pop/{pop.id}/datacenter"
            if datacenter is None:
                yield DATACENTERS, path, old_datacenter
                continue
            for old_extra, extra in _standing(old_datacenter.extras, datacenter.extras):
                if extra is None:
                    yield EXTRAS, f"{path}/{datacenter.id}/extra", old_extra


def _standing(before: Sequence[Item], now: Sequence[Item]) -> Iterator[tuple[Item, Item | None]]:
    for old, new in paired(before, now):
        if old is None:
            continue
        if new is not None and content(old) != content(new):
            raise conflict(
                msg("in the place of captured item {id} there is {id2} with other values", id=old.id, id2=new.id),
                msg("remove it, or correct it by hand to what was captured, then retry"),
            )
        yield old, new


def _wait_for_changing(tree: tuple[Pop, ...], progress: Progress) -> None:
    """Wait, by raising, while anything is being created or deleted: its final state is not known yet."""
    items = (item for pop in tree for item in (pop, *pop.datacenters, *(e for d in pop.datacenters for e in d.extras)))
    changing = next((item for item in items if item.status != "active"), None)
    if changing:
        raise progress.not_yet(
            msg("item {id} is '{status}'", id=changing.id, status=changing.status), CONNECT_PACE.then
        )


def body_of(item: Pop | Datacenter | Extra) -> dict[str, object]:
    """Return the request body that creates `item` again, with the field names of OVHcloud's schema."""
    return {_camel(name): value for name, value in content(item).items() if value is not None}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
