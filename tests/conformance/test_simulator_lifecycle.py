"""A service ends at the provider's own clock: planned, by token, with retention, with bills that stop."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import ovh.exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
import pytest

from tests.conformance.conftest import Start
from tests.conformance.simulated import DEMO, Running
from unrack import simulator as sim

AT_EXPIRY = "terminateAtExpirationDate"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def _lifecycle(run: Running) -> dict[str, Any]:
    return (await run.get(f"/services/{await run.service_id()}"))["billing"]["lifecycle"]["current"]


async def _plan(run: Running, policy: str) -> None:
    await run.put(f"/services/{await run.service_id()}", terminationPolicy=policy)


async def _mails(run: Running) -> list[dict[str, Any]]:
    base = "/me/notification/email/history"
    return [await run.get(f"{base}/{mail}") for mail in await run.get(base)]


def _token(body: str) -> str | None:
    found = re.search(r"/billing/confirmTerminate\?id=[0-9A-Za-z]+&token=([0-9A-Za-z]+)", body)
    return found.group(1) if found else None


async def test_a_planned_end_shows_its_date_and_can_be_taken_back(start: Start) -> None:
    """PUT terminationPolicy plans the end, the date is readable, a mail says so (S2.8, S2.9); `empty` takes it back."""
    run = await start(now=NOON, expires_in="P30D")

    await _plan(run, AT_EXPIRY)
    planned = await _lifecycle(run)
    infos = await run.get(f"{DEMO}/serviceInfos")
    await _plan(run, "empty")

    assert (planned["pendingActions"], planned["terminationDate"][:10]) == ([AT_EXPIRY], "2026-04-09")
    assert infos["renew"]["deleteAtExpiration"] is True
    assert (await _lifecycle(run))["pendingActions"] == []
    assert ["planned" in m["subject"] or "stopped" in m["subject"] for m in await _mails(run)] == [True, True]


async def test_the_same_plan_twice_changes_nothing_the_second_time(start: Start) -> None:
    """Planning is idempotent; the ledger tells the two calls apart."""
    run = await start()
    await _plan(run, AT_EXPIRY)
    await _plan(run, AT_EXPIRY)

    assert [(e.took_effect, e.attempt) for e in run.simulator.ledger()] == [(True, 1), (False, 2)]


@pytest.mark.parametrize("policy", ["empty", AT_EXPIRY])
async def test_the_plan_is_fixed_24_hours_before_the_end(start: Start, policy: str) -> None:
    """From 24 hours before expiry the plan can neither be made nor taken back."""
    run = await start(expires_in="P30D")
    await _plan(run, AT_EXPIRY if policy == "empty" else "empty")
    run.pass_time(days=29, seconds=1)

    with pytest.raises(vendor.ResourceConflictError, match="24 hours"):
        await _plan(run, policy)


async def test_the_provider_ends_a_planned_service_by_itself(start: Start) -> None:
    """At expiry: suspended and retained (460), terminated in /services; after retention: 404 everywhere (S2.14)."""
    run = await start(expires_in="P30D")
    await _plan(run, AT_EXPIRY)
    number = await run.service_id()

    run.pass_time(days=30, seconds=1)
    with pytest.raises(vendor.ResourceExpiredError):
        await run.get(DEMO)
    ended = await run.get(f"/services/{number}")
    assert (ended["billing"]["lifecycle"]["current"]["state"], ended["resource"]["state"]) == (
        "terminated",
        "suspended",
    )

    run.pass_time(days=14)
    for path in (DEMO, f"/services/{number}"):
        with pytest.raises(vendor.ResourceNotFoundError):
            await run.get(path)
    assert await run.get("/ovhCloudConnect") == [sim.OTHER_SERVICE]


async def test_a_service_without_a_plan_is_renewed(start: Start) -> None:
    """The other services go on: their expiry moves by their period."""
    run = await start(now=NOON, expires_in="P30D")

    run.pass_time(days=31)

    assert (await run.get(f"{DEMO}/serviceInfos"))["expiration"] == "2026-05-09"


async def test_a_manually_renewed_service_expires(start: Start) -> None:
    """Without automatic renewal the service ends at expiry."""
    run = await start(renews_automatically=False, expires_in="P5D")

    run.pass_time(days=6)

    with pytest.raises(vendor.ResourceExpiredError):
        await run.get(DEMO)


async def test_terminate_only_asks_and_the_mailed_token_ends(start: Start) -> None:
    """`terminate` mails a token and ends nothing (S2.17); a wrong token is refused; the right one ends at once."""
    run = await start()
    await run.post(f"{DEMO}/terminate")
    assert await _mails(run) == []
    run.pass_time(minutes=2)
    token = _token((await _mails(run))[0]["body"])
    assert token
    assert (await run.get(DEMO))["status"] == "active"

    with pytest.raises(vendor.BadParametersError):
        await run.post(f"{DEMO}/confirmTermination", token="wrong")
    await run.post(f"{DEMO}/confirmTermination", token=token, reason="OTHER", futureUse="OTHER", commentary="x")

    with pytest.raises(vendor.ResourceExpiredError):
        await run.post(f"{DEMO}/confirmTermination", token=token)
    calls = [e for e in run.simulator.ledger() if e.path.endswith("confirmTermination")]
    assert [e.took_effect for e in calls] == [False, True, False]
    assert token not in "".join(e.model_dump_json() for e in calls)


async def test_a_second_request_mails_a_second_token_that_replaces_the_first(start: Start) -> None:
    """Asking is not idempotent: two requests, two mails, only the newer token is good."""
    run = await start()
    for _ in range(2):
        await run.post(f"{DEMO}/terminate")
    run.pass_time(minutes=2)
    first, second = [_token(mail["body"]) for mail in await _mails(run)]

    with pytest.raises(vendor.BadParametersError):
        await run.post(f"{DEMO}/confirmTermination", token=first)
    await run.post(f"{DEMO}/confirmTermination", token=second)


async def test_retention_can_be_skipped_only_after_the_end(start: Start) -> None:
    """Skipping retention is refused on a living service and deletes an ended one at once."""
    run = await start()
    number = await run.service_id()
    with pytest.raises(vendor.ResourceConflictError):
        await run.post(f"/services/{number}/terminate/skipRetentionPeriod")
    await run.delete(f"/services/{number}")

    await run.post(f"/services/{number}/terminate/skipRetentionPeriod")

    with pytest.raises(vendor.ResourceNotFoundError):
        await run.get(f"/services/{number}")


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        ({"admin_contact": "xx99999-ovh"}, vendor.Forbidden),
        ({"debt": 12.5}, vendor.ResourceConflictError),
        ({"can_delete_at_expiration": False}, vendor.ResourceConflictError),
        ({"engaged_for": "P200D"}, vendor.ResourceConflictError),
        ({"closed": True}, vendor.ResourceExpiredError),
    ],
)
async def test_what_blocks_a_cancellation(start: Start, seed: dict[str, Any], error: type[Exception]) -> None:
    """Not the admin contact (S0.3), debt, an undeletable service, a minimum term (S2.2), a closed service."""
    run = await start(**seed)

    with pytest.raises(error):
        await _plan(run, AT_EXPIRY)

    assert [e.took_effect for e in run.simulator.ledger()] == [False]


async def test_a_committed_service_can_end_with_its_commitment(start: Start) -> None:
    """The policy terminateAtEngagementDate plans the end for the end of the minimum term, beyond the next expiry."""
    run = await start(now=NOON, engaged_for="P45D", expires_in="P30D")

    await _plan(run, "terminateAtEngagementDate")
    assert (await _lifecycle(run))["terminationDate"][:10] == "2026-04-24"
    run.pass_time(days=44)
    assert (await run.get(DEMO))["status"] == "active"
    run.pass_time(days=2)

    with pytest.raises(vendor.ResourceExpiredError):
        await run.get(DEMO)


async def test_a_closed_service_may_still_be_shown(start: Start) -> None:
    """A service seeded as closed answers with status `closed`."""
    run = await start(closed=True)

    assert (await run.get(DEMO))["status"] == "closed"


async def test_bills_go_on_without_the_ended_service(start: Start) -> None:
    """The next bill after the end exists and has no line for the service; earlier ones have (S2.15)."""
    run = await start(expires_in="P30D", next_bill_in="P40D", option=True)
    await _plan(run, AT_EXPIRY)
    before = await _billed(run)
    run.pass_time(days=41)

    after = await _billed(run)

    assert len(after) == len(before) + 1
    assert all(sim.DEMO_SERVICE in domains for domains in before)
    assert after[-1] == {sim.OTHER_SERVICE}


async def _billed(run: Running) -> list[set[str]]:
    bills: list[set[str]] = []
    for bill in await run.get("/me/bill"):
        lines = await run.get(f"/me/bill/{bill}/details")
        bills.append({(await run.get(f"/me/bill/{bill}/details/{line}"))["domain"] for line in lines})
    return bills


async def test_bills_can_be_asked_for_by_date(start: Start) -> None:
    """`date.from` and `date.to` bound the answer."""
    run = await start(past_bills=3, next_bill_in="P7D")
    every = await run.get("/me/bill")
    since = (run.simulator.clock.now() - timedelta(days=40)).isoformat()

    assert len(every) == 3
    assert await run.get("/me/bill", **{"date.from": since}) == every[2:]


async def test_an_option_hangs_on_its_service(start: Start) -> None:
    """An option billed apart is listed below its service and under the same resource name, and ends with it."""
    run = await start(option=True)
    main, option = await run.get("/services", resourceName=sim.DEMO_SERVICE)

    assert (await run.get(f"/services/{option}"))["parentServiceId"] == main
    assert [row["serviceId"] for row in await run.get(f"/services/{main}/options")] == [option]
    await run.delete(f"/services/{main}")
    assert (await run.get(f"/services/{option}"))["resource"]["state"] == "suspended"
    await run.post(f"/services/{main}/terminate/skipRetentionPeriod")
    assert await run.get("/services", resourceName=sim.DEMO_SERVICE) == []
