"""Savings Plans: commitments to pay for capacity of a Public Cloud project, whether the project lives or not.

OVHcloud's Control Panel asks for them before it lets a project be deleted, and offers its support instead where one is
active (OVHcloud's description of ``/services``, 2026-08). What the API does with them then is not published.
"""

from unrack.contracts.products_ovhcloud import PUBLIC_CLOUD, SAVINGS_PLANS
from unrack.model.service import Finding
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.schemas import BilledService
from unrack.providers.ovhcloud.schemas_products import SavingsPlan
from unrack.providers.ovhcloud.service import OvhService, unless_parent_answers
from unrack.providers.ovhcloud.unread import tolerated

SUBJECT = "Savings Plan"
_OVER = "TERMINATED"
_BINDS = frozenset({"ACTIVE", "PENDING"})


async def subscribed(service: OvhService, billed: BilledService, *, blocking: bool) -> Findings:
    """Every plan that still binds, or could not be looked at; nothing for a service that is no Public Cloud project."""
    route = billed.route.path if billed.route else None
    if service.product is not PUBLIC_CLOUD and route != PUBLIC_CLOUD.route:
        return ()
    parent = f"/services/{billed.service_id}"
    path = SAVINGS_PLANS.billed_at.format(billed.service_id)
    nothing: list[SavingsPlan] = []
    reading = unless_parent_answers(service.api, parent, path, lambda: service.api.get(path, list[SavingsPlan]))
    plans, unread = await tolerated(reading, nothing, SUBJECT, blocking=blocking)
    return (*(_judged(plan, blocking=blocking) for plan in plans if plan.status != _OVER), *unread)


def _judged(plan: SavingsPlan, *, blocking: bool) -> Finding:
    known = "" if plan.status in _BINDS else " (a status that Unrack does not know)"
    text = (
        f"the Savings Plan '{plan.display_name}' ({plan.flavor}, size {plan.size}) is {plan.status}{known} until "
        f"{plan.end_date}: it is paid for until then, and what becomes of it with the project is not published. Ask "
        "OVHcloud's support before the project ends, then decide"
    )
    return Finding(subject=SUBJECT, text=text, blocking=blocking, item=plan.id, now=plan.status)
