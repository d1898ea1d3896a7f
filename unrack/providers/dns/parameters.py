"""What a runbook tells the DNS actions: zones, name servers and addresses, one or several in a text."""

import ipaddress
from dataclasses import dataclass

import dns.name
from dns.name import Name

from unrack.contracts.calls import StepCall
from unrack.contracts.domain_names import dns_name
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.dns.credential import Endpoint, endpoints


@dataclass(frozen=True, slots=True)
class Hosts:
    """Host names and addresses; a name written as ``*.example.net`` stands for every name below."""

    exact: frozenset[Name] = frozenset()
    below: frozenset[Name] = frozenset()
    addresses: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether any is named."""
        return bool(self.exact or self.below or self.addresses)

    def has(self, host: Name) -> bool:
        """Whether `host` is one of them."""
        return host in self.exact or any(host != each and host.is_subdomain(each) for each in self.below)

    def has_address(self, address: str) -> bool:
        """Whether `address` is one of them."""
        return str(ipaddress.ip_address(address)) in self.addresses


def zones(call: StepCall) -> tuple[Name, ...]:
    """The zones to look at.

    Raises:
        UnrackError: none is named, or one is no domain name.
    """
    found = tuple(dict.fromkeys(_name(call, "zones", word) for word in _words(call, "zones")))
    if not found:
        raise UnrackError(_wrong(call, "zones", "names no zone"))
    return found


def hosts(call: StepCall, parameter: str) -> Hosts:
    """The host names and addresses of `parameter`; none when it is not given.

    Raises:
        UnrackError: one is neither.
    """
    exact: set[Name] = set()
    below: set[Name] = set()
    addresses: set[str] = set()
    for word in _words(call, parameter):
        try:
            addresses.add(str(ipaddress.ip_address(word)))
        except ValueError:
            (below if word.startswith("*.") else exact).add(_name(call, parameter, word.removeprefix("*.")))
    return Hosts(frozenset(exact), frozenset(below), frozenset(addresses))


def labels(call: StepCall, zone: Name) -> tuple[Name, ...]:
    """The names in `zone` that are asked for besides the usual ones: relative to the zone, or ending in a dot.

    Raises:
        UnrackError: one is no name.
    """
    words = [word for word in _words(call, "names") if word != "@"]
    return tuple(_name(call, "names", word, zone) for word in words)


def resolvers(call: StepCall) -> tuple[Endpoint, ...]:
    """The resolvers that the runbook or request names; none when it leaves that to the worker.

    Raises:
        UnrackError: one is no address.
    """
    try:
        return endpoints(" ".join(_words(call, "resolvers")))
    except ValueError as error:
        raise UnrackError(_wrong(call, "resolvers", str(error))) from None


def _words(call: StepCall, parameter: str) -> list[str]:
    given = call.parameters.get(parameter)
    return [] if given is None else str(given).replace(",", " ").split()


def _name(call: StepCall, parameter: str, word: str, origin: Name = dns.name.root) -> Name:
    try:
        return dns_name(word, origin)
    except ValueError:
        raise UnrackError(_wrong(call, parameter, f"'{word}' is not a domain name")) from None


def _wrong(call: StepCall, parameter: str, what: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=f"the parameter '{parameter}' of step {call.step}: {what}",
        suggestion="the plan is fixed: skip the step with a reason, or turn the run round and plan it anew",
    )
