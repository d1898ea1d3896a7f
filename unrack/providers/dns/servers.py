"""Servers that a request names: by name, by a pattern of names, or by address. One server may have several names."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from dns.name import Name

from unrack.model.message import msg
from unrack.providers.dns.client import Asker
from unrack.providers.dns.delegation import shown
from unrack.providers.dns.parameters import Hosts

Glue = Mapping[Name, tuple[str, ...]]
"""Addresses that a parent zone tells along with a delegation."""


@dataclass(frozen=True, slots=True)
class Match:
    """A name server that is one of those named."""

    name: Name
    address: str = ""
    """By which it was known; empty when by its name."""

    def __str__(self) -> str:
        """In words."""
        return (
            msg("{shown} ({address}, an address of what ends)", shown=shown(self.name), address=self.address)
            if self.address
            else shown(self.name)
        )


@dataclass(frozen=True, slots=True)
class Servers:
    """The named servers, and the addresses of those named by name."""

    asker: Asker
    hosts: Hosts
    addresses: frozenset[str] = frozenset()
    unknown: tuple[Name, ...] = ()
    """Names that have no address to compare with."""

    def __bool__(self) -> bool:
        """Whether any is named."""
        return bool(self.hosts)

    @classmethod
    async def read(cls, asker: Asker, hosts: Hosts, zones: Iterable[Name]) -> Self:
        """Find the addresses of `hosts`. Names in one of `zones` are names only: they go where the zone says.

        Raises:
            UnrackError: no resolver answers for one. Without its addresses it would not be known by another name.
        """
        inside = tuple(zones)
        names = sorted(name for name in hosts.exact if not any(name.is_subdomain(zone) for zone in inside))
        found = await asyncio.gather(*(asker.addresses(name) for name in names))
        unknown = tuple(name for name, addresses in zip(names, found, strict=True) if not addresses)
        return cls(asker, hosts, frozenset(one for addresses in found for one in addresses), unknown)

    def has_address(self, address: str) -> bool:
        """Whether `address` is one of a named server."""
        return address in self.addresses or self.hosts.has_address(address)

    async def among(self, names: Iterable[Name], glue: Glue | None = None) -> tuple[Match, ...]:
        """Those of `names` that are named, or that have the address of one that is (a name of its own: white label).

        Raises:
            UnrackError: no resolver answers for one, so nobody can tell.
        """
        matches = await asyncio.gather(*(self._match(name, (glue or {}).get(name, ())) for name in names))
        return tuple(match for match in matches if match is not None)

    async def _match(self, name: Name, glue: tuple[str, ...]) -> Match | None:
        if self.hosts.has(name):
            return Match(name)
        if not (self.addresses or self.hosts.networks):
            return None
        known = (*glue, *(await self.asker.addresses(name)))
        return next((Match(name, address) for address in known if self.has_address(address)), None)
