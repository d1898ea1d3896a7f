"""Removes the items below an OVHcloud Connect and locks its ports. Each change can be undone.

The safe order is extra → datacenter → pop → vRack (facts: OVHcloud docs). Children before parents: deleting a parent
takes its children along, but slower (OVHcloud docs, api.mdx). Siblings are deleted side by side, a task for each, as
OVHcloud's own client does (terraform-provider-ovh, one resource for each).
"""

from collections import Counter
from collections.abc import Callable, Sequence

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, UnrackError
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
    place,
    read_tree,
)
from unrack.providers.ovhcloud.schemas.published import Interface, Task, VrackTask
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

Paths = dict[str, Pop | Datacenter | Extra]
"""Items by their path below ``config``."""

_SIDE_BY_SIDE = 8
"""How many deletions one attempt asks for: each takes a second or two, and an attempt has a minute."""


async def remove_extras(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Delete every BGP session and static route."""
    return await _remove(api, call, materials, msg("BGP sessions and static routes"), extra_paths)


async def remove_datacenters(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Delete every data-centre configuration."""
    return await _remove(api, call, materials, msg("data-centre configurations"), datacenter_paths)


async def remove_pops(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Delete every point-of-presence configuration."""
    return await _remove(api, call, materials, msg("point-of-presence configurations"), pop_paths)


async def dissociate_vrack(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the service out of its vRack. The vRack itself stays, and so does everything else in it."""
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    wanted = Configuration.from_bytes(captured(materials, EVIDENCE))
    await settle(service, progress)
    vrack = (await service.connect()).vrack
    if vrack is None:
        return progress.done(msg("taken out of {vrack}", vrack=wanted.vrack), msg("the service is in no vRack"))
    if vrack != wanted.vrack:
        raise conflict(
            msg(
                "the service is in {vrack}, but {value} was captured",
                vrack=vrack,
                value=wanted.vrack or msg("no vRack"),
            ),
            msg("someone moved it meanwhile; put it back, or abort and plan anew"),
        )
    await no_vrack_task_pending(service, vrack, progress)
    task = await api.change("DELETE", f"/vrack/{vrack}/ovhCloudConnect/{service.id}", VrackTask)
    progress.note(vrack_task(vrack, task))
    raise progress.not_yet(msg("taking the service out of {vrack}", vrack=vrack), VRACK_PACE.first)


async def _remove(
    api: OvhApi, call: StepCall, materials: Materials, what: str, paths: Callable[[tuple[Pop, ...]], Paths]
) -> ChangeResult:
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    await settle(service, progress)
    tree = await read_tree(service, _items(before.pops))
    left = paths(tree)
    if not left:
        return progress.done(msg("removed all {what}", what=what), msg("there are no {what}", what=what))
    refuse_uncaptured(tree, before)
    sent = await _delete(service, list(left)[:_SIDE_BY_SIDE], progress)
    raise progress.not_yet(
        msg("deleting {join} ({len} of the {what} left)", join=", ".join(sent), len=len(left), what=what),
        CONNECT_PACE.first,
    )


async def _delete(service: ConnectService, paths: Sequence[str], progress: Progress) -> list[str]:
    """Request the deletion of each. An item that cannot be deleted beside another is left to the next attempt."""
    sent: list[str] = []
    for path in paths:
        try:
            task = await service.api.change("DELETE", f"{service.path}/config/{path}", Task)
        except UnrackError as error:
            if error.problem.category is Category.NOT_FOUND:  # gone since it was read
                raise progress.not_yet(msg("{path} is being deleted", path=path), CONNECT_PACE.then) from None
            if sent and error.problem.category is Category.CONFLICT:
                break
            raise
        progress.note(connect_task(task))
        sent.append(path)
    return sent


def _items(pops: tuple[Pop, ...]) -> Paths:
    return pop_paths(pops) | datacenter_paths(pops) | extra_paths(pops)


def refuse_uncaptured(tree: tuple[Pop, ...], before: Configuration) -> None:
    """Refuse to go on when something exists that was not captured: reactivation could not restore it.

    Raises:
        UnrackError: ``CONFLICT``, naming it.
    """
    new = uncaptured(tree, before)
    if new:
        raise conflict(
            msg(
                "created since the configuration was captured: {join}; reactivation could not restore it",
                join=", ".join(new),
            ),
            msg("remove it by hand, or abort the run and plan anew"),
        )


def uncaptured(tree: tuple[Pop, ...], before: Configuration) -> list[str]:
    """The paths of items that the captured configuration does not have."""
    known = Counter(key for key, _ in _keyed(before.pops))
    new: list[str] = []
    for key, path in _keyed(tree):
        if known[key]:
            known[key] -= 1
        else:
            new.append(path)
    return new


def created(tree: tuple[Pop, ...], before: Configuration) -> list[str]:
    """The paths of items that were created since the capture: what was not there, and what was there and is put back.

    OVHcloud gives whatever is created again a new id, so an item of the same content under another id came back.
    """
    known = {path for _, path in _keyed(before.pops)}
    came_back = (path for _, path in _keyed(tree) if path not in known)
    return list(dict.fromkeys((*uncaptured(tree, before), *came_back)))


def _keyed(tree: tuple[Pop, ...]) -> list[tuple[str, str]]:
    """Each item of the tree: what it says, below which parents; and its path."""
    found: list[tuple[str, str]] = []
    for pop in tree:
        about = str(place(pop))
        found.append((f"{about} {content(pop)}", f"pop/{pop.id}"))
        for datacenter in pop.datacenters:
            within = f"{about} {place(datacenter)}"
            path = f"pop/{pop.id}/datacenter/{datacenter.id}"
            found.append((f"{within} {content(datacenter)}", path))
            found += [(f"{within} {content(extra)}", f"{path}/extra/{extra.id}") for extra in datacenter.extras]
    return found


def pop_paths(tree: tuple[Pop, ...]) -> Paths:
    """Every point-of-presence configuration by path."""
    return {f"pop/{pop.id}": pop for pop in tree}


def datacenter_paths(tree: tuple[Pop, ...]) -> Paths:
    """Every data-centre configuration by path."""
    return {f"pop/{pop.id}/datacenter/{datacenter.id}": datacenter for pop in tree for datacenter in pop.datacenters}


def extra_paths(tree: tuple[Pop, ...]) -> Paths:
    """Every extra by path."""
    return {
        f"pop/{pop.id}/datacenter/{datacenter.id}/extra/{extra.id}": extra
        for pop in tree
        for datacenter in pop.datacenters
        for extra in datacenter.extras
    }


async def lock_ports(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Lock every port that is enabled.

    Raises:
        UnrackError: ``CONFLICT``: no port was enabled when it was captured; nobody would notice anything.
    """
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    if not any(port.status == "enabled" for port in before.ports):
        raise conflict(
            msg("no port of the service is enabled, so locking them shows nothing"),
            msg("skip the scream test with that as the reason, or find out who disabled the ports"),
        )
    await settle(service, progress)
    ports = await service.interfaces()
    await _switch_first(service, progress, [port for port in ports if port.status == "enabled"], "lock")
    return progress.done(msg("locked the ports"), msg("the ports were locked before"))


async def unlock_ports(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Unlock every port that was enabled when the configuration was captured; others stay as they are."""
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    enabled = {port.id for port in before.ports if port.status == "enabled"}
    await settle(service, progress)
    ports = await service.interfaces()
    locked = [port for port in ports if port.status == "disabled" and port.id in enabled]
    await _switch_first(service, progress, locked, "unlock")
    return progress.done(msg("unlocked the ports"), msg("the ports are as captured"))


async def _switch_first(service: ConnectService, progress: Progress, ports: list[Interface], verb: str) -> None:
    if not ports:
        return
    port = ports[0]
    task = await service.api.change("POST", f"{service.path}/interface/{port.id}/{verb}", Task)
    progress.note(connect_task(task))
    raise progress.not_yet(f"{verb} port {port.id}", CONNECT_PACE.first)
