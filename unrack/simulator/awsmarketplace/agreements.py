"""The life of agreements: cancelling, the seller's requests, renewal and end, the monthly charges.

What AWS does not publish is decided here and said in the docstring: these decisions are the simulator's.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from unrack.simulator.awsmarketplace.records import Agreement, CancellationRequest, Tables, charge
from unrack.simulator.awsmarketplace.refusal import conflict, invalid
from unrack.simulator.calendar_months import plus_months
from unrack.simulator.vendor import Event
from unrack.simulator.world import World

SELF_SERVICE = timedelta(hours=48)
"""So long after the purchase a buyer may cancel a public contract alone (AWS Marketplace buyer guide)."""

_CHARGED_ON = 3
"""Day of the month on which the use of the month before is charged. Assumed; AWS closes a month in its first days."""


def cancel(tables: Tables, agreement: Agreement, now: datetime) -> str:
    """The buyer cancels; the agreement ends at once."""
    _must_be_active(agreement)
    if agreement.ends_at is not None and now >= agreement.accepted_at + SELF_SERVICE:
        raise invalid(
            "UNSUPPORTED_ACTION",
            "This agreement cannot be cancelled by the acceptor. Contact the seller to request a cancellation.",
            "agreementId",
        )
    end(tables, agreement, now, "CANCELLED")
    return f"{agreement.id} cancelled by its buyer"


def answer(tables: Tables, request: CancellationRequest, now: datetime, *, accept: bool, words: str = "") -> str:
    """The buyer accepts or rejects the seller's request; only one that waits for an answer can be answered."""
    if request.status != "PENDING_APPROVAL":
        message = f"The cancellation request is {request.status}, not PENDING_APPROVAL"
        raise conflict("AgreementCancellationRequest", request.id, message)
    if not accept:
        tables.requests.change(request, status="REJECTED", updated_at=now, message=words)
        return f"{request.id} rejected"
    ends = now + timedelta(seconds=tables.settings.processing)
    tables.requests.change(request, status="APPROVED", updated_at=now, ends_at=ends)
    return f"{request.id} accepted; {request.agreement} ends at {ends.isoformat()}"


def ask_to_cancel(world: World, now: datetime, agreement_id: str) -> str:
    """The seller asks to cancel. Not a call of the buyer: let it happen with `Simulator.happen`.

    Returns:
        The request's id.
    """
    tables = world.room(Tables)
    request = CancellationRequest(
        id=f"acr-{world.next_id('aws-request')}", agreement=agreement_id, created_at=now, updated_at=now
    )
    return tables.requests.put(request).id


def withdraw(world: World, now: datetime, agreement_id: str) -> None:
    """The seller takes its request back."""
    table = world.room(Tables).requests
    for request in table.where(agreement=agreement_id, status="PENDING_APPROVAL"):
        table.change(request, status="CANCELLED", updated_at=now)


def accept_in_advance(world: World, now: datetime, agreement_id: str) -> str:
    """The buyer accepts a future dated offer: the next agreement on the product, from the end of this one on.

    That AWS shows it as ACTIVE before it begins is assumed: no other status fits (botocore: AgreementStatus).

    Returns:
        The new agreement's id.
    """
    tables = world.room(Tables)
    current = tables.agreements[agreement_id]
    begins = current.ends_at or now
    return tables.agreements.put(
        current.model_copy(
            update={
                "id": f"agmt-{world.next_id('aws-agreement')}",
                "offer": f"{current.offer}-next",
                "accepted_at": now,
                "starts_at": begins,
                "ends_at": begins + timedelta(days=current.term_days),
                "seller_asks_at": None,
            }
        )
    ).id


def set_renewal(tables: Tables, agreement: Agreement, now: datetime, *, renew: bool) -> str:
    """The buyer changes the renewal."""
    _must_be_active(agreement)
    if agreement.ends_at is not None and now >= agreement.ends_at - timedelta(days=agreement.lockout_days):
        raise conflict("Agreement", agreement.id, "The agreement is in its lockout period")
    tables.agreements.change(agreement, auto_renew=renew, opted_out=not renew)
    return f"renewal of {agreement.id} turned {'on' if renew else 'off'}"


def end(tables: Tables, agreement: Agreement, at: datetime, status: str) -> None:
    """The agreement ends, and what it provisioned with it."""
    tables.agreements.change(agreement, status=status, ended_at=at, entitled=False)
    for request in tables.requests.where(agreement=agreement.id, status="PENDING_APPROVAL"):
        tables.requests.change(request, status="CANCELLED", updated_at=at)


def upcoming(world: World) -> Iterator[Event]:
    """Ends, renewals, accepted cancellations and monthly charges."""
    tables = world.room(Tables)
    for agreement in tables.agreements:
        if agreement.status == "ACTIVE" and agreement.ends_at is not None:
            yield agreement.ends_at, partial(_at_end_date, world, agreement.id, agreement.ends_at)
        if agreement.seller_asks_at is not None:
            yield agreement.seller_asks_at, partial(_seller_asks, world, agreement.id, agreement.seller_asks_at)
        if agreement.next_charge_at is not None:
            yield agreement.next_charge_at, partial(_bill_month, tables, agreement.id, agreement.next_charge_at)
    for request in tables.requests.where(status="APPROVED"):
        if request.ends_at is not None:
            yield request.ends_at, partial(_processed, tables, request.id, request.ends_at)


def first_charge(after: datetime) -> datetime:
    """The next day on which a month is charged."""
    this_month = after.replace(day=_CHARGED_ON, hour=0, minute=0, second=0, microsecond=0)
    return this_month if this_month > after else plus_months(this_month, 1)


def _at_end_date(world: World, agreement_id: str, at: datetime) -> None:
    """A contract expires, or is renewed into a new agreement that begins where it ended."""
    tables = world.room(Tables)
    agreement = tables.agreements[agreement_id]
    if not (agreement.renewal_term and agreement.auto_renew):
        end(tables, agreement, at, "EXPIRED")
        return
    renewed = agreement.model_copy(
        update={
            "id": f"agmt-{world.next_id('aws-agreement')}",
            "accepted_at": at,
            "starts_at": None,
            "ends_at": at + timedelta(days=agreement.term_days),
        }
    )
    end(tables, agreement, at, "RENEWED")
    charge(tables, tables.agreements.put(renewed), at, renewed.price)


def _seller_asks(world: World, agreement_id: str, at: datetime) -> None:
    table = world.room(Tables).agreements
    asked = table.change(table[agreement_id], seller_asks_at=None)
    if asked.status == "ACTIVE":
        ask_to_cancel(world, at, agreement_id)


def _processed(tables: Tables, request_id: str, at: datetime) -> None:
    request = tables.requests[request_id]
    tables.requests.change(request, ends_at=None, updated_at=at)
    agreement = tables.agreements[request.agreement]
    if agreement.status == "ACTIVE":
        end(tables, agreement, at, "CANCELLED")


def _bill_month(tables: Tables, agreement_id: str, at: datetime) -> None:
    """Charges the month before, if the agreement was in force in it; the last such charge is the last of all."""
    agreement = tables.agreements[agreement_id]
    month_begins = plus_months(at.replace(day=1), -1)
    in_force = agreement.ended_at is None or agreement.ended_at > month_begins
    if in_force:
        charge(tables, agreement, at, agreement.price)
    tables.agreements.change(agreement, next_charge_at=plus_months(at, 1) if in_force else None)


def _must_be_active(agreement: Agreement) -> None:
    if agreement.status != "ACTIVE":
        raise conflict("Agreement", agreement.id, f"The agreement is {agreement.status}, not ACTIVE")
