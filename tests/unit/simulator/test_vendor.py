"""A vendor of the simulator shares the clock, the ledger, the faults and the disk with OVHcloud."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from unrack import simulator as sim
from unrack.model.base import Frozen, Moment
from unrack.simulator import admin, app, credentials_file, events, provider, store, vendors
from unrack.simulator.ovhcloud import OvhCloudVendor
from unrack.simulator.table import Table
from unrack.simulator.vendor import Call, Event, Operation, Received, Refused, Reply
from unrack.simulator.world import World


class Parcel(Frozen):
    """What the vendor of this test keeps."""

    name: str
    due: Moment
    sent: bool = False


class Tables:
    """Its tables."""

    def __init__(self) -> None:
        self.parcels = Table("test-parcel", Parcel, lambda x: x.name)


class Post:
    """A vendor that takes parcels and sends them a day later."""

    name = "post"
    prefix = ledger_prefix = "/post"
    id_header = "X-Post-Id"
    id_prefix = "post."
    out_of_band = ()
    tables = Tables

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """One parcel, named by the seed."""
        name = str(seed.get("first", "demo"))
        world.tables_for(Tables).parcels.put(Parcel(name=name, due=now + timedelta(days=1)))

    def upcoming(self, world: World) -> Iterator[Event]:
        """Each parcel is sent when it is due."""
        for parcel in world.tables_for(Tables).parcels.where(sent=False):
            yield parcel.due, partial(world.tables_for(Tables).parcels.change, parcel, sent=True)

    def operation(self, received: Received) -> Operation:
        """The path names it; only PUT changes anything."""
        return Operation(received.path, received.method == "PUT", received.raw.decode())

    def answer(self, call: Call) -> Reply:
        """Takes a parcel, or lists those that were sent."""
        table, name = call.world.tables_for(Tables).parcels, call.operation.name.strip("/")
        if call.operation.mutates:
            if name == "bomb":
                table.put(Parcel(name=name, due=call.now))
                raise Refused(Reply({"no": "bombs"}, status=422), "bombs are not taken")
            table.put(Parcel(name=name, due=call.now + timedelta(days=1)))
            return Reply({"taken": name}, effect=f"took {name}")
        return Reply([parcel.name for parcel in table if parcel.sent])

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """As JSON with its own words."""
        return Reply({"error": message, "code": code}, status=status)

    def credentials(self, url: str) -> Mapping[str, str]:
        """Where it stands."""
        return {"endpoint": f"{url}/post"}


@pytest.fixture(autouse=True)
def _mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (vendors, admin, app, events, credentials_file, provider, store):
        monkeypatch.setattr(module, "VENDORS", (OvhCloudVendor(), Post()))


async def test_its_calls_change_its_tables_and_stand_in_the_one_ledger(tmp_path: Path) -> None:
    """A call below its prefix; a refused one leaves nothing but its entry."""
    simulator = sim.Simulator.create(tmp_path)
    async with simulator.serve() as url, httpx2.AsyncClient(base_url=f"{url}/post") as client:
        taken = await client.put("/book")
        refused = await client.put("/bomb")
        ovh = await client.get(f"{url}/1.0/auth/time")

    assert (taken.json(), refused.status_code, ovh.status_code) == ({"taken": "book"}, 422, 200)
    assert [(entry.path, entry.took_effect) for entry in simulator.ledger()] == [
        ("/post/book", True),
        ("/post/bomb", False),
    ]
    assert [parcel.name for parcel in simulator.tables_for(Tables).parcels] == ["demo", "book"]
    simulator.close()


async def test_it_acts_by_the_one_clock(tmp_path: Path) -> None:
    """What it does by itself happens when the shared clock passes its date."""
    simulator = sim.Simulator.create(tmp_path, sim.Seed(vendors={"post": {"first": "early"}}))
    async with simulator.serve() as url, httpx2.AsyncClient(base_url=f"{url}/post") as client:
        before = (await client.get("/")).json()
        simulator.set_clock(advance=timedelta(days=1))
        after = (await client.get("/")).json()

    assert (before, after) == ([], ["early"])
    simulator.close()


async def test_faults_hit_it_in_its_own_words(tmp_path: Path) -> None:
    """An injected error is said by the vendor; a call that was cut after its effect shows in the ledger alone."""
    simulator = sim.Simulator.create(tmp_path)
    simulator.inject(sim.Fault(kind=sim.FaultKind.ERROR_BEFORE, path="/post/book", status=503, retry_after=7))
    simulator.inject(sim.Fault(kind=sim.FaultKind.CUT_AFTER, path="/post/pen"))
    async with simulator.serve() as url, httpx2.AsyncClient(base_url=f"{url}/post") as client:
        spoiled = await client.put("/book")
        with pytest.raises(httpx2.TransportError):
            await client.put("/pen")

    assert (spoiled.status_code, spoiled.json()["error"]) == (503, "Injected fault")
    assert spoiled.headers["Retry-After"] == "7"
    assert [entry.took_effect for entry in simulator.ledger()] == [False, True]
    simulator.close()


def _keep(world: World, now: datetime) -> None:
    world.tables_for(Tables).parcels.put(Parcel(name="kept", due=now))


def test_its_world_is_on_the_one_disk(tmp_path: Path) -> None:
    """A restart goes on with it; a vendor that came later begins in an older world."""
    first = sim.Simulator.create(tmp_path)
    first.happen(lambda world, _: world.tables_for(Tables).parcels.clear())
    first.close()
    later = sim.Simulator.create(tmp_path)
    later.happen(_keep)
    later.close()
    again = sim.Simulator.create(tmp_path)

    assert [parcel.name for parcel in again.tables_for(Tables).parcels] == ["demo", "kept"]
    again.close()


def test_its_credential_stands_in_the_file_that_opens_the_simulator(tmp_path: Path) -> None:
    """A worker beside `unrack up --simulator` reads every vendor's account from one file."""
    credentials_file.write(tmp_path / "keys.toml", "http://127.0.0.1:9")

    assert '[post.default]\nendpoint = "http://127.0.0.1:9/post"\n' in (tmp_path / "keys.toml").read_text(
        encoding="utf-8"
    )
