"""Run ids are read in one way only."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unrack.model.ids import RunId, split_address

SERVICES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,30}", fullmatch=True)
ADDRESSES = st.none() | st.from_regex(r"[a-z0-9]{1,8}(-{1,2}[a-z0-9]{1,5}){0,3}(_[0-9a-f]{4,10})?", fullmatch=True)


def _run(service: str, address: str | None) -> RunId | None:
    try:
        return RunId(provider="whmcs", product="service", service=service, address=address)
    except ValueError:
        return None


@given(service=SERVICES, address=ADDRESSES)
def test_a_run_id_is_read_back_as_it_was_made(service: str, address: str | None) -> None:
    """Service ids may have an @ themselves: what they and the address are is never mistaken."""
    run = _run(service, address)
    assume(run is not None)
    assert run is not None
    assert RunId.parse(str(run)) == run
    assert split_address(run.place) == (service, address)


@given(one=st.tuples(SERVICES, ADDRESSES), other=st.tuples(SERVICES, ADDRESSES))
def test_two_services_never_have_one_run_id(one: tuple[str, str | None], other: tuple[str, str | None]) -> None:
    """Nor the same service at two addresses."""
    first, second = _run(*one), _run(*other)
    assume(first is not None and second is not None and one != other)
    assert str(first) != str(second)


@pytest.mark.parametrize(
    ("text", "service", "address"),
    [
        ("whmcs-service/42", "42", None),
        ("whmcs-service/42@billing-example-com", "42", "billing-example-com"),
        ("ovhcloud-any-service/5001@ovh-ca", "5001", "ovh-ca"),
        ("cloudcraft-subscription/ada@example.net", "ada@example.net", None),
        (
            "cloudcraft-subscription/ada@example.net@proxy-example-com_0a1b2c",
            "ada@example.net",
            "proxy-example-com_0a1b2c",
        ),
        ("ovhcloud-telephony-line/ul12345-ovh-2:0033972100200", "ul12345-ovh-2:0033972100200", None),
    ],
)
def test_an_address_follows_the_last_at_and_has_no_dot(text: str, service: str, address: str | None) -> None:
    """So an e-mail address is never taken for one."""
    run = RunId.parse(text)
    assert (run.service, run.address, str(run)) == (service, address, text)


@pytest.mark.parametrize("service", ["ada@localhost", "a@b@c", "@example.net"])
def test_a_service_id_that_looks_like_one_with_an_address_is_refused(service: str) -> None:
    """An @ is followed by a domain with a dot."""
    with pytest.raises(ValueError, match=r"dot|letters"):
        RunId(provider="whc", product="hosting", service=service)


@pytest.mark.parametrize("address", ["", "billing.example.com", "Brand2", "a/b", "-a", "a" * 81])
def test_an_address_has_a_reserved_form(address: str) -> None:
    """Lower case, hyphens, no dot."""
    with pytest.raises(ValueError, match="an address is"):
        RunId(provider="whmcs", product="service", service="42", address=address)
