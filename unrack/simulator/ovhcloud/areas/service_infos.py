"""``/ovhCloudConnect/{s}/serviceInfos``: the older view of the same commercial life (ovh-api ``services.Service``)."""

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, day, get
from unrack.simulator.ovhcloud.records import Policy, Service
from unrack.simulator.ovhcloud.refusal import expired, refused
from unrack.simulator.vendor import Reply


class _Renew(Frozen):
    automatic: bool
    deleteAtExpiration: bool  # noqa: N815  # OVHcloud's names
    forced: bool
    manualPayment: bool | None = None  # noqa: N815
    period: int | None = None


class _Update(Frozen):
    renew: _Renew


def _infos(call: ApiCall) -> answers.ServicesService:
    connection, service = call.any_connection()
    if service.ended_at and not connection.closed:
        raise expired(connection.uuid)
    return infos_of(call, service)


def infos_of(call: ApiCall, service: Service) -> answers.ServicesService:
    """Of a service that has a term."""
    engagement = lifecycle.committed(service, call.now)
    return {
        "serviceId": service.id,
        "domain": service.name,
        "status": _status(call, service),
        "creation": day(service.created_at),
        "expiration": day(service.expires_at),
        "engagedUpTo": day(engagement.end) if engagement else None,
        "canDeleteAtExpiration": service.can_delete_at_expiration,
        "possibleRenewPeriod": [1],
        "renewalType": "automaticV2016" if service.renews_automatically else "manual",
        "contactAdmin": service.contact_admin,
        "contactBilling": service.account,
        "contactTech": service.account,
        "renew": {
            "automatic": service.renews_automatically,
            "deleteAtExpiration": service.policy is Policy.AT_EXPIRATION,
            "forced": False,
            "manualPayment": not service.renews_automatically,
            "period": service.period_months,
        },
    }


def non_expiring_infos_of(call: ApiCall, service: Service) -> answers.ServicesNonExpiringService:
    """Of a service without term and renewal."""
    return {
        "serviceId": service.id,
        "domain": service.name,
        "status": _status(call, service),
        "creation": day(service.created_at),
        "contactAdmin": service.contact_admin,
        "contactBilling": service.account,
        "contactTech": service.account,
    }


def _status(call: ApiCall, service: Service) -> str:
    if service.shown_status:
        return service.shown_status
    if service.ended_at:
        return "expired"
    return "pendingDebt" if call.tables.accounts[service.account].debt else "ok"


def _update(call: ApiCall) -> Reply:
    """Plans the end, or takes it back, the older way."""
    _, service = call.connection()
    return update_infos(call, service)


def update_infos(call: ApiCall, service: Service) -> Reply:
    """Takes in the whole ``renew`` object."""
    renew = call.read(_Update).renew
    if renew.period not in (None, service.period_months):
        raise refused(400, f"[renew.period] {renew.period} is not a possible renew period")
    effect = _plan(call, service, delete=renew.deleteAtExpiration)
    current = call.tables.services[service.id]
    if renew.automatic != current.renews_automatically:
        call.tables.services.change(current, renews_automatically=renew.automatic)
        effect = f"{effect}; renewal of {service.name} changed".removeprefix("; ")
    return Reply(effect=effect)


def _plan(call: ApiCall, service: Service, *, delete: bool) -> str:
    if delete == (service.policy is Policy.AT_EXPIRATION):
        return ""
    policy = Policy.AT_EXPIRATION if delete else Policy.EMPTY
    return lifecycle.plan_end(call.tables, service, policy, call.caller, call.now)


_PATH = "/ovhCloudConnect/{serviceName}/serviceInfos"
ENDPOINTS: tuple[Endpoint, ...] = (get(_PATH, _infos), Endpoint("PUT", _PATH, _update))
