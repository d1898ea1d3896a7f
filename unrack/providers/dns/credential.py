"""How DNS is asked. Nothing of it is secret, and nothing need be given: the machine's own resolvers then serve."""

import ipaddress
from dataclasses import dataclass
from typing import Annotated, Self, cast

import dns.exception
import dns.resolver
from pydantic import Field, field_validator, model_validator

from unrack.model.message import msg
from unrack.providers.credentials import Credential

PORT = 53


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """An address that answers DNS."""

    address: str
    port: int = PORT

    def __str__(self) -> str:
        """``address``, and the port where it is not the usual one."""
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return self.address if self.port == PORT else f"{shown}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``.

        Raises:
            ValueError: it is none of these; a host name would have to be asked for before it can be asked.
        """
        address, port = text, str(PORT)
        if text.startswith("["):
            address, _, rest = text[1:].partition("]")
            port = rest.removeprefix(":") or port
        elif text.count(":") == 1:
            address, _, port = text.partition(":")
        try:
            return cls(str(ipaddress.ip_address(address)), _port(port))
        except ValueError:
            raise ValueError(
                msg("'{text}' is not an address of a resolver, as 192.0.2.1 or [2001:db8::1]:5353", text=text)
            ) from None

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine."""
        return ipaddress.ip_address(self.address).is_loopback


class DnsCredential(Credential):
    """Which resolvers this worker asks, and how: ``UNRACK_DNS_<ACCOUNT>_RESOLVERS`` and so on."""

    resolvers: Annotated[tuple[Endpoint, ...], Field(default_factory=lambda: of_this_machine())]  # noqa: PLW0108
    """Recursive resolvers, separated by spaces or commas. They find the addresses of name servers, and tell what the
    world sees. Those of the machine when none is named. Name several: each operator has a cache of its own."""
    timeout: Annotated[float, Field(gt=0, le=15)] = 4.0
    """Seconds for one question to one server, a retry over TCP included."""
    port: Annotated[int, Field(gt=0, lt=65536)] = PORT
    """The port of name servers. Anything but 53 is for tests on this machine."""

    @field_validator("resolvers", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if isinstance(value, list):  # of a TOML file
            value = " ".join(map(str, cast("list[object]", value)))
        try:
            return endpoints(value) if isinstance(value, str) else value
        except ValueError:  # whose words repeat what was given
            raise ValueError(msg("these are not addresses of resolvers, as 192.0.2.1 or [2001:db8::1]:5353")) from None

    @model_validator(mode="after")
    def _odd_ports_stay_here(self) -> Self:
        if self.port != PORT and not all(resolver.is_loopback for resolver in self.resolvers):
            raise ValueError(msg("a port other than 53 is for name servers on this machine, with resolvers on it too"))
        return self


def endpoints(text: str) -> tuple[Endpoint, ...]:
    """The addresses in `text`, separated by spaces or commas, each once.

    Raises:
        ValueError: one of them is no address.
    """
    return tuple(dict.fromkeys(Endpoint.parse(word) for word in text.replace(",", " ").split()))


def of_this_machine() -> tuple[Endpoint, ...]:
    """The resolvers that this machine is set up to ask; none where it names none."""
    try:
        found = map(str, dns.resolver.Resolver().nameservers)
    except (dns.exception.DNSException, OSError):
        found = ()
    return tuple(Endpoint(address) for address in found)


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:  # noqa: PLR2004  the range of ports
        raise ValueError(text)
    return port


CREDENTIAL = DnsCredential
"""The model that `unrack.providers.registry` reads."""
