"""Judgements on what OVHcloud says: pure, shared by the plan and by the checks that a run makes again."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from unrack.model.errors import Problem
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.ovhcloud.errors import UnknownRouteError
from unrack.providers.ovhcloud.products import OvhProduct
from unrack.providers.ovhcloud.schemas.published import Connect, DebtAccount, ServiceInfos
from unrack.providers.ovhcloud.schemas.services import BilledService

Findings = tuple[Finding, ...]

DIRECT = "OVHcloud"
"""``provider`` of the Direct offer; partners' names mark the Provider offer (OVHcloud's Control Panel; S2.18)."""


def admin_contact(infos: ServiceInfos, caller: str) -> Findings:
    """Only the admin contact may cancel (S0.3; OVHcloud docs, how-to-cancel)."""
    if caller == infos.contact_admin:
        return ()
    text = msg(
        "only {contact_admin} may cancel the service; the credential speaks for {caller}",
        contact_admin=infos.contact_admin,
        caller=caller,
    )
    return (
        Finding(
            subject=msg("admin contact"),
            text=msg("{text}. Use that account, or change the contact first", text=text),
            blocking=True,
        ),
    )


def product(connect: Connect, wanted: OvhProduct) -> Findings:
    """The Direct and the Provider offer have different procedures (S2.18)."""
    direct = connect.provider in ("", DIRECT)
    if direct is (wanted.name == "connect-direct"):
        return ()
    text = msg(
        "the connection is delivered by {provider}: it is not OVHcloud Connect Direct. Cancel both sides",
        provider=connect.provider,
    )
    if direct:
        text = msg("the connection is delivered by OVHcloud itself: use the runbook of OVHcloud Connect Direct")
    return (Finding(subject="product", text=text, blocking=True),)


def debt(account: DebtAccount) -> Findings:
    """Open debt blocks every cancellation (OVHcloud docs)."""
    due = account.due_amount
    if due.value <= 0:
        return ()
    text = msg(
        "{value} {currency_code} are due; OVHcloud refuses cancellations until they are paid",
        value=f"{due.value:.2f}",
        currency_code=due.currency_code,
    )
    return (Finding(subject="debt", text=text, blocking=True),)


def planned(billed: BilledService) -> Findings:
    """An end planned by someone else is theirs to take back."""
    if not billed.planned:
        return ()
    when = f" for {billed.ends_at.date()}" if billed.ends_at else ""
    text = msg(
        "an end is planned already{when} ({join}). Take it back in the Control Panel first",
        when=when,
        join=", ".join(billed.planned),
    )
    return (Finding(subject="cancellation", text=text, blocking=True),)


def can_delete_at_expiration(infos: ServiceInfos, timing: Timing | None) -> Findings:
    """Blocks only the timing that needs it; before a timing is chosen it is worth knowing."""
    if infos.can_delete_at_expiration:
        return ()
    text = msg("OVHcloud does not let this service end at its expiry (canDeleteAtExpiration). Choose another timing")
    return (Finding(subject=msg("end at expiry"), text=text, blocking=timing is Timing.END_OF_TERM),)


def options(names: tuple[str, ...]) -> Findings:
    """One finding for each option."""
    return tuple(Finding(subject="option", text=_billed_apart(name)) for name in names)


def _billed_apart(name: str) -> str:
    return msg(
        "'{name}' is billed apart. It ends with the service, or is cancelled by itself: look at the next bill",
        name=name,
    )


def fee_unknown(engaged: datetime, problem: Problem) -> Finding:
    """The price could not be had."""
    text = msg(
        "a minimum term runs until {date}; OVHcloud does not tell the price of leaving: {message}",
        date=engaged.date(),
        message=problem.message,
    )
    return Finding(subject=msg("early exit"), text=text)


Read = TypeVar("Read")

UNKNOWN = msg("call not known to OVHcloud")
"""The value of an item whose call OVHcloud does not know. Two reads with this value count as equal."""


def not_looked_at(subject: str, problem: Problem, *, blocking: bool = False, item: str | None = None) -> Finding:
    """Return the finding on an item that could not be read."""
    advice = problem.suggestion[:1].upper() + problem.suggestion[1:]
    text = msg(
        "could not look{value}: {message}. {advice}",
        value=msg(" at {item}", item=item) if item else "",
        message=problem.message,
        advice=advice,
    )
    return Finding(subject=subject, text=text, blocking=blocking, item=item, now=UNKNOWN)


async def tolerated(
    reading: Awaitable[Read], instead: Read, subject: str, *, blocking: bool = False
) -> tuple[Read, Findings]:
    """Return the result of `reading`, or `instead` and a finding where OVHcloud does not know the call.

    For data that a plan or a check can do without. A read of needed data raises, and a person decides at the step.
    """
    try:
        return await reading, ()
    except UnknownRouteError as error:
        return instead, (not_looked_at(subject, error.problem, blocking=blocking),)
