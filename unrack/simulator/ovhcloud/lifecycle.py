"""The commercial life of a service: planned end, renewal, immediate end, retention, deletion.

Published facts come from OVHcloud's descriptions and its Control Panel's source. What is not published is decided here
and said in the docstring: these decisions are the simulator's, not OVHcloud's.
"""

import secrets
from datetime import datetime, timedelta

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.faults import InjectedFaults
from unrack.simulator.ovhcloud import billing, mailbox, products
from unrack.simulator.ovhcloud.records import Engagement, Policy, Service
from unrack.simulator.ovhcloud.refusal import conflict, expired, refused
from unrack.simulator.ovhcloud.tables import Tables

LAST_CHANGE = timedelta(hours=24)
"""A planned end can be stopped up to 24 hours before it (OVHcloud docs, how-to-cancel)."""


BY_SUPPORT = "deletionBySupport"
"""Work on a service that ends it: a ticket asked for it."""


def finish_work(tables: Tables, number: int, at: datetime) -> None:
    """Ends a piece of work on a service, with its effect."""
    work = tables.work[number]
    asset = tables.assets.get(work.asset)
    if work.function == BY_SUPPORT and asset:
        end(tables, tables.services[asset.service], at)
    products.finish(tables, number)


def committed(service: Service, now: datetime) -> Engagement | None:
    """The minimum term that still runs."""
    return service.engagement if service.engagement and service.engagement.end > now else None


def actions(service: Service, now: datetime) -> list[str]:
    """The actions that the provider accepts now (``lifecycle.capacities.actions``)."""
    if service.ended_at:
        return []
    if committed(service, now):
        return [Policy.AT_ENGAGEMENT.value]
    planned = [Policy.AT_EXPIRATION.value] if service.can_delete_at_expiration else []
    return ["earlyRenewal", "terminate", *planned]


def plan_end(tables: Tables, service: Service, policy: Policy, caller: str, now: datetime) -> str:
    """Plans the end of the service, or takes the plan back; refused from 24 hours before the end."""
    require_cancellable(tables, service, caller)
    if policy is service.policy:
        return ""
    if service.expires_at - now < LAST_CHANGE:
        raise conflict("The termination policy can be changed until 24 hours before the expiration date")
    if policy is not Policy.EMPTY and policy.value not in actions(service, now):
        raise conflict(f"The action {policy.value} is not possible on this service")
    changed = tables.services.change(service, policy=policy)
    if (end := changed.ends_at()) is None:
        mailbox.send(tables, changed, now, f"Termination of {service.name} stopped", f"{service.name} goes on.")
        return f"planned end of {service.name} taken back"
    text = f"Your service {service.name} will end on {end.isoformat()}."
    mailbox.send(tables, changed, now, f"Termination of {service.name} planned", text)
    return f"end of {service.name} planned for {end.isoformat()}"


def ask_end(tables: Tables, service: Service, caller: str, now: datetime, faults: InjectedFaults) -> str:
    """Mails a token; a newer token replaces an older one (assumed)."""
    require_cancellable(tables, service, caller)
    if committed(service, now):
        raise conflict("The service is under engagement; flush the engagement first")
    changed = tables.services.change(
        service, token=secrets.token_hex(16), token_until=now + timedelta(seconds=tables.settings.token_lifetime)
    )
    mailbox.send_token(tables, changed, now, faults)
    return f"token for the termination of {service.name} mailed"


def confirm_end(tables: Tables, service: Service, token: str, caller: str, now: datetime) -> str:
    """Ends the service at once, given the mailed token (refused with 400 when it is wrong: assumed)."""
    require_cancellable(tables, service, caller)
    good = service.token and service.token_until and now <= service.token_until
    if not good or not secrets.compare_digest(token.encode(), (service.token or "").encode()):
        raise refused(400, "Invalid token")
    end(tables, service, now)
    return f"{service.name} ended at once"


def end(tables: Tables, service: Service, at: datetime) -> None:
    """Ends the service and its options: suspended, and retained for a while."""
    until = at + timedelta(seconds=service.retention or tables.settings.retention)
    for each in (service, *tables.services.where(parent=service.id)):
        if each.ended_at is None:
            tables.services.change(each, ended_at=at, retained_until=until, token=None, token_until=None)
    mailbox.send(
        tables, service, at, f"{service.name} ended", f"Your service {service.name} ended on {at.isoformat()}."
    )


def delete(tables: Tables, service: Service) -> None:
    """Deletes an ended service with everything that belongs to it: every call answers 404 from now on."""
    for connection in tables.connections.where(service=service.id):
        holding = (tables.interfaces, tables.pops, tables.datacenters, tables.extras, tables.tasks, tables.vrack_tasks)
        for table in holding:
            for row in table.where(connection=connection.uuid):
                table.remove(row)  # pyright: ignore[reportArgumentType]  # a row of the same table
        tables.connections.remove(connection)
    for each in (*tables.services.where(parent=service.id), service):
        products.forget(tables, each)
        tables.services.remove(each)


def retain(tables: Tables, service: Service, caller: str) -> str:
    """Takes the end of a service back while it is retained (assumed: until it is deleted)."""
    _require_admin(service, caller)
    if service.ended_at is None:
        raise conflict("The service is not in its retention period")
    tables.services.change(service, ended_at=None, retained_until=None)
    return f"{service.name} retained"


def skip_retention(tables: Tables, service: Service, caller: str) -> str:
    """Releases what is retained, at once."""
    _require_admin(service, caller)
    if service.ended_at is None:
        raise conflict("The service is not in its retention period")
    delete(tables, service)
    return f"{service.name} deleted before the end of its retention"


def flush(tables: Tables, service: Service, *, terminate: bool, caller: str, now: datetime) -> str:
    """Buys the exit from the minimum term, and ends the service when asked to."""
    require_cancellable(tables, service, caller)
    engagement = require_engagement(service, now)
    line = (service, "Early exit from the engagement", engagement.fee, None, None)
    billing.issue(tables, service.account, now, [line])
    changed = tables.services.change(service, engagement=None)
    if terminate:
        end(tables, changed, now)
    return f"exit from the engagement of {service.name} bought" + (" and the service ended" if terminate else "")


def require_engagement(service: Service, now: datetime) -> Engagement:
    """The running minimum term; 404 without one (assumed)."""
    if (engagement := committed(service, now)) is None:
        raise refused(404, "This service has no engagement")
    return engagement


def require_cancellable(tables: Tables, service: Service, caller: str) -> None:
    """Only the admin contact may cancel, only a living service, and only without debt (OVHcloud docs)."""
    if service.ended_at:
        raise expired(service.name)
    _require_admin(service, caller)
    if tables.accounts[service.account].debt > 0:
        raise conflict("Your account has an outstanding debt; pay it before cancelling a service")


def due_at(service: Service) -> datetime:
    """When something next happens to the service by itself."""
    if service.retained_until:
        return service.retained_until
    planned = service.ends_at()
    return min(planned, service.expires_at) if planned else service.expires_at


def happen(tables: Tables, service: Service, at: datetime) -> None:
    """Deletes, ends or renews the service, whatever is due at `due_at`."""
    planned = service.ends_at()
    if service.retained_until:
        delete(tables, service)
    elif (planned and planned <= at) or not service.renews_automatically:
        end(tables, service, at)
    else:
        tables.services.change(service, expires_at=plus_months(service.expires_at, service.period_months))


def _require_admin(service: Service, caller: str) -> None:
    if caller != service.contact_admin:
        raise refused(403, "Only the admin contact of the service can do this", "FORBIDDEN")
