"""OVHcloud's API as its descriptions of 2026-08 have it (facts: section "Added 2026-11-30"; see `ovh_schema_2026`)."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.adapter import SERVICE, credential_for, problem_of
from tests.conformance.ovh_judge import Judge
from tests.conformance.simulated import running
from tests.conformance.subject import Bench, Case
from tests.conformance.subject_ovhcloud_products import PLANTED, ended, turned
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import Finding, ServiceFacts
from unrack.providers.ovhcloud.products import PRODUCTS
from unrack.providers.ovhcloud.provider import OvhCloud
from unrack.simulator import Fault, FaultKind
from unrack.simulator.ovhcloud import billing, products
from unrack.simulator.ovhcloud.seeds_products import add_savings_plan
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

OpenBench = Callable[..., Awaitable[Bench]]
CAPTURE = "ovhcloud.service.capture-configuration"
UNCHANGED = "ovhcloud.service.check-unchanged"
STATUS = "ovhcloud.service.check-status"
BILLS = "ovhcloud.service.verify-billing-stopped"
CLOUD_DIRECTOR = "vmwareCloudDirectorVirtualDataCenter"
LISTED = [(product, each.name) for product in sim.DEMOS for each in PRODUCTS[product].lists]

SAYS_UNKNOWN: dict[str, dict[str, Any]] = {
    "by its text alone": {"status": 404, "message": "Got an invalid (or empty) URL"},
    "by a code": {"status": 404, "error_code": "INVALID_URL"},
    "by a plain 404 for a living service": {"status": 404, "message": "The requested object does not exist"},
    "405": {"status": 405, "message": "Method not allowed"},
    "410": {"status": 410, "message": "This call is no more"},
    "501": {"status": 501, "message": "Not implemented"},
}


@pytest.fixture
async def on(tmp_path: Path) -> AsyncGenerator[OpenBench]:
    """Opens the adapter on the demonstration service of a product, captured."""
    async with AsyncExitStack() as stack:

        async def begin(product: str, **seed: object) -> Bench:
            given = {"products": PLANTED, "expires_in": timedelta(days=30), **seed}
            run = await stack.enter_async_context(running(tmp_path / "provider", sim.Seed.model_validate(given)))
            provider = OvhCloud(credential_for(run))
            stack.push_async_callback(provider.close)
            bench = Bench(provider, run.simulator, SERVICE)
            await turned(product)(bench)
            return bench

        yield begin


@pytest.fixture
def tomorrow(ovh_judge: Judge) -> Iterator[None]:
    """The answers of this test hold words that OVHcloud has not invented yet, so they fit no description."""
    yield
    ovh_judge.violations.clear()


def unknown(bench: Bench, path: str, method: str = "GET", **how: Any) -> None:  # noqa: ANN401  fields of a fault
    """From now on OVHcloud does not know the calls at `path`."""
    given = {"status": 404, "message": "Got an invalid (or empty) URL", **how}
    bench.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, method=method, path=path, times=None, **given))  # pyright: ignore[reportArgumentType]


async def facts(bench: Bench) -> ServiceFacts:
    """What a plan is made from."""
    return await bench.provider.facts(bench.service)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


async def checked(bench: Bench, action: str) -> tuple[Finding, ...]:
    """What a check sees."""
    return (
        await bench.provider.check(bench.call(action, Case(action, timing=Timing.IMMEDIATE)), bench.materials)
    ).findings


def change_asset(bench: Bench, product: str, **fields: object) -> None:
    """The service's own view shows other values."""

    def change(world: World, _: datetime) -> None:
        tables = world.tables_for(Tables)
        asset = tables.assets[f"{product}/{sim.DEMOS[product].name}"]
        tables.assets.change(asset, fields=asset.fields | fields)

    bench.simulator.happen(change)


def change_service(bench: Bench, product: str, **fields: object) -> None:
    """The commercial side shows other values."""

    def change(world: World, _: datetime) -> None:
        tables = world.tables_for(Tables)
        asset = tables.assets[f"{product}/{sim.DEMOS[product].name}"]
        tables.services.change(tables.services[asset.service], **fields)

    bench.simulator.happen(change)


def path_of(product: str) -> str:
    """The path of the demonstration service."""
    return PRODUCTS[product].path.format(*sim.DEMOS[product].name.split(":"))


@pytest.mark.parametrize("says", list(SAYS_UNKNOWN))
async def test_a_call_that_ovhcloud_does_not_know_ends_no_plan(on: OpenBench, says: str) -> None:
    """Facts 2026-11-30: the list of virtual data centres is in no description: a person decides, the plan is made."""
    bench = await on("vrack")
    unknown(bench, f"/vrack/*/{CLOUD_DIRECTOR}", **SAYS_UNKNOWN[says])
    read = await facts(bench)
    seen = await checked(bench, "ovhcloud.vrack.check-empty")
    kept = await bench.provider.capture(bench.call(CAPTURE), bench.materials)

    told = [finding for finding in read.findings if finding.item == CLOUD_DIRECTOR]
    assert [finding.blocking for finding in told] == [False]
    assert [finding.item for finding in seen if finding.blocking] == [CLOUD_DIRECTOR]
    assert all("could not look" in found.text and "Control Panel" in found.text for found in (*told, *seen))
    assert list(json.loads(kept.records[0].content)["unread"]) == [CLOUD_DIRECTOR]
    assert CLOUD_DIRECTOR in kept.note
    assert "check the service id" not in repr((told, seen, kept))


@pytest.mark.parametrize(("product", "name"), LISTED)
async def test_each_list_that_cannot_be_read_is_told_and_kept_as_unread(on: OpenBench, product: str, name: str) -> None:
    """As a kind: whatever belongs to a service, an unknown call is neither "no such service" nor an empty list."""
    bench = await on(product)
    where = next(each for each in PRODUCTS[product].lists if each.name == name).billed_at.replace("{}", "*")
    for path in (where,) if where else (f"{path_of(product)}/{name}", f"{path_of(product)}/{name}/*"):
        unknown(bench, path, **SAYS_UNKNOWN["by a plain 404 for a living service"])
    read = await facts(bench)
    kept = await bench.provider.capture(bench.call(CAPTURE), bench.materials)
    content = json.loads(kept.records[0].content)

    assert name in [finding.item for finding in read.findings]
    assert not any(finding.blocking for finding in read.findings)
    assert read.details[name] == "could not look"
    assert list(content["unread"]) == [name]
    assert name not in content["lists"]


@pytest.mark.parametrize("path", ["/me/debtAccount", "/services/*/options", "/services/*/billing/engagement/flush"])
async def test_a_plan_does_without_what_it_need_not_have(on: OpenBench, path: str) -> None:
    """What a plan can do without is told as not looked at."""
    bench = await on("any-service", engaged_for="P90D")
    unknown(bench, path)
    unknown(bench, path, method="POST")
    read = await facts(bench)

    assert [finding for finding in read.findings if "does not know the call" in finding.text and not finding.blocking]


@pytest.mark.parametrize(
    ("product", "path", "action"),
    [
        ("connect-direct", "/ovhCloudConnect/*/interface", "ovhcloud.connect.await-port-dark"),
        ("web-hosting", "*/emailOption", "ovhcloud.mail.await-options-gone"),
        ("email-pro", "*/account", "ovhcloud.mail.await-accounts-gone"),
        ("exchange", "*/account", "ovhcloud.mail.await-accounts-gone"),
        ("connect-direct", "/ovhCloudConnect", "ovhcloud.connect.verify-gone"),
        ("web-hosting", "/services", "ovhcloud.service.verify-gone"),
        ("web-hosting", "/me/bill", BILLS),
        ("telephony-group", "*/offerTask", "ovhcloud.telephony.check-still-planned"),
        ("connect-provider", "*/serviceKey", "ovhcloud.connect.check-service-keys"),
        ("domain", "*/export", "ovhcloud.domain.capture-zone"),
        ("any-service", "*/options", "ovhcloud.service.check-options"),
        ("any-service", "/me/debtAccount", "ovhcloud.service.check-debt"),
    ],
)
async def test_what_cannot_be_looked_at_is_never_taken_for_gone(
    on: OpenBench, product: str, path: str, action: str
) -> None:
    """As a kind: an unknown call reaches nothing that is waited for; the step stops, and a person decides."""
    bench = await on("web-hosting" if product.startswith("connect-") else product)
    if product.startswith("connect-"):
        service = sim.PARTNER_SERVICE if product == "connect-provider" else sim.DEMO_SERVICE
        bench.service = SERVICE.model_copy(update={"product": product, "service": service})
    unknown(bench, path)
    refused = await problem_of(
        bench.reading(action)(bench.call(action, Case(action, effective_in=timedelta(0))), bench.materials)
    )

    assert refused.problem.category is Category.CONFLICT
    assert "could not be looked" in refused.problem.message
    assert "Control Panel" in refused.problem.suggestion
    assert "check the service id" not in refused.problem.suggestion


async def test_an_unknown_list_of_a_configuration_removes_nothing(on: OpenBench) -> None:
    """A 404 for what hangs on a point of presence that is there: "none left" would be a guess."""
    bench = await on("vrack")
    bench.service = SERVICE
    await bench.capture("ovhcloud.connect.capture-configuration")
    unknown(bench, "*/config/pop/*/datacenter", **SAYS_UNKNOWN["by a plain 404 for a living service"])
    refused = await problem_of(
        bench.provider.change(bench.call("ovhcloud.connect.remove-datacenters"), bench.materials)
    )

    assert refused.problem.category is Category.CONFLICT
    assert bench.effects() == []


async def test_an_unknown_change_surely_did_nothing(on: OpenBench) -> None:
    """DESIGN 2: it is refused, and may be repeated once somebody has mended it."""
    bench = await on("web-hosting")
    unknown(bench, "*/terminate", method="POST")
    call = bench.call("ovhcloud.service.ask-termination", Case("x", timing=Timing.IMMEDIATE))
    refused = await problem_of(bench.provider.commit(call, bench.materials))

    assert refused.problem.category is Category.INVALID
    assert "nothing was done" in refused.problem.message


async def test_what_was_unread_before_does_not_stop_the_last_check(on: OpenBench) -> None:
    """A person decided on it when it was captured; what is unread only now stops, and what is read again is not new."""
    bench = await on("vrack")
    newly = Bench(bench.provider, bench.simulator, bench.service, evidence=dict(bench.evidence))
    tables = bench.simulator._provider.world.tables_for(Tables)
    unknown(bench, f"/vrack/*/{CLOUD_DIRECTOR}")
    await bench.capture(CAPTURE)
    before = await checked(bench, UNCHANGED)
    lately = await checked(newly, UNCHANGED)
    bench.simulator.clear_faults()
    products.add(tables, tables.assets["vrack/pn-200002"], CLOUD_DIRECTOR, "vdc-1")
    again = await checked(bench, UNCHANGED)

    assert [(finding.item, finding.blocking) for finding in before] == [(CLOUD_DIRECTOR, False)]
    assert [(finding.item, finding.blocking) for finding in lately] == [(CLOUD_DIRECTOR, True)]
    assert not any(finding.blocking for finding in again)


async def test_a_savings_plan_stops_a_project_until_a_person_decides(on: OpenBench) -> None:
    """Facts 2026-11-30: the Control Panel offers support instead of deletion; the run shows it, and asks a person."""
    bench = await on("public-cloud", savings_plan=True)
    read = await facts(bench)
    seen = await checked(bench, "ovhcloud.service.check-options")
    kept = json.loads(bench.evidence["configuration"])

    told = [finding for finding in read.findings if finding.subject == "Savings Plan"]
    assert [(finding.now, finding.blocking) for finding in told] == [("ACTIVE", False)]
    assert [(finding.now, finding.blocking) for finding in seen if finding.subject == "Savings Plan"] == [
        ("ACTIVE", True)
    ]
    assert told[0].same_as(seen[-1])
    assert kept["lists"]["savingsPlan"][0]["fields"]["status"] == "ACTIVE"
    assert read.details["savingsPlan"] == 1
    assert await checked(bench, UNCHANGED) == ()


@pytest.mark.usefixtures("tomorrow")
@pytest.mark.parametrize(
    ("status", "stops", "words"),
    [("PENDING", True, "is PENDING until"), ("PAUSED", True, "does not know"), ("TERMINATED", False, "")],
)
async def test_a_savings_plan_is_judged_by_its_status(on: OpenBench, status: str, stops: bool, words: str) -> None:
    """One that begins later binds as well, one that ended does not; a status that is not known is told as such."""
    bench = await on("public-cloud", savings_plan=True)

    def change(world: World, _: datetime) -> None:
        tables = world.tables_for(Tables)
        plan = next(row for row in tables.members if row.kind == products.SAVINGS_PLAN)
        tables.members.change(plan, fields=plan.fields | {"status": status})

    bench.simulator.happen(change)
    seen = [each for each in await checked(bench, "ovhcloud.service.check-options") if each.subject == "Savings Plan"]

    assert [finding.blocking for finding in seen] == [True] * stops
    assert all(words in finding.text for finding in seen)


async def test_a_savings_plan_subscribed_meanwhile_stops_the_last_check(on: OpenBench) -> None:
    """DESIGN 3: somebody committed to the project after it was captured."""
    bench = await on("public-cloud")
    bench.simulator.happen(lambda world, now: add_savings_plan(world.tables_for(Tables), now))
    seen = await checked(bench, UNCHANGED)

    assert ["savingsPlan/" in finding.text for finding in seen if finding.blocking] == [True]


async def test_a_project_known_by_its_number_has_its_savings_plans_read(on: OpenBench) -> None:
    """As a kind: the same project under the number of `/services`; other services are not asked."""
    bench = await on("public-cloud", savings_plan=True)
    tables = bench.simulator._provider.world.tables_for(Tables)
    number = tables.assets[f"public-cloud/{sim.DEMOS['public-cloud'].name}"].service
    bench.service = bench.service.model_copy(update={"product": "any-service", "service": str(number)})
    seen = await checked(bench, "ovhcloud.service.check-options")
    bench.service = bench.service.model_copy(update={"service": sim.DEMOS["any-service"].name})
    unknown(bench, "*/savingsPlans/subscribed")
    other = await checked(bench, "ovhcloud.service.check-options")

    assert [finding.blocking for finding in seen if finding.subject == "Savings Plan"] == [True]
    assert [finding for finding in other if finding.subject == "Savings Plan"] == []


async def test_savings_plans_that_cannot_be_read_are_a_persons_matter(on: OpenBench) -> None:
    """Not looked at is not "none"."""
    bench = await on("public-cloud", savings_plan=True)
    unknown(bench, "*/savingsPlans/subscribed")
    seen = await checked(bench, "ovhcloud.service.check-options")

    assert [finding.blocking for finding in seen if "could not look" in finding.text] == [True]


def correct(bench: Bench, price: float, since: timedelta) -> None:
    """OVHcloud corrects a bill with a line of the service for the month that begins `since` from now."""

    def issue(world: World, now: datetime) -> None:
        tables = world.tables_for(Tables)
        service = next(each for each in tables.services if each.name == bench.service.service)
        bill = next(iter(tables.bills)).id
        line = (service, "Correction", price, now + since, now + since + timedelta(days=30))
        billing.issue(tables, service.account, now, [line], corrects=bill)

    bench.simulator.happen(issue)


async def _billed_after_its_end(bench: Bench) -> Bench:
    await ended(bench)
    bench.simulator.set_clock(advance=timedelta(days=10))
    return bench


AFTER = Case(BILLS, effective_in=-timedelta(days=10, hours=1))


@pytest.mark.parametrize(("price", "reached"), [(120.0, False), (-120.0, True)])
async def test_corrective_invoices_are_part_of_the_proof(on: OpenBench, price: float, reached: bool) -> None:
    """S2.15, facts 2026-11-30: one that charges a time after the end stops, one that gives back does not."""
    bench = await _billed_after_its_end(await on("web-hosting"))
    correct(bench, price, timedelta(0))
    seen = await bench.provider.poll(bench.call(BILLS, AFTER), bench.materials)

    assert seen.reached is reached
    assert any("corrective invoice CO" in finding.text and finding.blocking is not reached for finding in seen.findings)
    assert "corrective invoices: 1" in seen.note
    assert b'"bill_id": "CO' in seen.records[0].content


async def test_corrective_invoices_that_cannot_be_read_are_told(on: OpenBench) -> None:
    """Where OVHcloud does not know them the bills still prove, and the proof says what is not in it."""
    bench = await _billed_after_its_end(await on("web-hosting"))
    unknown(bench, "/me/correctiveInvoice", **SAYS_UNKNOWN["by a plain 404 for a living service"])
    seen = await bench.provider.poll(bench.call(BILLS, AFTER), bench.materials)

    assert seen.reached
    assert [finding.blocking for finding in seen.findings if "could not look" in finding.text] == [False]
    assert "corrective invoices: could not look" in seen.note
    assert json.loads(seen.records[0].content)["not_read"]


async def test_remote_mailboxes_are_captured_and_counted(on: OpenBench) -> None:
    """S0.4: their addresses are at this service, and go with it; so do the policies of authentication."""
    bench = await on("exchange")
    read = await facts(bench)
    kept = json.loads(bench.evidence["configuration"])["lists"]
    table = await bench.provider.capture(bench.call("ovhcloud.mail.capture-accounts"), bench.materials)

    assert (read.details["remoteMailbox"], read.details["authenticationPolicy"]) == (1, 1)
    assert kept["remoteMailbox"][0]["fields"]["remoteRoutingAddress"] == "hopper@elsewhere.example"
    assert "authenticationPolicyId" in kept["account"][0]["fields"]
    assert b"remoteMailbox,hopper@demo-exchange.example" in table.records[0].content


PASSING = [
    ("web-hosting", change_service, {"shown_status": "autorenewInProgress"}),
    ("web-hosting", change_service, {"shown_status": "inCreation"}),
    ("web-hosting", change_asset, {"iamState": "IN_CREATION"}),
    ("public-cloud", change_asset, {"status": "creating"}),
    ("domain", change_asset, {"state": "autorenew_in_progress"}),
    ("domain", change_asset, {"state": "pending_installation"}),
    ("email-pro", change_asset, {"state": "reopening"}),
    ("exchange", change_asset, {"state": "inMaintenance"}),
]


@pytest.mark.parametrize(("product", "change", "fields"), PASSING)
@pytest.mark.parametrize("action", [STATUS, UNCHANGED])
async def test_a_state_that_passes_is_waited_for(
    on: OpenBench, product: str, change: Callable[..., None], fields: dict[str, Any], action: str
) -> None:
    """Facts 2026-11-30: it blocks neither plan nor check, which is read again until the step's timeout is over."""
    bench = await on(product)
    change(bench, product, **fields)
    read = await facts(bench)
    waits = await problem_of(bench.provider.check(bench.call(action), bench.materials))

    assert read.active
    assert not any(finding.blocking for finding in read.findings)
    assert any("passes by itself" in finding.text for finding in read.findings)
    assert waits.problem.category is Category.NOT_YET
    assert waits.retry_after
    assert waits.problem.suggestion


STOPPING = [
    ("web-hosting", change_asset, {"state": "hardBloqued"}, "the service is hardBloqued, not active"),
    ("web-hosting", change_asset, {"state": "blocked"}, "the service is blocked, not active"),
    ("web-hosting", change_asset, {"state": "frozen"}, "frozen (a state that Unrack does not know)"),
    ("web-hosting", change_service, {"shown_status": "unPaid"}, "the billing state is unPaid; a cancellation"),
    ("web-hosting", change_service, {"shown_status": "odd"}, "odd (a state that Unrack does not know)"),
    ("web-hosting", change_asset, {"iamState": "SUSPENDED"}, "is SUSPENDED"),
]


@pytest.mark.usefixtures("tomorrow")
@pytest.mark.parametrize(("product", "change", "fields", "words"), STOPPING)
async def test_a_state_that_stands_in_the_way_stops(
    on: OpenBench, product: str, change: Callable[..., None], fields: dict[str, Any], words: str
) -> None:
    """What is known is named, what is not known is told as such, and is not taken for good."""
    bench = await on(product)
    change(bench, product, **fields)
    seen = await checked(bench, STATUS)
    read = await facts(bench)

    assert [finding.blocking for finding in seen] == [True]
    assert words in seen[0].text
    assert seen[0] in read.findings


@pytest.mark.usefixtures("tomorrow")
async def test_an_unknown_word_is_told_and_stops_nothing(on: OpenBench) -> None:
    """A new state of the rights management is no reason to stop, and none to be silent."""
    bench = await on("web-hosting")
    change_asset(bench, "web-hosting", iamState="ARCHIVED")
    seen = await checked(bench, STATUS)

    assert [(finding.now, finding.blocking) for finding in seen] == [("ARCHIVED", False)]
    assert "does not know" in seen[0].text


def test_products_with_states_of_their_own_know_more_than_the_good_one() -> None:
    """Each state is in one place only: good, passing, over, or known to be in the way."""
    for product in PRODUCTS.values():
        places = [product.active, product.passing, product.ended, product.known]
        assert sum(map(len, places)) == len(frozenset().union(*places)), product.name
