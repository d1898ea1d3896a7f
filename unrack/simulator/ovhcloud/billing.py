"""Bills: one a month for each account, a line for each living service (ovh-api ``billing.Bill``, ``BillDetail``)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.ovhcloud.records import Account, Bill, BillLine, Service
from unrack.simulator.ovhcloud.tables import Tables


def issue_monthly(tables: Tables, account: Account, at: datetime) -> None:
    """Issues the account's bill that is due at `at` and sets the date of the next."""
    living = [service for service in tables.services.where(account=account.nichandle) if service.ended_at is None]
    end = plus_months(at, 1)
    if lines := [(s, f"{s.title}, {s.period_months} month", s.price, at, _until(s, end)) for s in living]:
        issue(tables, account.nichandle, at, lines)
    tables.accounts.change(account, next_bill_at=end)


def issue(
    tables: Tables,
    account: str,
    at: datetime,
    lines: Iterable[tuple[Service, str, float, datetime | None, datetime | None]],
    *,
    corrects: str | None = None,
) -> Bill:
    """Issues a bill, or what `corrects` one, with `lines` of service, description, price without tax, and period."""
    bill_id = f"{'CO' if corrects else 'FR'}{tables.next_id('bill') + 77000000}"
    rows = tuple(
        BillLine(
            id=f"{bill_id}-{number}",
            domain=service.name,
            description=description,
            price=price,
            period_start=start,
            period_end=end,
        )
        for number, (service, description, price, start, end) in enumerate(lines, start=1)
    )
    order = tables.next_id("order")
    return tables.bills.put(Bill(id=bill_id, account=account, order=order, date=at, lines=rows, corrects=corrects))


def _until(service: Service, end: datetime) -> datetime:
    """The last day paid for: never after a planned end."""
    return min(end, service.ends_at() or end) - timedelta(days=1)
