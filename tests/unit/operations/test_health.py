"""What doctor says of a worker, of a credential and of the last reconciliation."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.client import Client

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


async def test_a_worker_that_hangs_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its poll open and takes the question: whoever asks does not wait until the question runs out."""

    async def polled(*_: object) -> datetime:
        return datetime.now(UTC)

    async def never(*_: object) -> AccessResult:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(health, "last_poll", polled)
    monkeypatch.setattr(health, "check_access", never)
    monkeypatch.setattr(health, "_ANSWERED_WITHIN", timedelta(milliseconds=50))

    told = await asyncio.wait_for(health.check_worker(cast("Client", None), "unrack"), 20)

    assert told.health is Health.MISSING
    assert told.text == "a worker polls the task queue 'unrack', takes a question and does not answer"
    assert "restart the one that hangs" in told.todo
