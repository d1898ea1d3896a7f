"""How the DNS room is told whom to ask, and what implements its actions."""

from collections.abc import Mapping
from typing import cast

import dns.name as dns_name
import pytest

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import StepKind
from unrack.providers.credentials import Credentials
from unrack.providers.dns import provider
from unrack.providers.dns.client import Asker
from unrack.providers.dns.credential import DnsCredential, Endpoint, endpoints
from unrack.providers.dns.parameters import Hosts
from unrack.providers.dns.servers import Servers
from unrack.providers.dns.specs import VENDOR


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
    wanted = {kind: {spec.name for spec in VENDOR.actions if spec.kind is kind} for kind in found}

    assert found == wanted
    assert sum(map(len, wanted.values())) == len(VENDOR.actions)


class _Resolvers:
    """Answers for every name but some."""

    def __init__(self, *silent: str) -> None:
        self._silent = {dns_name.from_text(name) for name in silent}

    async def addresses(self, host: dns_name.Name) -> tuple[str, ...]:
        """An address that every name has."""
        if host in self._silent:
            raise UnrackError(Problem(category=Category.UNAVAILABLE, message="no resolver answers"))
        return ("192.0.2.1",)


@pytest.mark.parametrize("silent", ["ns1.leaving.test.", "ns1.brand.test."])
async def test_a_server_whose_address_cannot_be_asked_for_is_not_cleared(silent: str) -> None:
    """S4.8: one server may have two names; where the address of either is not known for now, nobody can tell."""
    asker = cast("Asker", _Resolvers(silent))
    leaving = Hosts(exact=frozenset({dns_name.from_text("ns1.leaving.test.")}))

    with pytest.raises(UnrackError, match="no resolver answers"):
        await (await Servers.read(asker, leaving, ())).among([dns_name.from_text("ns1.brand.test.")])
