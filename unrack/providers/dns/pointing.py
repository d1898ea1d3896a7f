"""Where names of a zone lead: by address, or by other names inside the zone and outside it."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import dns.name
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.dns.client import Asker, Reply, each
from unrack.providers.dns.delegation import ServerAnswer, shown
from unrack.providers.dns.names import unheard_of
from unrack.providers.dns.servers import Servers

_ADDRESSES = (RdataType.A, RdataType.AAAA)
_OF_HOSTS = (*_ADDRESSES, RdataType.MX)
_RARE = frozenset({RdataType.HTTPS})
"""Kinds that old name servers do not know: that they do not answer for them says nothing."""

_FURTHEST = 12
"""So many steps from name to name; resolvers give up, too."""

_AT_ONCE = 8
"""Questions under way to one server; many servers limit the rate."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that leads to a target."""

    owner: Name = field(compare=False)
    kind: RdataType
    record: str
    leads: str = ""
    """By which way, when not by itself."""

    def of(self, name: str = "") -> str:
        """In words; `name` where it is not the owner's."""
        record = f"{name or shown(self.owner)} {self.kind.name} {self.record}"
        return msg("{record} leads there: {leads}", record=record, leads=self.leads) if self.leads else record


@dataclass(frozen=True, slots=True)
class Pointing:
    """Follows the records of `zone`, as `server` has them, to `targets`."""

    asker: Asker
    server: ServerAnswer
    zone: Name
    targets: Servers

    async def of(self, names: Iterable[Name]) -> dict[Name, tuple[Hit, ...]]:
        """Return the records of each of `names` that lead to a target. Names without any are left out.

        Raises:
            UnrackError: the name server, or no resolver, answers.
        """
        gate = asyncio.Semaphore(_AT_ONCE)

        async def follow(name: Name, kind: RdataType) -> tuple[Name, list[Hit]]:
            async with gate:
                return name, await self._hits(name, kind)

        asked = [follow(name, kind) for name in names for kind in self._kinds(name)]
        found: dict[Name, tuple[Hit, ...]] = {}
        for name, hits in await asyncio.gather(*asked):
            if hits:
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *hits)))
        return found

    async def of_wildcard(self) -> tuple[Hit, ...]:
        """Return the wildcard answers that lead to a target, by asking for a name that nobody has given."""
        probe = unheard_of(self.zone)
        return (await self.of((probe,))).get(probe, ())

    def _kinds(self, name: Name) -> tuple[RdataType, ...]:
        """Return the record types to ask for. Any answer includes an alias or a delegation."""
        if name.labels[0].startswith(b"_"):
            return (RdataType.SRV,)
        if name == self.zone:
            return (*_OF_HOSTS, RdataType.NS, RdataType.HTTPS)
        return (*_OF_HOSTS, RdataType.HTTPS) if name.labels[0] == b"www" else _OF_HOSTS

    async def _hits(self, name: Name, kind: RdataType) -> list[Hit]:
        reply = await self.asker.authority(self.server.address, name, kind)
        if not reply.usable:
            if kind in _RARE:
                return []
            raise UnrackError(_silent(self.server, name, reply.why_not))
        found = [
            Hit(rrset.name, rrset.rdtype, str(record.to_text()), leads)
            for rrset in self._about(reply, name, kind)
            for record in each(rrset)
            if (leads := await self._way(rrset.name, record, reply)) is not None
        ]
        return list(found)

    def _about(self, reply: Reply, name: Name, kind: RdataType) -> Iterator[dns.rrset.RRset]:
        """The records of `name` in a reply: of the kind, an alias, or the delegation below which it lies."""
        message = reply.message
        if message is None:
            return
        yield from (found for found in message.answer if found.name == name and found.rdtype in (kind, RdataType.CNAME))
        for found in message.authority if not reply.authoritative else ():
            if found.rdtype == RdataType.NS and found.name != self.zone and name.is_subdomain(found.name):
                yield found

    async def _way(self, name: Name, record: object, reply: Reply) -> str | None:
        """The way from a `record` to a target; empty when it names one itself, None when it leads to none."""
        if any(self.targets.has_address(address) for address in _addresses_in(record)):
            return ""
        for host in _hosts_in(record):
            if self.targets.hosts.has(host):
                return ""
            along = self._at_target(reply.message.additional if reply.message else (), host)
            if leads := along or (await self._trail(host, (name,)) if host != name else ""):
                return leads
        return None

    async def _trail(self, host: Name, before: tuple[Name, ...]) -> str:
        """The records from `host` on that lead to a target; empty when none does."""
        if host in before or len(before) > _FURTHEST:
            return ""
        replies = await asyncio.gather(*(self._answer(host, kind) for kind in _ADDRESSES))
        for reply in replies:
            if found := self._at_target(reply.message.answer if reply.message else ()):
                return found
        for alias in each(next((found for reply in replies if (found := reply.records(host, RdataType.CNAME))), None)):
            step = f"{shown(host)} CNAME {alias.to_text()}"
            if self.targets.hosts.has(alias.target):
                return step
            if further := await self._trail(alias.target, (*before, host)):
                return f"{step}, {further}"
        return ""

    def _at_target(self, section: Iterable[dns.rrset.RRset], host: Name | None = None) -> str:
        """The first address in a section, of `host` if it is named, that is a target's."""
        for rrset in section:
            if rrset.rdtype in _ADDRESSES and host in (None, rrset.name):
                for record in each(rrset):
                    if self.targets.has_address(str(record.address)):
                        return f"{shown(rrset.name)} {rrset.rdtype.name} {record.to_text()}"
        return ""

    async def _answer(self, host: Name, kind: RdataType) -> Reply:
        """Ask the zone's own server for names in it. Ask resolvers for other names and for delegated ones."""
        if host.is_subdomain(self.zone):
            reply = await self.asker.authority(self.server.address, host, kind)
            if reply.authoritative:
                return reply
        return await self.asker.resolved(host, kind)


def _addresses_in(record: object) -> Iterator[str]:
    if address := getattr(record, "address", None):
        yield str(address)
    for hint in dict(getattr(record, "params", None) or {}).values():
        yield from map(str, getattr(hint, "addresses", ()))


def _hosts_in(record: object) -> Iterator[Name]:
    for part in ("exchange", "target"):
        host = getattr(record, part, None)
        if isinstance(host, Name) and host != dns.name.root:
            yield host


def _silent(server: ServerAnswer, name: Name, why: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=f"{shown(server.name)} ({server.address}) {why} for {shown(name)}",
        suggestion=msg("it is asked again; look whether the name server runs"),
    )
