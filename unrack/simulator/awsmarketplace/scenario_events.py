"""Events that sellers and buyers cause outside the buyer's API; `Simulator.happen` lets them happen."""

from datetime import datetime, timedelta

from unrack.simulator.awsmarketplace.records import CancellationRequest
from unrack.simulator.awsmarketplace.tables import Tables
from unrack.simulator.world import World


def ask_to_cancel(world: World, now: datetime, agreement_id: str) -> str:
    """The seller asks to cancel. Not a call of the buyer: let it happen with `Simulator.happen`.

    Returns:
        The request's id.
    """
    tables = world.tables_for(Tables)
    request = CancellationRequest(
        id=f"acr-{world.next_id('aws-request')}", agreement=agreement_id, created_at=now, updated_at=now
    )
    return tables.requests.put(request).id


def withdraw(world: World, now: datetime, agreement_id: str) -> None:
    """The seller takes its request back."""
    table = world.tables_for(Tables).requests
    for request in table.where(agreement=agreement_id, status="PENDING_APPROVAL"):
        table.change(request, status="CANCELLED", updated_at=now)


def accept_in_advance(world: World, now: datetime, agreement_id: str) -> str:
    """The buyer accepts a future dated offer: the next agreement on the product, from the end of this one on.

    That AWS shows it as ACTIVE before it begins is assumed: no other status fits (botocore: AgreementStatus).

    Returns:
        The new agreement's id.
    """
    tables = world.tables_for(Tables)
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
