"""A service has one id, however people write it."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from unrack.contracts.id_form import IdForm
from unrack.contracts.service_ids import spellings
from unrack.model.ids import RunId
from unrack.providers.catalogue import FORMS, canonical_id, kind_of
from unrack.providers.ovhcloud.products import PRODUCTS

EXAMPLES = Path(__file__).parents[3] / "examples"
RUNBOOKS = Path(__file__).parents[3] / "runbooks"
UUID = "2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10"


@pytest.mark.parametrize(
    ("kind", "written", "known"),
    [
        ("whc domain", "Old-Brand.Example", "old-brand.example"),
        ("whc domain", "old-brand.example.", "old-brand.example"),
        ("whc domain", "  old-brand.example\u200b", "old-brand.example"),
        ("whc domain", "münchen.example", "xn--mnchen-3ya.example"),
        ("whc domain", "mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("whc domain", "MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("whc domain", "XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("whc domain", "old\uff0dbrand\uff0eexample", "old-brand.example"),
        ("whc domain", "straße.example", "xn--strae-oqa.example"),
        ("ovhcloud domain", "Demo-Name.Example.", "demo-name.example"),
        ("ovhcloud dns-zone", "Demo_Zone.Example", "demo_zone.example"),
        ("ovhcloud mx-plan", "bücher.example", "xn--bcher-kva.example"),
        ("ovhcloud web-hosting", "Demo.Cluster031.Hosting.OVH.net.", "demo.cluster031.hosting.ovh.net"),
        ("ovhcloud connect-direct", UUID.upper(), UUID),
        ("ovhcloud connect-provider", f"{{{UUID}}}", UUID),
        ("ovhcloud connect-direct", UUID.replace("-", ""), UUID),
        ("ovhcloud public-cloud", UUID.upper(), UUID.replace("-", "")),
        ("ovhcloud any-service", "0005001", "5001"),
        ("ovhcloud vrack", "PN-0200002", "pn-200002"),
        ("ovhcloud sms", "SMS-UL12345-1", "sms-ul12345-1"),
        ("ovhcloud telephony-group", "UL12345-OVH-01", "ul12345-ovh-1"),
        ("ovhcloud telephony-line", "ul12345-ovh-2:+33 9 72 10 02 00", "ul12345-ovh-2:0033972100200"),
        ("ovhcloud telephony-line", "ul12345-ovh-2:0033972100200", "ul12345-ovh-2:0033972100200"),
        ("ovhcloud exchange", "Hosted-ul12345-1:HOSTED-ul12345-1", "hosted-ul12345-1:hosted-ul12345-1"),
        ("whmcs service", "0042", "42"),
        ("whmcs service", "\uff14\uff12", "42"),
        ("whmcs service", "\u0664\u0662", "42"),
        ("whmcs service", "\xa042 ", "42"),
        ("whmcs reseller", "0042", "42"),
        ("cloudcraft subscription", "Ada@Example.NET", "ada@example.net"),
        ("cloudcraft subscription", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("awsmarketplace agreement", "AGMT-2DemoContract", "agmt-2democontract"),
        ("colonelserver service", "VPS-4711", "vps-4711"),
        ("colonelserver service", "04711", "4711"),
        ("whc hosting", "Old-Shop", "old-shop"),
        ("whc ssl", "Wildcard.Example.org.", "wildcard.example.org"),
    ],
)
def test_an_id_is_brought_to_the_form_in_which_its_provider_knows_it(kind: str, written: str, known: str) -> None:
    """Case, final dot, IDNA, zeros, what copying leaves around it: by product."""
    provider, product = kind.split()
    assert canonical_id(provider, product, written) == known


@pytest.mark.parametrize(
    ("kind", "written", "told"),
    [
        ("whc domain", "www.münchen.example", "write xn--mnchen-3ya.example"),
        ("ovhcloud domain", "www.demo-name.example", "write demo-name.example"),
        ("whc domain", "old brand.example", "domain name"),
        ("whc domain", "", "domain name"),
        ("whmcs service", "4 2", "number after 'id='"),
        ("whmcs service", "42.0", "number after 'id='"),
        ("whmcs service", "id=42", "number after 'id='"),
        ("whmcs service", "-42", "number after 'id='"),
        ("ovhcloud connect-direct", "2f0c9a1e", "uuids"),
        ("ovhcloud any-service", "0x10", "whole numbers"),
        ("ovhcloud telephony-line", "0033972100200", "group and number"),
        ("cloudcraft subscription", "ada", "e-mail address"),
        ("cloudcraft subscription", "ada@localhost", "e-mail address"),
    ],
)
def test_what_cannot_be_an_id_is_refused_with_what_one_looks_like(kind: str, written: str, told: str) -> None:
    """The refusal names the form, or the very id that is meant."""
    provider, product = kind.split()
    with pytest.raises(ValueError, match=re.escape(told)):
        canonical_id(provider, product, written)


def _shipped() -> Iterator[tuple[str, str, str]]:
    yaml = YAML(typ="safe")
    for path in sorted(EXAMPLES.glob("*.yaml")):
        request = yaml.load(path)
        runbook = yaml.load(RUNBOOKS / f"{request['runbook']}.yaml")
        yield runbook["provider"], runbook["product"], request["service"]["id"]


@pytest.mark.parametrize(("provider", "product", "service"), sorted(set(_shipped())))
def test_the_ids_of_the_examples_are_in_form_already(provider: str, product: str, service: str) -> None:
    """What people copy from is as the provider writes it."""
    assert canonical_id(provider, product, service) == service


def test_every_product_of_ovhcloud_has_a_form_for_each_part_of_its_ids() -> None:
    """A part without a form would be refused, or two services be taken for one."""
    for product in PRODUCTS.values():
        assert len(product.id_parts) == product.parts, product.name


KINDS = sorted({tuple(key.replace("*", "service").split("/")) for key in FORMS} | {("colonelserver", "service")})
"""Every kind of service whose id has a form, and one without."""


@given(
    kind=st.sampled_from(KINDS),
    text=st.text(st.sampled_from("aAzZ09-._:@üÜß４\u200b \u0660wx"), max_size=14)
    | st.uuids().map(lambda made: str(made).upper()),
)
def test_the_form_of_a_form_is_itself(kind: tuple[str, str], text: str) -> None:
    """Whatever is written: it is refused, or brought to a form that is brought nowhere else, in ASCII."""
    try:
        once = canonical_id(*kind, text)
    except ValueError:
        return
    assert canonical_id(*kind, once) == once
    if IdForm.WORD not in kind_of(*kind).parts and IdForm.NAME not in kind_of(*kind).parts:
        assert once == once.strip()


@given(number=st.integers(0, 10**12), zeros=st.integers(0, 5), wide=st.booleans())
def test_every_spelling_of_a_number_is_one_service(number: int, zeros: int, wide: bool) -> None:
    """And two numbers are two."""
    text = "0" * zeros + str(number)
    written = text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}) if wide else text
    assert canonical_id("whmcs", "service", written) == str(number)
    assert canonical_id("whmcs", "service", str(number + 1)) != str(number)


@given(made=st.uuids(), upper=st.booleans(), hyphens=st.booleans())
def test_every_spelling_of_a_uuid_is_one_service(made: uuid.UUID, upper: bool, hyphens: bool) -> None:
    """Its run id is always the same."""
    text = str(made) if hyphens else made.hex
    service = canonical_id("ovhcloud", "connect-direct", text.upper() if upper else text)
    run = RunId(provider="ovhcloud", product="connect-direct", service=service)
    assert str(run) == f"ovhcloud-connect-direct/{made}"


def test_a_service_is_found_by_any_spelling() -> None:
    """Whatever its product, since only the id is typed."""
    assert "42" in spellings("0042")
    assert "xn--mnchen-3ya.example" in spellings("München.example.")
    assert spellings("2f0c") == ("2f0c",)
