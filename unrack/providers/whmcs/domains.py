"""The renewal of the service's domain: off, and as it was captured (S1.3, S1.7)."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, captured
from unrack.providers.whmcs.answers import Done
from unrack.providers.whmcs.configuration import EVIDENCE, Configuration
from unrack.providers.whmcs.service import HostedService
from unrack.providers.whmcs.transport import WhmcsApi

_READ_BACK = 5.0


async def stop_renewal(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Turn the renewal of every domain of the service's name off."""
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    return await _set(api, call, materials, {domain.id: True for domain in before.domains})


async def restore_renewal(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Set the renewal as it was captured."""
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    return await _set(api, call, materials, {domain.id: domain.do_not_renew for domain in before.domains})


async def _set(api: WhmcsApi, call: StepCall, materials: Materials, wanted: dict[int, bool]) -> ChangeResult:
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    domains = await service.domains(await service.product())
    for domain in domains:
        if domain.donotrenew != wanted.get(domain.id, domain.donotrenew):
            progress.note(f"UpdateClientDomain/{domain.id}")
            await api.change("UpdateClientDomain", Done, domainid=domain.id, donotrenew=wanted[domain.id])
            raise progress.not_yet(f"the renewal of {domain.domainname} does not show yet", _READ_BACK)
    names = ", ".join(domain.domainname for domain in domains) or "no domain of the service's name"
    return progress.done(f"the renewal is set: {names}", f"nothing to set: {names}")
