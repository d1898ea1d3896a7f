"""Who answers for a zone: as the parent delegates it, and as each name server says itself. Asked afresh each time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.dnssec
import dns.name
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.providers.dns.client import Asker, Reply, each


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """One name server's answer about the zone."""

    name: Name
    address: str
    serves: bool
    """It answers for the zone itself."""
    reached: bool = True
    """It said something; a worker without IPv6 reaches no IPv6 address, which says nothing about the server."""
    name_servers: tuple[Name, ...] = ()
    ttl: int = 0
    """Seconds for which resolvers keep `name_servers`."""
    serial: int | None = None
    key_tags: frozenset[int] = frozenset()
    """Of the keys (DNSKEY) that it publishes."""
    why_not: str = ""

    def __str__(self) -> str:
        """In words."""
        host = shown(self.name) + (f" ({self.address})" if self.address else "")
        if not self.serves:
            return msg("{host}: {why_not}", host=host, why_not=self.why_not)
        return msg(
            "{host}: serial {serial}, names {listed} for {ttl} s",
            host=host,
            serial=self.serial,
            listed=listed(self.name_servers),
            ttl=self.ttl,
        )


@dataclass(frozen=True, slots=True)
class AtParent:
    """How the parent zone delegates."""

    parent: Name
    exists: bool
    """Whether the zone is delegated at all."""
    known: bool = True
    """Whether the parent has the name at all, be it as that of a host."""
    name_servers: tuple[Name, ...] = ()
    """All that any server of the parent names."""
    ttl: int = 0
    ds: tuple[str, ...] = ()
    """The DS records: which keys validating resolvers demand of the zone."""
    ds_tags: frozenset[int] = frozenset()
    glue: Mapping[Name, tuple[str, ...]] = field(default_factory=dict[Name, tuple[str, ...]])
    """The addresses of name servers that the parent tells along."""
    agree: bool = True
    """Whether the parent's servers say the same; they do not while a change spreads."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """A zone as its parent and its name servers tell it."""

    zone: Name
    at_parent: AtParent
    at_servers: tuple[ServerAnswer, ...]


async def read_delegation(asker: Asker, zone: Name) -> Delegation:
    """Ask the parent's servers, then each server that they name.

    Raises:
        UnrackError: no resolver, or no server of the parent, answers.
    """
    at_parent = await read_parent(asker, zone)
    answers = await asyncio.gather(*(ask_server(asker, zone, host) for host in at_parent.name_servers))
    return Delegation(zone, at_parent, tuple(answer for some in answers for answer in some))


async def read_parent(asker: Asker, zone: Name) -> AtParent:
    """Read the delegation of `zone` from the servers of its parent zone.

    Raises:
        UnrackError: no resolver, or no server of the parent, answers.
    """
    parent, servers = await _parent_of(asker, zone)
    addresses = [found[0] for found in await asyncio.gather(*(asker.addresses(host) for host in servers)) if found]
    replies = await asyncio.gather(*(asker.authority(address, zone, RdataType.NS) for address in addresses))
    heard = [reply for reply in replies if reply.usable]
    if not heard:
        raise UnrackError(_parent_silent(zone, parent, replies))
    rrsets = [_delegated(reply, zone) for reply in heard]
    sets = {_hosts(rrset) for rrset in rrsets}
    ds = await _ds(asker, zone, [reply.server.address for reply in heard])
    return AtParent(
        parent=parent,
        exists=any(rrset is not None for rrset in rrsets),
        known=any(reply.exists for reply in heard),
        name_servers=tuple(sorted({host for hosts in sets for host in hosts})),
        ttl=max((rrset.ttl for rrset in rrsets if rrset), default=0),
        ds=tuple(sorted(record.to_text() for record in ds)),
        ds_tags=frozenset(int(record.key_tag) for record in ds),
        glue=_glue(heard),
        agree=len(sets) == 1,
    )


async def ask_server(asker: Asker, zone: Name, host: Name) -> tuple[ServerAnswer, ...]:
    """Ask the name server `host` about `zone`, at each of its addresses.

    Raises:
        UnrackError: no resolver answers.
    """
    addresses = await asker.addresses(host)
    if not addresses:
        return (ServerAnswer(host, "", serves=False, why_not=msg("has no address")),)
    return tuple(await asyncio.gather(*(ask_address(asker, zone, host, address) for address in addresses)))


async def ask_address(asker: Asker, zone: Name, host: Name, address: str) -> ServerAnswer:
    """Ask the name server at `address`, called `host`, about `zone`."""
    kinds = (RdataType.NS, RdataType.SOA, RdataType.DNSKEY)
    named, start, keys = await asyncio.gather(*(asker.authority(address, zone, kind) for kind in kinds))
    found = named.records(zone, RdataType.NS)
    if not named.authoritative or found is None:
        why = msg("does not answer for the zone") if named.usable else named.why_not
        return ServerAnswer(host, address, serves=False, reached=named.message is not None, why_not=why)
    soa, dnskeys = start.records(zone, RdataType.SOA), keys.records(zone, RdataType.DNSKEY)
    return ServerAnswer(
        name=host,
        address=address,
        serves=True,
        name_servers=_hosts(found),
        ttl=found.ttl,
        serial=next((int(record.serial) for record in each(soa)), None),
        key_tags=frozenset(dns.dnssec.key_id(key) for key in each(dnskeys)),
    )


async def _parent_of(asker: Asker, zone: Name) -> tuple[Name, tuple[Name, ...]]:
    """The nearest zone above `zone`, and its name servers. They change rarely, so a resolver's word is good enough."""
    above = zone
    while above != dns.name.root:
        above = above.parent()
        found = (await asker.resolved(above, RdataType.NS)).records(above, RdataType.NS)
        if found:
            return above, _hosts(found)
    raise UnrackError(
        Problem(
            category=Category.UNAVAILABLE,
            message=msg("no zone above {shown} is known to the resolvers", shown=shown(zone)),
            suggestion=msg("look whether the name is right, and whether the resolvers see the public DNS"),
        )
    )


def _delegated(reply: Reply, zone: Name) -> dns.rrset.RRset | None:
    """A parent refers; one that serves the child zone too answers."""
    return reply.referred(zone, RdataType.NS) or reply.records(zone, RdataType.NS)


async def _ds(asker: Asker, zone: Name, addresses: list[str]) -> list[Any]:
    replies = await asyncio.gather(*(asker.authority(address, zone, RdataType.DS) for address in addresses))
    found = {record.to_text(): record for reply in replies for record in each(reply.records(zone, RdataType.DS))}
    return list(found.values())


def _glue(replies: Sequence[Reply]) -> dict[Name, tuple[str, ...]]:
    found: dict[Name, tuple[str, ...]] = {}
    for reply in replies:
        for rrset in reply.message.additional if reply.message else ():
            if rrset.rdtype in (RdataType.A, RdataType.AAAA):
                told = (str(record.address) for record in each(rrset))
                found[rrset.name] = tuple(dict.fromkeys((*found.get(rrset.name, ()), *told)))
    return found


def _hosts(rrset: dns.rrset.RRset | None) -> tuple[Name, ...]:
    return tuple(sorted(record.target for record in each(rrset)))


def shown(name: Name) -> str:
    """A name as people write it, without the last dot."""
    return name.to_text(omit_final_dot=True) if name != dns.name.root else msg("the root")


def listed(names: tuple[Name, ...]) -> str:
    """Names for a sentence."""
    return ", ".join(map(shown, names)) or "none"


def _parent_silent(zone: Name, parent: Name, replies: list[Reply]) -> Problem:
    said = joined("; ", (f"{reply.server} {reply.why_not}" for reply in replies)) or msg("none of them has an address")
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "no name server of {shown} tells who answers for {shown2}: {said}",
            shown=shown(parent),
            shown2=shown(zone),
            said=said,
        ),
        suggestion=msg("look whether the worker may send DNS questions (UDP and TCP, port 53) to the internet"),
    )
