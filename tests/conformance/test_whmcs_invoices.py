"""What of a client's invoices is for a service, whatever their status, and what becomes of it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.subject import Bench
from tests.conformance.subject_whmcs import SERVICE, opened
from unrack.providers.whmcs.provider import Whmcs
from unrack.providers.whmcs.service import HostedService
from unrack.simulator import whmcs
from unrack.simulator.whmcs import views
from unrack.simulator.whmcs.records import Invoice, InvoiceLine

CANCEL = "whmcs.invoice.cancel-open"
CHECK = "whmcs.invoice.check-open"
PROOF = "whmcs.invoice.verify-none-open"
CONFIGURATION = "whmcs.service.capture-configuration"

ADDON = whmcs.SERVICE * 100 + 1
HOSTING = ("Hosting", whmcs.SERVICE, "12.95")
OTHERS = ("Hosting", whmcs.OTHER_SERVICE, "12.95")

Lines = list[tuple[str, int, str]]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    """The adapter on a client without invoices; the service has an add-on."""
    async with AsyncExitStack() as stack:
        bench = await stack.enter_async_context(opened(tmp_path))
        invoices = bench.simulator.tables_for(whmcs.Tables).invoices
        for one in tuple(invoices):
            invoices.remove(one)
        await bench.capture(CONFIGURATION)
        yield bench


def bill(bench: Bench, number: int, lines: Lines, status: str = "Unpaid") -> None:
    """Issue an invoice to the client."""
    rows = tuple(
        InvoiceLine(id=number * 10 + place, type=kind, relid=relid, description=f"{kind} &amp; more", amount=amount)
        for place, (kind, relid, amount) in enumerate(lines, 1)
    )
    table, day = bench.simulator.tables_for(whmcs.Tables).invoices, date(2026, 1, 1)
    table.put(Invoice(id=number, client=7, status=status, issued_on=day, due=day, lines=rows))


def left(bench: Bench, number: int) -> tuple[str, Lines]:
    """An invoice by the simulator's own account."""
    one = bench.simulator.tables_for(whmcs.Tables).invoices[number]
    return one.status, [(line.type, line.relid, line.amount) for line in one.lines]


async def shown(bench: Bench) -> list[int]:
    """The open invoices that name the service."""
    assert isinstance(bench.provider, Whmcs)
    service = HostedService(bench.provider.api, SERVICE.service)
    return sorted(one.invoice.invoiceid for one in await service.open_invoices(await service.product()))


async def proven(bench: Bench) -> tuple[bool, list[str]]:
    """Whether nothing is against the proof that none is open, and what is."""
    looked = await bench.provider.poll(bench.call(PROOF), bench.materials)
    assert all(finding.blocking for finding in looked.findings)
    return not looked.findings, [finding.text for finding in looked.findings]


@pytest.mark.parametrize("status", ["Unpaid", "Payment Pending", "Collections", "Draft", "Somewhere New", ""])
async def test_an_invoice_is_open_until_no_money_moves_any_more(bench: Bench, status: str) -> None:
    """S4.9: a direct debit under way, a collector's case, a draft, a new status: each is shown, and blocks."""
    bill(bench, 1, [HOSTING], status)
    for number, settled in enumerate(("Paid", "Cancelled", "Refunded"), 2):
        bill(bench, number, [HOSTING], settled)
    checked = await bench.provider.check(bench.call(CHECK), bench.materials)
    good, against = await proven(bench)

    assert await shown(bench) == [1]
    assert [finding.text.split(",")[0] for finding in checked.findings] == ["invoice 1"]
    assert status in checked.findings[0].text
    assert "Hosting & more 12.95 EUR" in checked.findings[0].text
    assert not good
    assert "invoice 1" in against[0]


async def test_add_ons_and_mass_payments_name_the_service_too(bench: Bench) -> None:
    """S4.9: what is billed for its add-on, and what collects its invoices, also one over the other; others' do not."""
    bill(bench, 10, [HOSTING])
    bill(bench, 8, [("Addon", ADDON, "3.00")])
    bill(bench, 9, [("Invoice", 10, "12.95")])
    bill(bench, 11, [("Invoice", 9, "12.95"), ("Invoice", 11, "0.00"), ("Invoice", 4711, "1.00")])
    bill(bench, 12, [("Addon", ADDON + 100, "3.00")])
    bill(bench, 13, [("Invoice", 12, "3.00"), OTHERS])

    assert await shown(bench) == [8, 9, 10, 11]

    await bench.change(CANCEL)

    assert await shown(bench) == []
    assert {number: left(bench, number)[0] for number in (8, 9, 10, 12, 13)} == {
        **dict.fromkeys((8, 9, 10), "Cancelled"),
        **dict.fromkeys((12, 13), "Unpaid"),
    }
    assert left(bench, 11) == ("Unpaid", [("Invoice", 11, "0.00"), ("Invoice", 4711, "1.00")])
    assert left(bench, 13)[1] == [("Invoice", 12, "3.00"), OTHERS]


@pytest.mark.parametrize(
    "hanging",
    [
        [("PromoHosting", whmcs.SERVICE, "-2.59")],
        [("GroupDiscount", 0, "-1.30")],
        [("LateFee", 0, "5.00")],
        [("Addon", ADDON, "3.00"), ("PromoAddon", ADDON, "-1.00"), ("GroupDiscount", 0, "-1.30")],
        [("Item", 0, "-1.00")],
    ],
)
async def test_what_hangs_on_the_services_line_goes_with_it(bench: Bench, hanging: Lines) -> None:
    """S1.8: an invoice of which only discounts and fees would be left is cancelled: nobody owes a discount."""
    bill(bench, 1, [HOSTING, *hanging])
    await bench.change(CANCEL)
    good, _ = await proven(bench)

    assert left(bench, 1)[0] == "Cancelled"
    assert good


async def test_of_a_mixed_invoice_the_services_discount_goes_with_its_line(bench: Bench) -> None:
    """S1.8: others' lines and discounts stay as they are."""
    promo, theirs = ("PromoHosting", whmcs.SERVICE, "-2.59"), ("PromoHosting", whmcs.OTHER_SERVICE, "-1.00")
    bill(bench, 1, [HOSTING, promo, OTHERS, theirs])
    await bench.change(CANCEL)

    assert left(bench, 1) == ("Unpaid", [OTHERS, theirs])


async def test_whmcs_itself_leaves_no_discount_standing(bench: Bench) -> None:
    """The simulator's own cancellation does as WHMCS's documents say, so that a run on it shows what would be."""
    promo = ("PromoHosting", whmcs.SERVICE, "-2.59")
    bill(bench, 1, [HOSTING, promo])
    bill(bench, 2, [HOSTING, promo, OTHERS])
    bill(bench, 3, [HOSTING, ("GroupDiscount", 0, "-1.30"), ("Addon", ADDON, "3.00")])
    await bench.change("whmcs.service.request-cancellation")

    assert left(bench, 1)[0] == left(bench, 3)[0] == "Cancelled"
    assert left(bench, 2) == ("Unpaid", [OTHERS])


@pytest.mark.parametrize("status", ["Payment Pending", "Collections", "Somewhere New"])
async def test_where_money_is_under_way_a_person_settles(bench: Bench, status: str) -> None:
    """A payment that arrives for a cancelled invoice is a mess: it is told, and the proof waits for it."""
    bill(bench, 1, [HOSTING], status)
    bill(bench, 2, [HOSTING])
    done = await bench.change(CANCEL)

    assert f"invoice 1 is {status}" in done.note
    assert (left(bench, 1)[0], left(bench, 2)[0]) == (status, "Cancelled")
    assert not (await proven(bench))[0]


async def test_a_part_of_what_is_collected_is_not_taken_out_beneath_it(bench: Bench) -> None:
    """A mass payment asks for the sum: with the line gone, the client would pay what is on no invoice any more."""
    bill(bench, 1, [HOSTING, OTHERS])
    bill(bench, 2, [("Invoice", 1, "25.90")])
    done = await bench.change(CANCEL)

    assert "invoice 2 collects others" in done.note
    assert left(bench, 1)[1] == [HOSTING, OTHERS]
    assert not (await proven(bench))[0]


async def test_an_invoice_that_cannot_be_read_is_told_and_stops_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell whether it names the service: the proof waits for a person, the rest goes on."""
    usual = views.invoice

    def broken(tables: whmcs.Tables, one: Invoice) -> dict[str, Any]:
        view = usual(tables, one)
        return view | {"duedate": "soon"} if one.id == 2 else view

    monkeypatch.setattr(views, "invoice", broken)
    bill(bench, 1, [HOSTING])
    bill(bench, 2, [OTHERS])
    checked = await bench.provider.check(bench.call(CHECK), bench.materials)
    facts = await bench.provider.facts(SERVICE)
    done = await bench.change(CANCEL)
    good, against = await proven(bench)

    for findings in (checked.findings, facts.findings):
        assert [one.item for one in findings if "cannot be read" in one.text] == ["2"]
    assert left(bench, 1)[0] == "Cancelled"
    assert "invoice 2 cannot be read" in done.note
    assert not good
    assert "duedate" in against[0]
