"""Locking and unlocking the ports: the reversible scream test."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import captured, conflict
from unrack.providers.ovhcloud.configuration import EVIDENCE, Configuration
from unrack.providers.ovhcloud.converge import CONNECT_PACE, Progress, connect_task, settle
from unrack.providers.ovhcloud.schemas import Interface, Task
from unrack.providers.ovhcloud.service import ConnectService
from unrack.providers.ovhcloud.transport import OvhApi


async def lock(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Lock every port that is enabled.

    Raises:
        UnrackError: ``CONFLICT``: no port was enabled when it was captured; nobody would notice anything.
    """
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    if not any(port.status == "enabled" for port in before.ports):
        raise conflict(
            "no port of the service is enabled, so locking them shows nothing",
            "skip the scream test with that as the reason, or find out who disabled the ports",
        )
    await settle(service, progress)
    ports = await service.interfaces()
    await _switch_first(service, progress, [port for port in ports if port.status == "enabled"], "lock")
    return progress.done("locked the ports", "the ports were locked before")


async def unlock(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Unlock every port that was enabled when the configuration was captured; others stay as they are."""
    service, progress = ConnectService(api, call.service.service), Progress(call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    enabled = {port.id for port in before.ports if port.status == "enabled"}
    await settle(service, progress)
    ports = await service.interfaces()
    locked = [port for port in ports if port.status == "disabled" and port.id in enabled]
    await _switch_first(service, progress, locked, "unlock")
    return progress.done("unlocked the ports", "the ports are as captured")


async def _switch_first(service: ConnectService, progress: Progress, ports: list[Interface], verb: str) -> None:
    if not ports:
        return
    port = ports[0]
    task = await service.api.change("POST", f"{service.path}/interface/{port.id}/{verb}", Task)
    progress.note(connect_task(task))
    raise progress.not_yet(f"{verb} port {port.id}", CONNECT_PACE.first)
