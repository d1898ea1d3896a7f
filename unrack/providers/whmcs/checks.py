"""Preconditions, read again by a run."""

from collections.abc import Iterator

from unrack.contracts.calls import StepCall
from unrack.contracts.domain_names import same_name
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Materials
from unrack.providers.handlers import captured
from unrack.providers.whmcs import findings
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.configuration import EVIDENCE, Configuration
from unrack.providers.whmcs.findings import Findings
from unrack.providers.whmcs.schemas import Domain
from unrack.providers.whmcs.service import HostedService


async def check_status(api: WhmcsApi, call: StepCall, _: Materials) -> Findings:
    """Active or suspended, and billed in a way that suits the timing."""
    return findings.status(await HostedService(api, call.service.service).product(), call.timing)


async def check_cancellation(api: WhmcsApi, call: StepCall, _: Materials) -> Findings:
    """Whether somebody asked already (S4.1)."""
    service = HostedService(api, call.service.service)
    await service.product()
    found = findings.request(await service.request(), call.timing)
    return (*found, *findings.unreadable(service.unreadable))


async def check_invoices(api: WhmcsApi, call: StepCall, _: Materials) -> Findings:
    """Report the unpaid invoices (S4.9)."""
    service = HostedService(api, call.service.service)
    found = findings.invoices(await service.open_invoices(await service.product()))
    return (*found, *findings.unreadable(service.unreadable))


async def check_domains(api: WhmcsApi, call: StepCall, _: Materials) -> Findings:
    """Whether the service's domain renews (S1.7)."""
    service = HostedService(api, call.service.service)
    product = await service.product()
    found = findings.domains(product, await service.domains(product))
    return (*found, *findings.unreadable(service.unreadable))


async def check_unchanged(api: WhmcsApi, call: StepCall, materials: Materials) -> Findings:
    """Just before the point of no return: the same service, and what this run did still stands."""
    service = HostedService(api, call.service.service)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product, request = await service.product(), await service.request()
    if product.ended:
        return (
            Finding(
                subject="status", text=msg("the service is {status} already", status=product.status), blocking=False
            ),
        )
    found: list[Finding] = []
    if product.clientid != before.client or not same_name(product.domain, before.domain):
        text = msg("the service has another client or domain than when the run captured it. Look at it, then plan anew")
        found.append(Finding(subject="service", text=text, blocking=True))
    if call.timing is Timing.END_OF_TERM and request is None:
        text = msg("the cancellation request is gone: staff deleted it. Ask them, then record it again")
        found.append(Finding(subject=msg("cancellation request"), text=text, blocking=True))
    if call.timing is Timing.IMMEDIATE and product.status == "Active" and before.status == "Active":
        text = msg("somebody took the suspension back: the service is in use. Ask them, then suspend it again")
        found.append(Finding(subject="status", text=text, blocking=True))
    if "whmcs.domain.stop-renewal" in call.done:
        found += _renewing_again(await service.domains(product))
    return (*found, *findings.status(product))


def _renewing_again(domains: tuple[Domain, ...]) -> Iterator[Finding]:
    for domain in domains:
        if not domain.donotrenew:
            text = msg(
                "{domainname} renews by itself: somebody turned that on again. Ask them, then turn it off",
                domainname=domain.domainname,
            )
            yield Finding(subject="domain", text=text, blocking=True, before=msg("does not renew"), now="renews")
