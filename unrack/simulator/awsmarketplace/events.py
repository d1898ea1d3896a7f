"""Events that the agreement service causes by itself: ends, renewals, accepted cancellations, monthly charges."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from unrack.simulator.awsmarketplace.agreements import end
from unrack.simulator.awsmarketplace.scenario_events import ask_to_cancel
from unrack.simulator.awsmarketplace.tables import Tables, charge
from unrack.simulator.calendar_months import plus_months
from unrack.simulator.vendor import Event
from unrack.simulator.world import World

_CHARGED_ON = 3
"""Day of the month on which the use of the month before is charged. Assumed; AWS closes a month in its first days."""


def upcoming(world: World) -> Iterator[Event]:
    """Ends, renewals, accepted cancellations and monthly charges."""
    tables = world.tables_for(Tables)
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
    tables = world.tables_for(Tables)
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
    table = world.tables_for(Tables).agreements
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
