"""How the DNS room is told whom to ask, and what implements its actions."""

from collections.abc import Mapping

import pytest

from unrack.contracts.actions_dns import DNS_ACTIONS
from unrack.model.errors import UnrackError
from unrack.model.lifecycle import StepKind
from unrack.providers.credentials import Credentials
from unrack.providers.dns import provider
from unrack.providers.dns.credential import DnsCredential, Endpoint, endpoints


def read(environment: Mapping[str, str]) -> DnsCredential:
    """The credential of the account ``default``."""
    return Credentials(environment).read("dns", "default", DnsCredential)


def test_resolvers_are_addresses_with_or_without_a_port() -> None:
    """IPv4 and IPv6, separated by spaces or commas, each once."""
    found = endpoints("192.0.2.1, 192.0.2.1:5353 2001:db8::1,[2001:db8::1]:5353 192.0.2.1")

    assert found == (
        Endpoint("192.0.2.1"),
        Endpoint("192.0.2.1", 5353),
        Endpoint("2001:db8::1"),
        Endpoint("2001:db8::1", 5353),
    )
    assert [str(each) for each in found] == ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"]


@pytest.mark.parametrize("text", ["dns.example.org", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:dns"])
def test_what_is_no_address_of_a_resolver_is_refused(text: str) -> None:
    """A host name would have to be asked for before it could be asked."""
    with pytest.raises(UnrackError, match="not addresses of resolvers"):
        read({"UNRACK_DNS_DEFAULT_RESOLVERS": text})


def test_without_settings_the_machines_own_resolvers_serve() -> None:
    """Nothing need be set up for DNS."""
    assert read({}).port == 53


def test_a_port_for_tests_is_refused_for_the_internet() -> None:
    """Name servers of the world answer on port 53; another one is only for a DNS on this machine."""
    assert read({"UNRACK_DNS_DEFAULT_RESOLVERS": "127.0.0.1:5300", "UNRACK_DNS_DEFAULT_PORT": "5300"}).port == 5300

    with pytest.raises(UnrackError, match="on this machine"):
        read({"UNRACK_DNS_DEFAULT_RESOLVERS": "192.0.2.1", "UNRACK_DNS_DEFAULT_PORT": "5300"})


def test_every_action_is_implemented_in_the_way_of_its_kind() -> None:
    """An action without its handler would fail a run months later."""
    found = {
        StepKind.CHECK: set(provider.CHECKS),
        StepKind.CAPTURE: set(provider.CAPTURES),
        StepKind.AWAIT: set(provider.LOOKS),
    }
    wanted = {kind: {spec.name for spec in DNS_ACTIONS if spec.kind is kind} for kind in found}

    assert found == wanted
    assert sum(map(len, wanted.values())) == len(DNS_ACTIONS)
