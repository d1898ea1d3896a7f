"""A reconciliation of very many runs: every run is looked at, nothing grows with them, and an attempt is taken up."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.ports import ProvidersPort
from activities.reconcile import MOST_SERVICES, Reconcile
from tests.activities.played_visibility import QUEUE, Played, PlayedProviders
from unrack.contracts.reconciliation import CompareCall, Mismatch, ReconcileReport
from unrack.model.credential_end import CredentialEnd
from unrack.temporal.visibility import EngineSurvey

MEGABYTE = 1_000_000
"""Temporal takes payloads of 2 MB, and warns at 512 kB."""


@dataclass
class Attempts:
    """A worker that tries `compare_runs` as often as it takes."""

    server: Played
    providers: PlayedProviders = field(default_factory=PlayedProviders)
    beats: list[str] = field(default_factory=list[str])
    """What each heartbeat carried."""

    async def once(self) -> ReconcileReport:
        """One attempt, which knows what the one before remembered."""
        environment = ActivityEnvironment()
        details = [(self.beats[-1],)] if self.beats else []
        environment.info = replace(environment.info, heartbeat_details=details)
        environment.on_heartbeat = lambda *given: self.beats.extend(part for each in given for part in each)
        runs = EngineSurvey(await self.server.client())
        reconcile = Reconcile(cast("ProvidersPort", self.providers), runs)
        act = cast("Callable[[CompareCall], Any]", reconcile.compare_runs)
        return await environment.run(act, CompareCall(queue=QUEUE))


@pytest.mark.long
async def test_5000_runs_make_a_small_report() -> None:
    """All are looked at and read at their provider; nothing but what does not fit comes back."""
    attempts = Attempts(Played(5000, paused_every=2500))

    report = await attempts.once()

    assert (report.runs, report.services, report.not_due) == (5000, 5000, 0)
    assert [(each.kind, each.urgent) for each in report.found] == [(Mismatch.PAUSED, True)] * 2
    assert len(report.model_dump_json()) < MEGABYTE / 100


async def test_an_attempt_that_dies_is_taken_up_at_its_page() -> None:
    """What the first attempt looked at is not looked at again, and counts."""
    attempts = Attempts(Played(3000, paused_every=100, dies_at=7))

    with pytest.raises(ApplicationError):
        await attempts.once()
    report = await attempts.once()

    assert attempts.server.pages == 3000 / 200
    assert (report.runs, report.services, report.found_in_all) == (3000, 3000, 30)
    assert len(report.found) == 30


async def test_more_services_than_an_hour_has_room_for_are_read_in_turns() -> None:
    """Every run is looked at each hour; services are read in shares, and how many were left is said."""
    attempts = Attempts(Played(3 * MOST_SERVICES))

    report = await attempts.once()

    assert report.runs == 3 * MOST_SERVICES
    assert report.services + report.not_due == report.runs
    assert MOST_SERVICES * 0.8 < report.services < MOST_SERVICES * 1.2


@pytest.mark.parametrize(
    ("left", "found"),
    [(timedelta(hours=20), [Mismatch.CREDENTIAL_ENDS]), (timedelta(days=300), [])],
)
async def test_a_credential_that_ends_soon_is_told_once(left: timedelta, found: list[Mismatch]) -> None:
    """Once for all the runs that need it, and before it ends."""
    end = CredentialEnd(at=datetime.now(UTC) + left, why="the consumer key")
    attempts = Attempts(Played(400), PlayedProviders(end))

    report = await attempts.once()

    assert [each.kind for each in report.found] == found
    assert all("open runs that need it: 400" in each.text for each in report.found)


@pytest.mark.long
@pytest.mark.alone
async def test_100000_runs() -> None:
    """No page, heartbeat or report above a megabyte; memory does not grow with the runs; what is cut is counted."""
    attempts = Attempts(Played(100_000, paused_every=40))

    report = await attempts.once()

    objects = attempts.server.objects
    assert report.runs == 100_000
    assert report.found_in_all == 2500
    assert 100 < len(report.found) < 2500
    assert report.cut == 2500 - len(report.found)
    assert len(report.model_dump_json()) < MEGABYTE / 2
    assert max(map(len, attempts.beats)) < MEGABYTE / 2
    assert attempts.server.largest < MEGABYTE
    assert max(objects) - objects[1] < 20_000
