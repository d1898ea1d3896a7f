"""Reads the facts of a service from WHMCS. Changes nothing."""

from datetime import datetime

from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.whmcs import findings
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.configuration import SUSPENDED, configuration_of, read_service
from unrack.providers.whmcs.schemas import LIVING, Admin, Domain, Product
from unrack.providers.whmcs.service import HostedService


async def read_facts(api: WhmcsApi, ref: ServiceRef) -> ServiceFacts:
    """Everything a plan is made from.

    Raises:
        UnrackError: there is no such service, or the API role lacks an action.
    """
    service = HostedService(api, ref.service)
    seen = await read_service(service)
    product, domains, configuration = seen.product, seen.domains, configuration_of(seen)
    admin, invoices = (
        await api.read("GetAdminDetails", Admin),
        await service.open_among(product, domains, seen.addons),
    )
    clock = await api.clock()
    expires = api.moment(product.nextduedate) if product.nextduedate and product.period else None
    return ServiceFacts(
        service=ref.model_copy(update={"service": str(product.id), "address": api.credential.address}),
        title=" ".join(filter(None, (product.groupname, product.name, product.domain))) or f"service {product.id}",
        state=product.status,
        active=product.status in LIVING,
        billing_state=msg("{len} open invoices", len=len(invoices)) if invoices else "paid",
        owner=f"client {product.clientid}",
        caller=admin.name or f"admin {admin.adminid}",
        expires_at=expires,
        renewal_period=product.period,
        renews_automatically=product.period is not None,
        cancellation_planned=seen.request is not None,
        timings=timings(product, expires, clock.shown),
        options=configuration.addons,
        details=_details(product),
        findings=(
            *findings.status(product),
            *findings.request(seen.request),
            *findings.dates(api.credential, product.nextduedate if product.period else None),
            *findings.invoices(invoices),
            *findings.domains(product, domains),
            *findings.addons(configuration.addons),
            *findings.unreadable(service.unreadable),
        ),
        nothing_for=_nothing_for(product, domains),
        configuration_digest=configuration.digest(),
        clock=clock,
    )


def timings(product: Product, expires: datetime | None, now: datetime) -> tuple[Timing, ...]:
    """Return the possible timings. Any live service can end at once; one with a future due date also at that date."""
    if product.status not in LIVING:
        return ()
    ends = expires is not None and expires > now
    return (Timing.END_OF_TERM, Timing.IMMEDIATE) if ends else (Timing.IMMEDIATE,)


def _nothing_for(product: Product, domains: tuple[Domain, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not domains:
        found["whmcs.domain.stop-renewal"] = findings.no_domain(product)
    if product.status == SUSPENDED:
        found["whmcs.service.suspend"] = msg("the service is suspended already, so nobody would notice")
    return found


def _details(product: Product) -> dict[str, str | int | float | bool | None]:
    return {
        "domain": product.domain or None,
        "server": product.servername or None,
        msg("billing cycle"): product.billingcycle,
        "price": product.recurringamount,
        "since": product.regdate.isoformat() if product.regdate else None,
    }
