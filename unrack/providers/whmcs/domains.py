"""The renewal of the service's domain: off, and as it was captured (S1.3, S1.7)."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, captured, conflict
from unrack.providers.whmcs.configuration import EVIDENCE, Configuration
from unrack.providers.whmcs.findings import no_domain
from unrack.providers.whmcs.schemas import Done, Product
from unrack.providers.whmcs.service import HostedService
from unrack.providers.whmcs.transport import WhmcsApi

_READ_BACK = 5.0


async def stop_renewal(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Turn the renewal of every domain of the service's name off.

    Raises:
        UnrackError: ``CONFLICT``: there is no such domain, or another than was captured. Somebody wants its renewal
            stopped, so it is not content with nothing.
    """
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    service = HostedService(api, call.service.service)
    product = await service.product()
    now, known = {one.id for one in await service.domains(product)}, {one.id for one in before.domains}
    if not known or now != known:
        raise conflict(*_not_found(product, before, now))
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
    names = ", ".join(domain.domainname for domain in domains) or "no domain"
    return progress.done(f"the renewal is set: {names}", f"the renewal was so before: {names}")


def _not_found(product: Product, before: Configuration, now: set[int]) -> tuple[str, str]:
    gone = [one.name for one in before.domains if one.id not in now]
    if gone:
        what = f"the client {product.clientid} has no domain {', '.join(gone)} any more"
    elif before.domains:
        what = f"the client {product.clientid} has another domain named {product.domain} since the service was captured"
    else:
        what = f"{no_domain(product)}, so no renewal was stopped"
    return what, (
        "look under which name the domain is in the client's profile; turn its renewal off there by hand, then skip "
        "this step with that as the reason"
    )
