"""What ``make bench`` measures goes through: nobody runs the whole of it each day."""

import json
from pathlib import Path

import pytest

from bench import course, rounds, servers
from bench.beside.builds import this_tree
from bench.beside.direct_run import direct_run
from bench.beside.http_counter import HttpCounter
from bench.beside.site import site
from bench.beside.table import Target, not_measured, row, write

pytestmark = [pytest.mark.long, pytest.mark.durability, pytest.mark.timeout(240)]

_COLUMNS = ["what", "unit", "ours", "against", "ratio", "target", "met", "spread"]


async def test_a_round_measures_runs_next_to_bare_ones() -> None:
    """Both kinds of run come to their end beside each other, and each figure is there for both."""
    async with servers.server() as served:
        costs = await rounds.compare(served, rounds=1, runs=1)

    assert set(costs) == set(rounds.KINDS)
    for (cost,) in costs.values():
        assert min(cost.server_ms, cost.worker_ms, cost.events, cost.proto_kb, cost.json_kb) > 0


async def test_what_signatures_cost_is_measured() -> None:
    """A Connect Direct run led by signatures, beside one that is not, both to their end."""
    async with servers.server(virtual_time=True) as served:
        cost = await course.led_by_signatures(served, rounds=1)

    assert min(cost.signed_ms, cost.stated_ms) > 0
    assert cost.ratio == cost.signed_ms / cost.stated_ms


@pytest.mark.long
async def test_a_build_is_measured_from_outside() -> None:
    """A Connect Direct run is played to its end by public commands, and each of its figures is there."""
    async with site(this_tree()) as place:
        run = await direct_run(place)

    assert run.requests > 0
    assert run.events == len(run.history.events)
    assert run.history_bytes > 0
    assert set(run.cpu) == {"worker", "server", "simulator", "client"}
    assert all(used > 0 for used in run.cpu.values())


def test_each_row_has_every_column(tmp_path: Path) -> None:
    """A row that could not be measured is among them, and says why."""
    rows = [
        row("a run", "ms", [50, 60, 70], [100, 100, 100], Target(0.7, of_ratio=True)),
        row("its history", "events", [220], [266], Target(210)),
        row("two beside one", "ratio", [1.9], [], Target(1.8, at_least=True)),
        not_measured("lists", "ratio", Target(1.5), "the command is refused"),
    ]

    write(rows, tmp_path / "table.json")

    written = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert [list(each) for each in written] == [_COLUMNS] * 4
    assert [each["met"] for each in written] == [True, False, True, None]
    assert (written[0]["ours"], written[0]["ratio"], written[0]["spread"]) == (60, 0.6, [0.5, 0.7])
    assert "the command is refused" in written[3]["what"]
    assert (written[3]["ours"], written[3]["spread"]) == (None, None)


def test_requests_are_counted_however_they_arrive() -> None:
    """Several in one piece, and bodies between them; the simulator's own API is none of the provider's."""
    counter = HttpCounter()

    counter.see(b"GET /1.0/me?a=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /1.0/me HTTP/1.1\r\nHost: x\r\n\r\n")
    counter.see(b'PUT /1.0/services/1 HTTP/1.1\r\nContent-Length: 7\r\n\r\n{"a":1}')
    counter.see(b"GET /_simulator/clock HTTP/1.1\r\n\r\n")

    assert counter.requests["GET /1.0/me"] == 2
    assert counter.total == 3
