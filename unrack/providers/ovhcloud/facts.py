"""Reads all facts of the service from OVHcloud. Changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from unrack.model.base import JsonScalar
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Amount, Dependant, Finding, ServiceFacts, ServiceRef
from unrack.providers.ovhcloud import billing, findings, states
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.configuration import Configuration, read_configuration
from unrack.providers.ovhcloud.findings import tolerated
from unrack.providers.ovhcloud.mail import first_end
from unrack.providers.ovhcloud.product_snapshot import ProductSnapshot, read_snapshot, unread_findings
from unrack.providers.ovhcloud.products import WEB_HOSTING, OvhProduct
from unrack.providers.ovhcloud.schemas.base import midnight
from unrack.providers.ovhcloud.schemas.published import Connect, DebtAccount, Price, ServiceInfos
from unrack.providers.ovhcloud.schemas.services import BilledService, FlushOrder
from unrack.providers.ovhcloud.service import ConnectService, OvhService, service_of


async def read_facts(api: OvhApi, ref: ServiceRef) -> ServiceFacts:
    """Everything a plan is made from.

    Raises:
        UnrackError: the service is unknown to OVHcloud, has ended, or the credential lacks a right.
    """
    service = service_of(api, ref)
    seen, infos = await _seen(service), await service.infos()
    billed = await service.billed(infos.service_id)
    shown = states.States.of(service.product, (seen.state, seen.iam), infos, billed)
    caller, clock = await service.caller(), await api.clock()
    debt, no_debt = await tolerated(api.get("/me/debtAccount", DebtAccount), None, "debt")
    options, no_options = await tolerated(read_options(service, infos.service_id), (), "options")
    engaged = committed_until(infos, clock.shown)
    fee, fee_findings = await exit_fee(service, infos, engaged)
    renew = billed.billing.renew.current if billed.billing.renew else None
    return ServiceFacts(
        service=ref.model_copy(update={"service": service.id_spelled(seen.name), "address": api.credential.address}),
        title=seen.title,
        state=seen.state,
        active=seen.state in ((service.product.active | service.product.passing) or {seen.state}),
        billing_state=infos.status,
        owner=infos.contact_admin,
        caller=caller,
        expires_at=seen.expires_at
        or billed.billing.expiration_date
        or (midnight(infos.expiration) if infos.expiration else None),
        engaged_until=engaged,
        early_exit_fee=fee,
        renewal_period=renew.period if renew else None,
        term_price=_amount(billed.billing.pricing.price) if billed.billing.pricing else None,
        renews_automatically=renew.mode == "automatic" if renew and renew.mode else None,
        cancellation_planned=bool(billed.planned),
        timings=timings(billed, infos, service.product),
        options=options,
        dependants=seen.dependants,
        details=dict(seen.details),
        findings=(
            *findings.admin_contact(infos, caller),
            *shown.findings(),
            *seen.findings,
            *(findings.debt(debt) if debt else no_debt),
            *findings.planned(billed),
            *(findings.can_delete_at_expiration(infos, timing=None) if infos.expiration else ()),
            *(findings.options(options) or no_options),
            *await billing.savings_plans(service, billed, blocking=False),
            *fee_findings,
        ),
        nothing_for=seen.nothing_for,
        configuration_digest=seen.digest,
        clock=clock,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """The part of the facts that differs between a Connect service and the others."""

    title: str
    name: str
    """The last part of the id as OVHcloud spells it; empty where it does not."""
    state: str
    iam: str
    """See `states.States`."""
    dependants: tuple[Dependant, ...]
    details: Mapping[str, JsonScalar]
    digest: str
    findings: tuple[Finding, ...] = ()
    expires_at: datetime | None = None
    """When the first part of it ends, where parts have dates of their own."""
    nothing_for: dict[str, str] = field(default_factory=dict[str, str])
    """See `ServiceFacts`."""


async def _seen(service: OvhService) -> _Seen:
    if isinstance(service, ConnectService):
        connect, configuration = await service.connect(), await read_configuration(service)
        return _Seen(
            title=connect.description or connect.uuid,
            name=connect.uuid,
            state=connect.status,
            iam=(connect.iam.state if connect.iam else None) or "",
            dependants=configuration.dependants(),
            details=_details(connect, configuration),
            digest=configuration.digest(),
            findings=(*findings.product(connect, service.product), *states.of_connect(connect)),
            nothing_for=_without_ports(configuration),
        )
    snapshot = await read_snapshot(service)
    state, iam = await service.states()
    return _Seen(
        title=snapshot.name,
        name=str(snapshot.resource.get(service.product.id_field) or ""),
        state=state,
        iam=iam,
        dependants=snapshot.dependants(),
        details=snapshot.details(),
        digest=snapshot.digest(),
        findings=_to_decide(snapshot.unread),
        expires_at=first_end(snapshot.lists.get("account", ())),
        nothing_for=_without_options(service, snapshot),
    )


def _to_decide(unread: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return findings on unread items. None forbids a launch: a check of the run stops for it, and a person decides."""
    return tuple(found.model_copy(update={"blocking": False}) for found in unread_findings(unread))


def _without_ports(configuration: Configuration) -> dict[str, str]:
    if any(port.status == "enabled" for port in configuration.ports):
        return {}
    return {"ovhcloud.connect.lock-interfaces": msg("no port is enabled, so nobody would notice that they are locked")}


def _without_options(service: OvhService, snapshot: ProductSnapshot) -> dict[str, str]:
    if service.product is not WEB_HOSTING or snapshot.lists.get("emailOption"):
        return {}
    missing = msg("the web hosting has no MX Plan")
    return dict.fromkeys(("ovhcloud.mail.ask-option-termination", "ovhcloud.mail.await-options-gone"), missing)


def timings(billed: BilledService, infos: ServiceInfos, product: OvhProduct) -> tuple[Timing, ...]:
    """The timings that OVHcloud would accept now, by ``lifecycle.capacities.actions`` or the product's own calls."""
    actions, renew = billed.possible, billed.billing.renew
    accepted = {
        Timing.END_OF_TERM: "terminateAtExpirationDate" in actions and infos.can_delete_at_expiration,
        Timing.IMMEDIATE: "terminate" in actions,
        Timing.END_OF_COMMITMENT: "terminateAtEngagementDate" in actions,
        Timing.LET_EXPIRE: renew is not None and renew.current.mode == "manual",
    }
    return tuple(timing for timing, possible in accepted.items() if possible or timing in product.own_timings)


def committed_until(infos: ServiceInfos, now: datetime) -> datetime | None:
    """The end of the minimum term (S2.2); None when none runs."""
    end = midnight(infos.engaged_up_to) if infos.engaged_up_to else None
    return end if end and end > now else None


_NOT_TOLD = frozenset({Category.DENIED, Category.NOT_FOUND, Category.CONFLICT, Category.INVALID})
"""How OVHcloud answers when it does not tell a price."""


async def exit_fee(
    service: OvhService, infos: ServiceInfos, engaged: datetime | None
) -> tuple[Amount | None, tuple[Finding, ...]]:
    """The price of leaving before the end of the minimum term, tax included, and what to say when it is not shown.

    ``engagement/flush`` with ``dryRun`` simulates the order; without it the call would buy the exit.
    """
    if engaged is None:
        return None, ()
    try:
        flushed = await service.api.read_by_post(
            f"/services/{infos.service_id}/billing/engagement/flush",
            FlushOrder,
            {"dryRun": True, "autoPayWithPreferredPaymentMethod": False, "terminateSubscription": False},
        )
    except UnrackError as error:
        if error.problem.category not in _NOT_TOLD:
            raise
        return None, (findings.fee_unknown(engaged, error.problem),)
    price = flushed.order.prices.with_tax or flushed.order.prices.without_tax
    if price is None:
        return None, ()
    return _amount(price), ()


def _amount(price: Price) -> Amount:
    return Amount(value=f"{Decimal(str(price.value)):f}", currency=price.currency_code)


async def read_options(service: OvhService, service_id: int) -> tuple[str, ...]:
    """Options billed apart, by name."""
    options = await service.api.get(f"/services/{service_id}/options", list[BilledService])
    return tuple(sorted(option.resource.display_name or option.resource.name for option in options))


def _details(connect: Connect, configuration: Configuration) -> dict[str, str | int | float | bool | None]:
    return {
        msg("point of presence"): connect.pop,
        "product": connect.product,
        "provider": connect.provider,
        "bandwidth": connect.bandwidth,
        "ports": len(configuration.ports),
        "vrack": connect.vrack,
        msg("service id"): configuration.service_id,
    }
