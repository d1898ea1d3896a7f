"""When the next bill may be there: by the dates of the last ones."""

from datetime import UTC, datetime, timedelta

from unrack.providers.ovhcloud.billing import next_bill
from unrack.providers.ovhcloud.schemas.services import Bill

NOW = datetime(2027, 1, 2, tzinfo=UTC)


def bill(day: str) -> Bill:
    """A bill of a day."""
    return Bill.model_validate({"billId": f"FR{day}", "date": f"{day}T08:00:00+00:00"})


def test_it_is_looked_for_a_month_after_one_of_the_last() -> None:
    """An account may be billed on several days of a month: the nearest of them counts."""
    due = next_bill([bill("2026-12-07"), bill("2026-12-20")], NOW)

    assert due is not None
    assert timedelta(0) <= due - datetime(2027, 1, 7, 8, tzinfo=UTC) < timedelta(days=1)


def test_without_a_bill_of_the_last_month_the_runbook_says_how_often() -> None:
    """Nothing is known of an account that was not billed lately."""
    assert next_bill([], NOW) is None
    assert next_bill([bill("2026-11-20")], NOW) is None
