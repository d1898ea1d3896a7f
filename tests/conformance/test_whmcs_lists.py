"""Long and loose lists of a WHMCS: read whole whatever a page holds, newest first, and gone on with after a cut."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.conformance.adapter import problem_of
from tests.conformance.subject import Bench
from tests.conformance.subject_whmcs import SERVICE, adapter_for
from unrack import simulator as sim
from unrack.contracts.calls import AccessCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.whmcs import paging
from unrack.providers.whmcs.paging import Listing, Reading
from unrack.providers.whmcs.provider import Whmcs
from unrack.providers.whmcs.schemas import CancelRequest, Page
from unrack.providers.whmcs.service import HostedService
from unrack.simulator import whmcs
from unrack.simulator.vendor import Call, Reply
from unrack.simulator.whmcs import views
from unrack.simulator.whmcs.records import CancelRequest as Recorded
from unrack.simulator.whmcs.records import DomainName

CONFIGURATION = "whmcs.service.capture-configuration"


class Start:
    """Opens the adapter on worlds made to order."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack

    async def __call__(self, **fields: object) -> Bench:
        """The adapter on a world that looks like `fields` of `whmcs.WhmcsSeed`."""
        seed = whmcs.WhmcsSeed.model_validate(fields)
        simulator = sim.Simulator.create(self._folder, sim.Seed(vendors={"whmcs": seed.model_dump(mode="json")}))
        self._stack.callback(simulator.close)
        adapter = adapter_for(await self._stack.enter_async_context(simulator.serve()))
        self._stack.push_async_callback(adapter.close)
        return Bench(adapter, simulator, SERVICE)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:
        yield Start(tmp_path, stack)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Every call that reached the WHMCS, by its fields."""
    calls, answer = list[dict[str, str]](), whmcs.WhmcsVendor.answer

    def noted(self: whmcs.WhmcsVendor, call: Call) -> Reply:
        calls.append(dict(parse_qsl(call.received.raw.decode())))
        return answer(self, call)

    monkeypatch.setattr(whmcs.WhmcsVendor, "answer", noted)
    return calls


def rows(*numbers: int, ours: int = -1) -> list[dict[str, Any]]:
    """Requests by their numbers; the one numbered `ours` is for service 42."""
    return [{"id": str(one), "relid": "42" if one == ours else str(1000 + one)} for one in numbers]


class Played:
    """A list of requests, `most` a page, that counts what is read of it."""

    def __init__(self, records: list[dict[str, Any]], most: int = 10, *, told: int | None = None) -> None:
        self.records, self.most, self.told = records, most, told
        self.read: list[int] = []
        self.fails_after = -1

    async def page(self, start: int, number: int) -> Page:
        """As WHMCS gives it."""
        if len(self.read) == self.fails_after:
            raise UnrackError(Problem(category=Category.UNAVAILABLE, message="cut off"))
        self.read.append(start)
        total = len(self.records) if self.told is None else self.told
        part = self.records[start : start + min(number, self.most)]
        return Page.model_validate({"totalresults": str(total), "rows": {"package": part} if part else ""})

    @property
    def listing(self) -> Listing[CancelRequest]:
        """As the adapter sees it."""
        return Listing(self.page, CancelRequest, "GetCancelledPackages")

    async def newest(self, kept: dict[str, Reading] | None = None) -> CancelRequest | None:
        """The newest request of service 42."""
        found, _ = await self.listing.newest(
            lambda one: one.relid == 42, lambda one: one.id, {} if kept is None else kept, "42"
        )
        return found


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 35, 40, 101])
@pytest.mark.parametrize("told", [True, False], ids=["counted", "uncounted"])
async def test_a_list_is_read_whole_whatever_a_page_holds(count: int, *, told: bool) -> None:
    """A server that gives fewer than was asked for, and one that does not say how many there are."""
    played = Played(rows(*range(count)), told=None if told else 0)

    assert [one.id for one in (await played.listing.whole()).read] == list(range(count))


@pytest.mark.parametrize("records", [rows(*range(20)), []])
async def test_a_list_that_ends_too_early_is_not_taken_for_whole(records: list[dict[str, Any]]) -> None:
    """What is missing may be a standing request; it is read again."""
    refused = await problem_of(Played(records, told=25).listing.whole())

    assert refused.problem.category is Category.UNAVAILABLE
    assert "25" in refused.problem.message


@pytest.mark.parametrize("turned", [False, True], ids=["rising", "falling"])
async def test_the_newest_is_found_without_reading_all(*, turned: bool) -> None:
    """A request that was recorded lately is on the last page, or on the first where the list is turned round."""
    records = rows(*range(400), ours=397)
    records[3]["relid"] = "42"  # an older one
    played = Played(records[::-1] if turned else records)
    found = await played.newest()

    assert found is not None
    assert found.id == 397
    assert len(played.read) <= 6


@pytest.mark.parametrize("at", [0, 5, 17, 199, 399])
async def test_a_request_is_found_wherever_it_stands(at: int) -> None:
    """And only it."""
    found = await Played(rows(*range(400), ours=at)).newest()

    assert found is not None
    assert found.id == at
    assert await Played(rows(*range(400))).newest() is None


async def test_a_reading_that_was_cut_off_is_gone_on_with() -> None:
    """A list that does not fit one attempt fits several: what was read in vain is not read again."""
    played, kept = Played(rows(*range(400), ours=2)), dict[str, Reading]()
    attempts = 0
    found: CancelRequest | None = None
    while found is None:
        attempts += 1
        played.fails_after = len(played.read) + 14
        try:
            found = await played.newest(kept)
        except UnrackError:
            assert attempts < 10
    assert attempts > 2
    assert found.id == 2
    assert len(played.read) < 40 + 8 * attempts
    assert kept == {}


async def test_a_list_out_of_which_something_was_deleted_is_read_from_the_start() -> None:
    """What was deleted moves the rest: a record may have gone from a page not yet read to one that was."""
    records = rows(*range(400), ours=300)
    played, kept = Played(records, most=10), dict[str, Reading]()
    played.records = rows(*range(400))
    played.fails_after = 20
    await problem_of(played.newest(kept))
    played.fails_after = -1
    played.records = [one for one in records if one["id"] != "0"]

    found = await played.newest(kept)

    assert found is not None
    assert found.id == 300


async def test_a_list_that_grew_meanwhile_is_gone_on_with() -> None:
    """New requests come at the end, which is read anew each time."""
    played, kept = Played(rows(*range(395))), dict[str, Reading]()
    played.fails_after = 20
    await problem_of(played.newest(kept))
    before = len(played.read)
    played.fails_after = -1
    played.records = rows(*range(401), ours=396)

    found = await played.newest(kept)

    assert found is not None
    assert found.id == 396
    assert len(played.read) - before < 10


@pytest.mark.parametrize("most", [0, 25, 100])
async def test_facts_of_a_whmcs_with_thousands_of_requests_are_read_in_one_attempt(
    start: Start, asked: list[dict[str, str]], most: int
) -> None:
    """D2: each list once, a few pages at a time; the number of calls is bounded by the list, not by its readers."""
    bench = await start(settings={"most": most})
    table = bench.simulator.tables_for(whmcs.Tables).requests
    now = bench.simulator.clock.now()
    for number in range(2000):
        table.put(Recorded(id=5000 + number, service=9000 + number, type="Immediate", reason="", at=now))
    facts = await bench.provider.facts(SERVICE)
    calls = [one["action"] for one in asked]

    assert not facts.cancellation_planned
    assert calls.count("GetCancelledPackages") <= 2000 // (most or paging.PAGE) + 2
    assert calls.count("GetClientsProducts") == calls.count("GetClientsDomains") == 1


@pytest.mark.parametrize("changes", [{"expirydate": "-0001-11-30"}, {"expirydate": "next spring"}, {"id": None}])
async def test_the_record_of_another_domain_stops_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    """A null date after a registrar's sync is no date; what cannot be read is told by its number."""
    usual: Callable[[DomainName], dict[str, Any]] = views.domain
    monkeypatch.setattr(views, "domain", lambda one: usual(one) | (changes if one.id == 99 else {}))
    bench = await start()
    other = DomainName(id=99, client=7, name="unrelated.example", expires_on=date(2027, 1, 1))
    bench.simulator.tables_for(whmcs.Tables).domains.put(other)
    facts = await bench.provider.facts(SERVICE)
    await bench.capture(CONFIGURATION)
    await bench.change("whmcs.domain.stop-renewal")
    told = [finding for finding in facts.findings if "cannot be read" in finding.text]

    assert bool(told) == (changes != {"expirydate": "-0001-11-30"})
    assert not any(finding.blocking for finding in facts.findings)
    assert next(iter(bench.simulator.tables_for(whmcs.Tables).domains)).do_not_renew


async def test_a_service_that_cannot_be_read_is_told_by_its_field(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the service itself nothing is guessed, and it is not "no such service"."""
    usual: Callable[[whmcs.Service], dict[str, Any]] = views.service
    monkeypatch.setattr(views, "service", lambda one: usual(one) | {"nextduedate": "soon"})
    bench = await start()
    refused = await problem_of(bench.provider.facts(SERVICE))

    assert refused.problem.category is Category.UNEXPECTED
    assert "service 42 cannot be read (nextduedate" in refused.problem.message


async def test_null_texts_stop_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of the service itself."""
    usual: Callable[[whmcs.Service], dict[str, Any]] = views.service
    texts = dict.fromkeys(("suspensionreason", "servername", "groupname", "name"))
    monkeypatch.setattr(views, "service", lambda one: usual(one) | texts)
    bench = await start()

    assert (await bench.provider.facts(SERVICE)).title == "example.org"


async def test_doctor_asks_for_the_add_ons_of_one_service(start: Start, asked: list[dict[str, str]]) -> None:
    """The action has no pages: without a service it may answer every add-on that was ever sold."""
    bench = await start(addons=("Backups",))
    call = AccessCall(provider="whmcs", account="default", actions=(CONFIGURATION,))
    result = await bench.provider.access(call)

    assert result.missing == ()
    assert [one.get("serviceid") for one in asked if one["action"] == "GetClientsAddons"] == ["42"]


async def test_doctor_names_a_missing_right_for_add_ons(start: Start) -> None:
    """And where there is no service to ask for, it is not asked."""
    reads = ("GetAdminDetails", "GetClientsProducts", "GetClientsDomains", "GetCancelledPackages", "GetInvoices")
    bench = await start(allowed=reads)
    call = AccessCall(provider="whmcs", account="default", actions=(CONFIGURATION,))

    assert (await bench.provider.access(call)).missing == ("api GetClientsAddons",)

    table = bench.simulator.tables_for(whmcs.Tables).services
    for one in tuple(table):
        table.remove(one)
    assert (await bench.provider.access(call)).missing == ()


async def test_add_ons_of_others_are_not_the_services(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the filter lets through."""
    bench = await start(addons=("Backups",))
    usual = views.addon
    monkeypatch.setattr(views, "addon", lambda number, name, owner: usual(number, name, owner) | {"serviceid": "43"})
    assert isinstance(bench.provider, Whmcs)

    assert await HostedService(bench.provider.api, SERVICE.service).addons() == ()
