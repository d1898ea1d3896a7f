"""What doctor says of a credential and of the last reconciliation."""

from datetime import UTC, datetime, timedelta

import pytest

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.contracts.reconciliation import Discrepancy, Mismatch, ReconcileReport
from unrack.model.credential_end import CredentialEnd
from unrack.model.service import ServiceRef
from unrack.operations import health
from unrack.operations.health import Health

CALL = AccessCall(provider="ovhcloud", account="default", actions=())
WORKS = AccessResult(provider="ovhcloud", account="default", caller="aa1-ovh")
NOW = datetime.now(UTC)
GONE = Discrepancy(
    kind=Mismatch.PAUSED,
    run="test-thing/svc-1",
    run_id="r",
    service=ServiceRef(provider="test", product="thing", service="svc-1"),
    runbook="",
    text="",
    todo="",
    since=NOW,
)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW + timedelta(hours=20), Health.MISSING),
        (NOW + timedelta(days=29), Health.MISSING),
        (NOW + timedelta(days=400), Health.OK),
        (None, Health.MISSING),
    ],
)
def test_a_credential_that_ends_soon_is_not_well(at: datetime | None, expected: Health) -> None:
    """It works today; runs last for months."""
    end = CredentialEnd(at=at, why="the consumer key")

    told = health.told_of_access(CALL, WORKS.model_copy(update={"end": end}))

    assert told.health is expected
    assert end.words in told.text


@pytest.mark.parametrize(
    ("last", "health_expected", "text"),
    [
        (ReconcileReport(at=NOW, queue="q", runs=3), Health.OK, "3 runs, everything fits"),
        (
            ReconcileReport(at=NOW, queue="q", runs=3, unread_in_all=2),
            Health.OK,
            "what could be read fits; 2 could not",
        ),
        (ReconcileReport(at=NOW, queue="q", found=(GONE,), found_in_all=9), Health.OK, "9 things to look at"),
        (ReconcileReport(at=NOW - timedelta(hours=5), queue="q"), Health.MISSING, "the last one ended at"),
        (None, Health.MISSING, "none ever ended"),
    ],
)
def test_the_last_reconciliation(last: ReconcileReport | None, health_expected: Health, text: str) -> None:
    """One that is old says that none ends any more; what could not be read is not said to fit."""
    told = health.told_of_last(last, scheduled=NOW - timedelta(days=2))

    assert told.health is health_expected
    assert text in told.text


def test_a_fresh_schedule_has_time() -> None:
    """Nothing is wrong before the first hour is over."""
    assert health.told_of_last(None, scheduled=NOW).good
