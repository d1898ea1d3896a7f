"""WHMCS's answers where its own documents are loose: however it writes a thing, it is read, or told by its number."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from unrack.providers.whmcs.lenient import listed, nested, rows_of
from unrack.providers.whmcs.schemas import CancelRequest, Domain, Invoice, InvoiceItem, Page, Product, TicketSummary

SERVICE: dict[str, Any] = {"id": "1", "clientid": 7, "status": "Active"}


@pytest.mark.parametrize("nothing", ["", " ", [], {}, None, False, {"product": ""}, {"product": []}, {"product": None}])
def test_an_empty_list_is_read_however_it_is_written(nothing: object) -> None:
    """WHMCS's documents leave it open."""
    assert listed(nothing) == []
    assert Page.model_validate({"rows": nothing}).rows == ()


def test_flat_fields_are_put_together() -> None:
    """The documented samples of some actions have no lists but brackets in names; ids are text."""
    body = {
        "totalresults": "2",
        "packages[package][1][id]": "10",
        "packages[package][1][relid]": "43",
        "packages[package][0][id]": "9",
        "packages[package][0][relid]": "42",
        "packages[package][0][type]": "Immediate",
    }
    read = rows_of(listed(nested(body)["packages"]), CancelRequest).read

    assert [(one.id, one.relid, one.type) for one in read] == [
        (9, 42, "Immediate"),
        (10, 43, "End of Billing Period"),
    ]


@pytest.mark.parametrize("name", ["totalresults[a]", "[", "[]", "][", "a[b", "totalresults[a][b]"])
def test_names_that_lead_nowhere_hide_nothing(name: str) -> None:
    """Brackets in a name that is no list's: the other fields are read."""
    body = {"totalresults": "1", name: "x", "packages[package][0][id]": "9", "packages[package][0][relid]": "42"}
    grown = nested(body)

    assert grown["totalresults"] == "1"
    assert [row["relid"] for row in listed(grown["packages"])] == ["42"]


@pytest.mark.parametrize("wrapped", [lambda rows: {"package": rows}, lambda rows: rows], ids=["wrapped", "bare"])
def test_a_list_numbered_by_its_keys_is_read(wrapped: Callable[[object], object]) -> None:
    """PHP writes a list with a gap as an object: a standing request in it is seen."""
    rows = {"0": {"id": 9, "relid": "42", "type": "Immediate"}, "2": {"id": 10, "relid": 43, "type": "Immediate"}}

    assert [one.relid for one in rows_of(listed(wrapped(rows)), CancelRequest).read] == [42, 43]


@pytest.mark.parametrize("wrapped", [lambda row: {"package": row}, lambda row: row], ids=["wrapped", "bare"])
def test_a_record_alone_is_a_list_of_one(wrapped: Callable[[object], object]) -> None:
    """A list of one, written as the one: its request stands all the same."""
    row = {"id": 9, "relid": "42", "type": "Immediate"}

    assert [one.relid for one in rows_of(listed(wrapped(row)), CancelRequest).read] == [42]


@pytest.mark.parametrize("shape", [{"package": [], "more": []}, "nothing", 7, {"package": "nothing"}])
def test_a_list_of_another_shape_is_refused_not_taken_for_empty(shape: object) -> None:
    """What cannot be read may hold a standing request or an unpaid invoice."""
    with pytest.raises(ValidationError):
        Page.model_validate({"rows": shape})


@pytest.mark.parametrize(
    "never",
    ["0000-00-00", "0000-00-00 00:00:00", "-0001-11-30", "-0001-11-30T00:00:00+00:00", "2026-00-00", "", " ", None, 0],
)
def test_what_stands_for_no_date_is_none(never: object) -> None:
    """MySQL's zeros, and what PHP makes of them (openprovider/Openprovider-WHMCS-domains #86)."""
    domain = Domain.model_validate({"id": 1, "domainname": "x.example", "expirydate": never})
    service = Product.model_validate(SERVICE | {"nextduedate": never, "regdate": "2015-01-01"})

    assert (domain.expirydate, service.nextduedate, service.regdate) == (None, None, date(2015, 1, 1))


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_null_where_a_text_is_promised_is_an_empty_text(nothing: object) -> None:
    """A service that was never suspended may have null for the reason."""
    fields = ("name", "groupname", "domain", "servername", "suspensionreason", "billingcycle", "recurringamount")
    service = Product.model_validate(SERVICE | dict.fromkeys(fields, nothing))
    line = InvoiceItem.model_validate({"id": 1, "type": nothing, "relid": nothing, "amount": nothing})

    assert {getattr(service, name) for name in fields} == {""}
    assert (line.type, line.relid, line.amount) == ("", 0, "")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Web &amp; Mail", "Web & Mail"),
        ("Joe&#039;s &quot;shop&quot;", 'Joe\'s "shop"'),
        ("m&uuml;nchen.example", "münchen.example"),
        ("&#x27;quoted&#x27;", "'quoted'"),
        ("R&D &copy right", "R&D &copy right"),
        ("a=1&b=2; c", "a=1&b=2; c"),
    ],
)
def test_texts_are_as_people_wrote_them(written: str, meant: str) -> None:
    """WHMCS escapes for HTML; what is compared is what was meant. An ampersand that escapes nothing stays."""
    assert Product.model_validate(SERVICE | {"name": written}).name == meant
    assert TicketSummary.model_validate({"id": 1, "subject": written}).subject == meant
    assert Domain.model_validate({"id": 1, "domainname": written}).domainname == meant


def test_one_record_that_cannot_be_read_hides_no_other() -> None:
    """It is told by its number and field; the records beside it are read."""
    rows = rows_of(
        [
            {"id": 1, "domainname": "one.example"},
            {"id": 2, "domainname": "two.example", "expirydate": "next spring"},
            None,
            {"id": 3, "domainname": "three.example"},
        ],
        Domain,
    )

    assert [one.id for one in rows.read] == [1, 3]
    assert [(one.what, one.number) for one in rows.unreadable] == [("domain", "2"), ("domain", "?")]
    assert "expirydate" in str(rows.unreadable[0])


def test_a_line_that_cannot_be_read_is_told_with_its_invoice() -> None:
    """The other lines are read, and the invoice is known to have more."""
    lines = [{"id": 5, "type": "Hosting", "relid": 42}, {"id": 6, "type": "Hosting", "relid": "the shop"}]
    invoice = Invoice.model_validate({"invoiceid": 7, "status": None, "items": {"item": lines}})

    assert [line.id for line in invoice.items] == [5]
    assert [line.number for line in invoice.unreadable] == ["6"]


def test_a_service_without_a_status_is_not_guessed() -> None:
    """Whether it lives decides what is done to it."""
    with pytest.raises(ValidationError):
        Product.model_validate(SERVICE | {"status": None})
