"""The parameters of the DNS actions: zones, name servers and addresses, one or several in a text."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import dns.name
from dns.name import Name

from unrack.contracts.calls import StepCall
from unrack.contracts.domain_names import ascii_name, dns_name
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers.dns.credential import Endpoint, endpoints

LEAVING = "leaving-name-servers"
TARGETS = "leaving-targets"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")
_ANY = "*."


@dataclass(frozen=True, slots=True)
class Hosts:
    """Host names, addresses and networks; a name written as ``*.example.net`` stands for every name below."""

    exact: frozenset[Name] = frozenset()
    below: frozenset[Name] = frozenset()
    networks: frozenset[Network] = frozenset()
    """An address is the network of itself alone."""

    def __bool__(self) -> bool:
        """Whether any is named."""
        return bool(self.exact or self.below or self.networks)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that are named one by one."""
        return tuple(sorted(str(one[0]) for one in self.networks if one.num_addresses == 1))

    def has(self, host: Name) -> bool:
        """Whether `host` is one of them."""
        return host in self.exact or any(host != each and host.is_subdomain(each) for each in self.below)

    def has_address(self, address: str) -> bool:
        """Whether `address` is one of them, or in a network of them."""
        known = ipaddress.ip_address(address)
        return any(known in network for network in self.networks)


def zones(call: StepCall) -> tuple[Name, ...]:
    """The zones to look at.

    Raises:
        UnrackError: none is named, or one is no domain name.
    """
    found = tuple(dict.fromkeys(_name(call, "zones", word) for word in _words(call, "zones")))
    if not found:
        raise UnrackError(_wrong(call, "zones", msg("names no zone")))
    return found


def hosts(call: StepCall, parameter: str) -> Hosts:
    """The host names, addresses and networks of `parameter`; none when it is not given.

    A URL stands for its host, and so does a host with a port: a host ends with all of its ports.

    Raises:
        UnrackError: one is none of these.
    """
    exact: set[Name] = set()
    below: set[Name] = set()
    networks: set[Network] = set()
    for word in _words(call, parameter):
        host = _host(word)
        try:
            networks.add(ipaddress.ip_network(host, strict=False))
        except ValueError:
            name = _name(call, parameter, host.removeprefix(_ANY), shown=word)
            (below if host.startswith(_ANY) else exact).add(name)
    return Hosts(frozenset(exact), frozenset(below), frozenset(networks))


def labels(call: StepCall, zone: Name) -> tuple[Name, ...]:
    """The names in `zone` that are asked for besides the usual ones.

    They are relative to the zone, or whole: those that end in one of the zones of the step are in that zone.

    Raises:
        UnrackError: one is no name.
    """
    found = [_label(call, word, zone) for word in _words(call, "names") if word != "@"]
    return tuple(name for name in found if name is not None)


def resolvers(call: StepCall) -> tuple[Endpoint, ...]:
    """The resolvers that the runbook or request names; none when it leaves that to the worker.

    Raises:
        UnrackError: one is no address.
    """
    try:
        return endpoints(" ".join(_words(call, "resolvers")))
    except ValueError as error:
        raise UnrackError(_wrong(call, "resolvers", str(error))) from None


def _label(call: StepCall, word: str, zone: Name) -> Name | None:
    """The name that `word` is in `zone`; None when it lies in another."""
    if word == "*":
        return dns_name(word, zone)
    whole = _name(call, "names", word.removeprefix(_ANY), numbers=True)
    if word.startswith(_ANY):
        whole = dns_name("*", whole)
    homes = [one for one in zones(call) if whole.is_subdomain(one)]
    if homes:
        return whole if zone in homes else None
    if word.endswith("."):
        raise UnrackError(_wrong(call, "names", msg("'{word}' is in none of the zones", word=word)))
    return Name((*whole.labels[:-1], *zone.labels))


def _host(word: str) -> str:
    """The host in `word`, which people also give as a URL or with a port; `word` itself when there is none."""
    if "://" in word:
        try:
            return urlsplit(word).hostname or word
        except ValueError:
            return word
    found = _WITH_PORT.fullmatch(word)
    return (found[1] or found[2]) if found else word


def _words(call: StepCall, parameter: str) -> list[str]:
    given = call.parameters.get(parameter)
    return [] if given is None else str(given).replace(",", " ").split()


def _name(call: StepCall, parameter: str, word: str, *, shown: str = "", numbers: bool = False) -> Name:
    """`word` as a domain name. One that ends in a number is a mistyped address, or a range of addresses."""
    try:
        text = ascii_name(word)
    except ValueError:
        text = ""
    if not text or (text.rpartition(".")[2].isdecimal() and not numbers):
        kinds = (
            msg("is not a domain name")
            if parameter in ("zones", "names")
            else msg("is no domain name, address or network")
        )
        raise UnrackError(_wrong(call, parameter, f"'{shown or word}' {kinds}"))
    return dns_name(text, dns.name.root)


def _wrong(call: StepCall, parameter: str, what: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg(
            "the parameter '{parameter}' of step {step}: {what}", parameter=parameter, step=call.step, what=what
        ),
        suggestion=msg("the plan is fixed: skip the step with a reason, or roll the run back and plan it anew"),
    )


def clock_of(call: StepCall) -> ProviderClock:
    """The clock of the run's provider, as the run knew it when it asked: DNS has none of its own."""
    now = datetime.now(UTC)
    return call.clock or ProviderClock(read_at=now, shown=now)
