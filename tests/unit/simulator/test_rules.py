"""Small rules of the simulator that need no HTTP."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrack.simulator.calendar_months import plus_months
from unrack.simulator.faults import Fault, FaultKind
from unrack.simulator.ledger import LedgerEntry, without_secrets


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2026, 12, 15), 1, (2027, 1, 15)), ((2026, 3, 10), -3, (2025, 12, 10))],
)
def test_a_month_later(start: tuple[int, int, int], months: int, end: tuple[int, int, int]) -> None:
    """The same day, or the last one of a shorter month; backwards too."""
    assert plus_months(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "path", "hit"),
    [
        ("DELETE", "/ovhCloudConnect/x/config/pop/1", True),
        ("GET", "/ovhCloudConnect/x/config/pop/1", False),
        ("DELETE", "/ovhCloudConnect/x/config/pop", False),
        ("DELETE", "/vrack/x/config/pop/1", False),
    ],
)
def test_a_fault_matches_method_and_path(method: str, path: str, hit: bool) -> None:
    """`*` stands for anything; everything else is literal."""
    fault = Fault(kind=FaultKind.ERROR_BEFORE, method="DELETE", path="/ovhCloudConnect/*/pop/*")

    assert fault.matches(method, path) is hit


@given(secret=st.text(min_size=8, alphabet="ghijklmnop"))
def test_no_secret_enters_the_ledger(secret: str) -> None:
    """A token is replaced by a fingerprint: equal for equal tokens, so that repetitions stay visible."""
    once = without_secrets({"token": secret, "reason": "OTHER"})

    assert secret not in str(once)
    assert once == without_secrets({"token": secret, "reason": "OTHER"})
    assert once["reason"] == "OTHER"


def test_the_same_call_is_known_again_whatever_the_order_of_its_fields() -> None:
    """`attempt` counts by method, path and body."""
    common = {"method": "PUT", "path": "/x", "at": datetime.now(UTC), "effect": "", "took_effect": True}
    common |= {"status": 200, "query_id": "q"}
    first = LedgerEntry.model_validate(common | {"body": {"a": 1, "b": 2}})
    second = LedgerEntry.model_validate(common | {"body": {"b": 2, "a": 1}})

    assert first.call() == second.call()
