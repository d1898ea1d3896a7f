"""Bills of thousands of lines are read over as many attempts as it takes, and prove the same as when read at once."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.conftest import Bench, Set
from unrack import simulator as sim
from unrack.contracts.calls import PollResult, StepCall
from unrack.model.errors import Category
from unrack.providers.base import Materials
from unrack.providers.ovhcloud import bill_lines
from unrack.providers.ovhcloud.bill_lines import Document, Reader
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.services import Bill, BillLine
from unrack.simulator.ovhcloud import billing
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

LINES = 230
OURS = 7
HEARTBEAT_LIMIT = 256 * 1024
"""Bytes at which Temporal begins to complain about what a heartbeat carries; at 2 MB it refuses it."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each path was read."""
    counted: Counter[str] = Counter()
    get = OvhApi.get

    async def counting(api: OvhApi, path: str, shape: type[Any], **query: str) -> Any:  # noqa: ANN401  as the original
        counted[path] += 1
        return await get(api, path, shape, **query)

    monkeypatch.setattr(OvhApi, "get", counting)
    return counted


def _issue(on: Bench, lines: int) -> None:
    """A bill after the end: one line in thirty is of the service, all for a time before its end."""

    def issue(world: World, now: datetime) -> None:
        tables = world.tables_for(Tables)
        every = list(tables.services)
        ours = next(each for each in every if each.name == sim.DEMO_SERVICE)
        others = next(each for each in every if each.name != sim.DEMO_SERVICE)
        start, end = now - timedelta(days=60), now - timedelta(days=40)
        rows = [(ours if number % 33 == 0 else others, f"Hour {number}", 0.01, start, end) for number in range(lines)]
        billing.issue(tables, ours.account, now, rows)

    on.run.simulator.happen(issue)


def _call(on: Bench) -> StepCall:
    return on.call("service.verify-billing-stopped", effective_at=on.run.simulator.clock.now() - timedelta(days=1))


async def _attempts(on: Bench, call: StepCall) -> tuple[PollResult, list[str]]:
    """Attempts until one ends, each going on from the last heartbeat; and what the others said."""
    said: list[str] = []
    remembered: tuple[str, ...] = ()
    while True:
        try:
            return await on.do("poll", call, remembered=remembered, attempt=len(said) + 1), said
        except ApplicationError as error:
            problem = error.details[0]
            assert problem.category is Category.NOT_YET
            said.append(problem.message)
            remembered = on.heartbeats[-1][0]


async def test_the_second_attempt_goes_on_where_the_first_ended(
    bench: Set, read: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F8: no line is read twice, the progress is told, and the proof is that of one attempt, byte for byte."""
    on = await bench(past_bills=0)
    on.run.simulator.set_clock(scale=1e-9)
    _issue(on, LINES)
    call = _call(on)
    whole, said = await _attempts(on, call)
    assert said == []
    read.clear()
    ticks = count()
    monkeypatch.setattr(bill_lines, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(bill_lines, "STRETCH", 4.0)
    resumed, said = await _attempts(on, call)

    lines = {path: times for path, times in read.items() if "/details/" in path}
    assert len(said) > 1
    assert all("lines of FR" in told or "bills" in told for told in said)
    assert (len(lines), set(lines.values())) == (LINES, {1})
    assert whole.reached
    assert (resumed.reached, resumed.note, resumed.findings) == (whole.reached, whole.note, whole.findings)
    assert len(whole.findings) == OURS


async def test_an_attempt_that_dies_loses_a_few_lines_at_most(bench: Set, read: Counter[str]) -> None:
    """F8: what a killed worker had read is remembered by the last heartbeat, not at the end of the attempt only."""
    on = await bench(past_bills=0)
    _issue(on, LINES)
    call = _call(on)
    await on.do("poll", call)
    halfway = [beat[0] for beat in on.heartbeats][2]
    read.clear()
    await on.do("poll", call, remembered=halfway, attempt=2)

    assert sum("/details/" in path for path in read) == LINES - 3 * bill_lines._REMEMBERED_EVERY


async def test_a_bill_that_changed_is_read_anew(bench: Set, read: Counter[str]) -> None:
    """The verdict is exact: what was remembered of other lines does not count."""
    on = await bench(past_bills=0)
    _issue(on, LINES)
    call = _call(on)
    await on.do("poll", call)
    halfway = [beat[0] for beat in on.heartbeats][2]

    def change(world: World, _: datetime) -> None:
        tables = world.tables_for(Tables)
        bill = next(iter(tables.bills))
        tables.bills.change(bill, lines=bill.lines[1:])

    on.run.simulator.happen(change)
    read.clear()
    await on.do("poll", call, remembered=halfway, attempt=2)

    assert sum("/details/" in path for path in read) == LINES - 1


@pytest.mark.parametrize("remembered", ["bills:", "bills:no base 85 \x00", "ovhCloudConnect/task/7"])
async def test_what_another_version_remembered_is_read_anew(bench: Set, remembered: str) -> None:
    """A heartbeat that cannot be read costs time, never the verdict."""
    on = await bench(past_bills=0)
    _issue(on, 3)

    assert (await on.do("poll", _call(on), remembered=(remembered,), attempt=2)).reached


def test_thousands_of_lines_fit_into_a_heartbeat() -> None:
    """20,000 lines of the service itself, as of a project that is billed by the hour."""
    price = {"currencyCode": "EUR", "value": 0.0137}
    lines = tuple(
        BillLine.model_validate(
            {
                "billDetailId": f"FR77000001-{number}",
                "description": f"b3-16 monthly instance, region GRA{number % 17}, hour {number}",
                "domain": "5f1c0a9e3b7d4e2a8c6b0d1e2f3a4b5c",
                "periodStart": f"2026-03-{number % 28 + 1:02}",
                "periodEnd": f"2026-03-{number % 28 + 1:02}",
                "totalPrice": price,
            }
        )
        for number in range(20_000)
    )
    bill = Bill.model_validate({"billId": "FR77000001", "date": "2026-04-01T00:00:00+00:00"})
    document = Document(bill=bill, total=len(lines), read=len(lines), lines=lines)
    kept: list[tuple[str, ...]] = []
    reader = Reader(None, "x", Materials(remember=kept.append))  # pyright: ignore[reportArgumentType]  it asks nothing
    reader._documents["/me/bill/FR77000001"] = document
    reader._keep(0)
    again = Reader(None, "x", Materials(progress=kept[-1]))  # pyright: ignore[reportArgumentType]

    assert len(kept[-1][0]) < HEARTBEAT_LIMIT
    assert again._documents == {"/me/bill/FR77000001": document}
