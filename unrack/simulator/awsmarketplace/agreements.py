"""The life of agreements: cancelling, the seller's requests, renewal and end, the monthly charges.

What AWS does not publish is decided here and said in the docstring: these decisions are the simulator's.
"""

from datetime import datetime, timedelta

from unrack.simulator.awsmarketplace.records import Agreement, CancellationRequest
from unrack.simulator.awsmarketplace.refusal import conflict, invalid
from unrack.simulator.awsmarketplace.tables import Tables

SELF_SERVICE = timedelta(hours=48)
"""So long after the purchase a buyer may cancel a public contract alone (AWS Marketplace buyer guide)."""


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


def _must_be_active(agreement: Agreement) -> None:
    if agreement.status != "ACTIVE":
        raise conflict("Agreement", agreement.id, f"The agreement is {agreement.status}, not ACTIVE")
