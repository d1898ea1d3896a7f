"""What ``make bench`` measures goes through: nobody runs the whole of it each day."""

import pytest

from bench import rounds, servers

pytestmark = [pytest.mark.long, pytest.mark.durability, pytest.mark.timeout(240)]


async def test_a_round_measures_runs_next_to_bare_ones() -> None:
    """Both kinds of run come to their end beside each other, and each figure is there for both."""
    async with servers.server() as served:
        costs = await rounds.compare(served, rounds=1, runs=1)

    assert set(costs) == set(rounds.KINDS)
    for (cost,) in costs.values():
        assert min(cost.server_ms, cost.worker_ms, cost.events, cost.proto_kb, cost.json_kb) > 0
