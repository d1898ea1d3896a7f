"""``/services``: term, planned end, engagement, immediate end (OVH services description, with additions of 2026)."""

from typing import Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, lifecycle, products
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, day, get, price, stamp
from unrack.simulator.ovhcloud.records import Engagement, Policy, Service
from unrack.simulator.ovhcloud.records_products import Member
from unrack.simulator.vendor import Reply

Strategy = Literal[
    "CANCEL_SERVICE",
    "REACTIVATE_ENGAGEMENT",
    "STOP_ENGAGEMENT_FALLBACK_DEFAULT_PRICE",
    "STOP_ENGAGEMENT_KEEP_PRICE",
]
_STRATEGIES = list(Strategy.__args__)


class _Renew(Frozen):
    mode: Literal["automatic", "manual"]
    period: Literal["P1M"] | None = None


class _Update(Frozen):
    displayName: str | None = None  # noqa: N815  # OVHcloud's names
    renew: _Renew | None = None
    terminationPolicy: Policy | None = None  # noqa: N815


class _EndRule(Frozen):
    strategy: Strategy


class _Flush(Frozen):
    autoPayWithPreferredPaymentMethod: bool = False  # noqa: N815
    dryRun: bool = False  # noqa: N815
    terminateSubscription: bool = False  # noqa: N815


class _Token(Frozen):
    token: str


def _list(call: ApiCall) -> list[int]:
    name, route = call.query.get("resourceName"), call.query.get("routes")
    services = call.tables.services.where(account=call.caller)
    if name is not None:
        services = [service for service in services if service.name == name]
    if route is not None:
        services = [service for service in services if service.route in route.split(",")]
    return [service.id for service in services]


def _service_of(call: ApiCall) -> Service:
    return call.service(call.path["serviceId"])


def _service(call: ApiCall) -> answers.ServicesExpandedService:
    return _view(call, _service_of(call))


def _view(call: ApiCall, service: Service) -> answers.ServicesExpandedService:
    return {
        "serviceId": service.id,
        "parentServiceId": service.parent,
        "billing": _billing(call, service),
        "customer": {
            "contacts": [
                {"customerCode": service.contact_admin, "type": "administrator"},
                {"customerCode": service.account, "type": "billing"},
                {"customerCode": service.account, "type": "technical"},
            ]
        },
        "resource": {
            "name": service.name,
            "displayName": service.display_name or service.name,
            "state": "suspended" if service.ended_at else "active",
            "product": {"name": service.plan, "description": service.title},
            "resellingProvider": "ovh.eu",
        },
        "route": {
            "path": service.route,
            "url": service.route.replace("{serviceName}", service.name),
            "vars": [{"key": "serviceName", "value": service.name}],
        },
        "tags": [],
    }


def _billing(call: ApiCall, service: Service) -> answers.ServicesExpandedBilling:
    engagement = lifecycle.committed(service, call.now)
    goes_on = service.ended_at is None and service.ends_at() is None
    next_date = stamp(service.expires_at) if goes_on else None
    mode = "automatic" if service.renews_automatically else "manual"
    return {
        "expirationDate": stamp(service.expires_at),
        "nextBillingDate": next_date,
        "engagement": {"endDate": day(engagement.end), "endRule": _rule(engagement)} if engagement else None,
        "engagementRequest": None,
        "group": None,
        "lifecycle": _lifecycle(call, service),
        "plan": {"code": service.plan, "invoiceName": service.title},
        "pricing": _pricing(service),
        "renew": {
            "capacities": {"mode": ["automatic", "manual"]},
            "current": {"mode": mode, "nextDate": next_date, "period": f"P{service.period_months}M"},
        },
    }


def _pricing(service: Service) -> answers.ServicesBillingPricing:
    return {
        "capacities": ["renew"],
        "description": f"Monthly fees for {service.title}",
        "duration": f"P{service.period_months}M",
        "engagementConfiguration": None,
        "interval": service.period_months,
        "maximumQuantity": None,
        "maximumRepeat": None,
        "minimumQuantity": 1,
        "minimumRepeat": 1,
        "price": price(service.price),
        "priceInUcents": round(service.price * 100_000_000),
        "pricingMode": "default",
        "pricingType": "rental",
    }


def _lifecycle(call: ApiCall, service: Service) -> answers.ServicesExpandedLifecycle:
    end = service.ended_at or service.ends_at()
    at_engagement = service.policy is Policy.EMPTY and end is not None
    pending = Policy.AT_ENGAGEMENT if at_engagement else service.policy
    planned = service.ended_at is None and end is not None
    return {
        "capacities": {"actions": lifecycle.actions(service, call.now)},
        "current": {
            "state": "terminated" if service.ended_at else "active",
            "creationDate": stamp(service.created_at),
            "pendingActions": [pending.value] if planned else [],
            "terminationDate": stamp(end) if end else None,
        },
    }


def _update(call: ApiCall) -> Reply:
    service, wanted = _service_of(call), call.read(_Update)
    effects: list[str] = []
    if wanted.terminationPolicy is not None:
        policy = wanted.terminationPolicy
        effects.append(lifecycle.plan_end(call.tables, service, policy, call.caller, call.now))
    if wanted.renew or wanted.displayName is not None:
        current = call.service(service.id)
        call.tables.services.change(
            current,
            display_name=current.display_name if wanted.displayName is None else wanted.displayName,
            renews_automatically=wanted.renew.mode == "automatic" if wanted.renew else current.renews_automatically,
        )
        effects.append(f"name or renewal of {service.name} changed")
    return Reply(effect="; ".join(filter(None, effects)))


def _options(call: ApiCall) -> list[answers.ServicesExpandedService]:
    return [_view(call, option) for option in call.tables.services.where(parent=_service_of(call).id)]


def _rule(engagement: Engagement) -> answers.ServicesBillingEngagementEndRule:
    return {"strategy": engagement.strategy, "possibleStrategies": _STRATEGIES}


def _engagement(call: ApiCall) -> answers.ServicesBillingEngagementEngagement:
    engagement = lifecycle.require_engagement(_service_of(call), call.now)
    return {
        "currentPeriod": {"startDate": day(engagement.start), "endDate": day(engagement.end)},
        "endRule": _rule(engagement),
    }


def _set_rule(call: ApiCall) -> Reply:
    service, strategy = _service_of(call), call.read(_EndRule).strategy
    lifecycle.require_cancellable(call.tables, service, call.caller)
    engagement = lifecycle.require_engagement(service, call.now)
    if engagement.strategy == strategy:
        return Reply()
    changed = engagement.model_copy(update={"strategy": strategy})
    call.tables.services.change(service, engagement=changed)
    return Reply(effect=f"end rule of the engagement of {service.name} set to {strategy}")


def _flush(call: ApiCall) -> Reply:
    service, wanted = _service_of(call), call.read(_Flush)
    engagement = lifecycle.require_engagement(service, call.now)
    number = None if wanted.dryRun else call.tables.next_id("order")
    answer: answers.ServicesBillingEngagementEngagementFlushOrder = {"order": _order(call, service, engagement, number)}
    if wanted.dryRun:
        return Reply(answer)
    effect = lifecycle.flush(
        call.tables, service, terminate=wanted.terminateSubscription, caller=call.caller, now=call.now
    )
    return Reply(answer, effect)


def _order(call: ApiCall, service: Service, engagement: Engagement, order_id: int | None) -> answers.OrderOrder:
    fee, nothing = price(engagement.fee), price(0)
    line: answers.OrderOrderDetail = {
        "cartItemID": None,
        "description": "Early exit from the engagement",
        "detailType": "OTHER",
        "domain": service.name,
        "originalTotalPrice": fee,
        "quantity": 1,
        "reductionTotalPrice": nothing,
        "reductions": [],
        "totalPrice": fee,
        "unitPrice": fee,
    }
    tax = round(engagement.fee * 0.2, 2)
    return {
        "orderId": order_id,
        "url": f"{call.base_url}/_simulator/order/{order_id}" if order_id else None,
        "contracts": [],
        "details": [line],
        "prices": {
            "originalWithoutTax": fee,
            "reduction": nothing,
            "tax": price(tax),
            "withTax": price(engagement.fee + tax),
            "withoutTax": fee,
        },
    }


def _ask_end(call: ApiCall) -> Reply:
    effect = lifecycle.ask_end(call.tables, _service_of(call), call.caller, call.now, call.faults)
    return Reply(_told("Termination request sent"), effect)


def _confirm_end(call: ApiCall) -> Reply:
    token = call.read(_Token).token
    effect = lifecycle.confirm_end(call.tables, _service_of(call), token, call.caller, call.now)
    return Reply(_told("Termination confirmed"), effect)


def _told(message: str) -> answers.ServicesTerminateTerminationAnswer:
    return {"message": message}


def _skip_retention(call: ApiCall) -> Reply:
    return Reply(effect=lifecycle.skip_retention(call.tables, _service_of(call), call.caller))


def _delete(call: ApiCall) -> Reply:
    service = _service_of(call)
    lifecycle.require_cancellable(call.tables, service, call.caller)
    lifecycle.end(call.tables, service, call.now)
    return Reply(_told(f"Service {service.name} terminated"), f"{service.name} ended without confirmation")


def _savings_plans(call: ApiCall) -> list[answers.ServicesSavingsPlansSavingsPlan]:
    """Those of a Public Cloud project; other services have none."""
    assets = call.tables.assets.where(service=_service_of(call).id)
    return [_plan(row) for asset in assets for row in products.members(call.tables, asset, products.SAVINGS_PLAN)]


def _plan(row: Member) -> answers.ServicesSavingsPlansSavingsPlan:
    start, end = row.fields["startDate"], row.fields["endDate"]
    return {
        "id": row.id,
        "displayName": "Production nodes",
        "flavor": "b3-16",
        "offerId": "savings-plan-b3-16",
        "period": "P1M",
        "periodEndAction": "REACTIVATE",
        "periodStartDate": start,
        "periodEndDate": end,
        "plannedChanges": [],
        "size": 2,
        "status": row.fields["status"],
        "terminationDate": None,
        "startDate": start,
        "endDate": end,
    }


_S = "/services/{serviceId:int}"
ENDPOINTS: tuple[Endpoint, ...] = (
    get("/services", _list),
    get(_S, _service),
    Endpoint("PUT", _S, _update),
    Endpoint("DELETE", _S, _delete),
    get(f"{_S}/options", _options),
    get(f"{_S}/savingsPlans/subscribed", _savings_plans),
    get(f"{_S}/billing/engagement", _engagement),
    Endpoint("PUT", f"{_S}/billing/engagement/endRule", _set_rule),
    Endpoint("POST", f"{_S}/billing/engagement/flush", _flush),
    Endpoint("POST", f"{_S}/terminate", _ask_end),
    Endpoint("POST", f"{_S}/terminate/confirm", _confirm_end),
    Endpoint("POST", f"{_S}/terminate/skipRetentionPeriod", _skip_retention),
)
