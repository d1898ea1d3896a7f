"""The simulator lists every call that it received, reads too; the list is bounded and is not the ledger."""

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from unrack import simulator as sim
from unrack.simulator.calls import CallLog, ReceivedCall

NOW = datetime(2026, 11, 30, tzinfo=UTC)


async def test_reads_changes_and_dropped_calls_are_listed(tmp_path: Path) -> None:
    """With vendor, method, path and status; none for a call whose connection was dropped."""
    simulator = sim.Simulator.create(tmp_path)
    simulator.inject(sim.Fault(kind=sim.FaultKind.CUT_AFTER, path="/cloudcraft/team"))
    async with simulator.serve() as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        await client.get("/1.0/auth/time")
        await client.delete("/1.0/vrack/pn-1/ovhCloudConnect/1")
        with pytest.raises(httpx2.TransportError):
            await client.get("/cloudcraft/team")
        listed = (await client.get("/_simulator/calls")).json()
        await client.delete("/_simulator/calls")
        cleared = (await client.get("/_simulator/calls")).json()
    simulator.close()

    assert [(call["vendor"], call["method"], call["path"], call["status"]) for call in listed] == [
        ("ovhcloud", "GET", "/auth/time", 200),
        ("ovhcloud", "DELETE", "/vrack/pn-1/ovhCloudConnect/1", 401),
        ("cloudcraft", "GET", "/cloudcraft/team", None),
    ]
    assert cleared == []


def test_the_list_is_bounded() -> None:
    """The oldest calls are forgotten: a simulator may run for months."""
    log = CallLog(most=2)
    for number in range(3):
        log.add(ReceivedCall(vendor="ovhcloud", method="GET", path=f"/{number}", status=200, at=NOW))

    assert [call.path for call in log] == ["/1", "/2"]
