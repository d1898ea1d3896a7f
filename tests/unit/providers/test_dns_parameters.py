"""What people write for name servers and addresses, and what is understood by it."""

from datetime import UTC, datetime

import dns.name
import pytest

from unrack.contracts.calls import StepCall
from unrack.model.errors import UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.providers.dns import parameters


def call(**given: str) -> StepCall:
    """A step with `given`."""
    return StepCall(
        run="whc-hosting/1",
        step="purge.dns",
        action="dns.zone.check-not-serving",
        service=ServiceRef(provider="whc", product="hosting", service="1"),
        timing=Timing.IMMEDIATE,
        parameters=dict(given),
        begun_at=datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("192.0.2.10:443", "192.0.2.10"),
        ("192.0.2.8/29", "192.0.2.9"),
        ("192.0.2.10/24", "192.0.2.200"),
        ("https://192.0.2.10/login?x=1", "192.0.2.10"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8:1::7"),
    ],
)
def test_addresses_are_understood_however_they_are_written(word: str, address: str) -> None:
    """And an address next to them is another."""
    found = parameters.hosts(call(targets=word), "targets")

    assert found.has_address(address)
    assert not found.has_address("203.0.113.1")
    assert (found.exact, found.below) == (frozenset(), frozenset())


@pytest.mark.parametrize("word", ["ftp.shop.test", "https://ftp.shop.test/x", "FTP.shop.test.", "ftp.shop.test:21"])
def test_names_are_understood_however_they_are_written(word: str) -> None:
    """A URL stands for its host."""
    assert parameters.hosts(call(targets=word), "targets").exact == {dns.name.from_text("ftp.shop.test")}


@pytest.mark.parametrize(
    ("parameter", "word"),
    [
        *(("zones", word) for word in ("https://shop.test/", "192.0.2.10", ".", "shop..test", "*.shop.test", "a/b")),
        *(("names", word) for word in ("a/b", "www:80", "..", "a..b")),
    ],
)
def test_what_is_no_domain_name_is_refused(parameter: str, word: str) -> None:
    """It would be asked for in vain, and certified as not there."""
    given = call(**{"zones": "shop.test", parameter: word})
    with pytest.raises(UnrackError, match="is not a domain name"):
        assert not [*parameters.zones(given), *parameters.labels(given, dns.name.from_text("shop.test"))]


def test_a_name_is_in_the_zone_that_it_ends_with() -> None:
    """Whole names, relative ones, patterns and numbers, with several zones."""
    words = "www.shop.test intranet *.dev * 10 a.other.test."
    given, shop, other = call(zones="shop.test other.test", names=words), "shop.test.", "other.test."
    found = {zone: parameters.labels(given, dns.name.from_text(zone)) for zone in (shop, other)}

    assert [name.to_text() for name in found[shop]] == [
        f"{label}.{shop}" for label in ("www", "intranet", "*.dev", "*", "10")
    ]
    assert [name.to_text() for name in found[other]] == [
        f"{label}.{other}" for label in ("intranet", "*.dev", "*", "10", "a")
    ]
