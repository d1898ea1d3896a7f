"""One question to one server. The answer is the server's own at this moment; nothing here keeps or reuses an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.providers.dns.credential import DnsCredential, Endpoint

Way = Callable[[dns.message.Message, Endpoint, float], Awaitable[dns.message.Message]]


async def _by_udp(query: dns.message.Message, server: Endpoint, timeout: float) -> dns.message.Message:  # noqa: ASYNC109
    answer, _ = await dns.asyncquery.udp_with_fallback(query, server.address, timeout=timeout, port=server.port)
    return answer


async def _by_tcp(query: dns.message.Message, server: Endpoint, timeout: float) -> dns.message.Message:  # noqa: ASYNC109
    return await dns.asyncquery.tcp(query, server.address, timeout=timeout, port=server.port)


_UDP_SIZE = 1232
"""Bytes that reach nearly everyone unfragmented; longer answers come over TCP (DNS Flag Day 2020)."""

_LOCAL = dns.name.from_text("localhost.")

_TRIES = ((_by_udp, 0.5), (_by_tcp, 0.25), (_by_udp, 0.25))
"""How a question is asked, one way after the other, with the part of the time for each. One lost packet is no news, and
a server that limits the rate of its answers drops them, but not over TCP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, or the reason why there is none."""

    server: Endpoint
    message: dns.message.Message | None
    silence: str = ""
    """Why there is no message, for a person."""

    @property
    def usable(self) -> bool:
        """Whether it says something about the name: that there are records, or that there are none."""
        return self.message is not None and self.message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)

    @property
    def authoritative(self) -> bool:
        """Whether the server answers for the zone itself, and not from a cache or with a hint."""
        return self.usable and self.message is not None and bool(self.message.flags & dns.flags.AA)

    @property
    def exists(self) -> bool:
        """Whether the name exists."""
        return self.message is not None and self.message.rcode() == dns.rcode.NOERROR

    @property
    def why_not(self) -> str:
        """In words, why the reply is not usable."""
        if self.message is None:
            return self.silence
        return f"answers {dns.rcode.to_text(self.message.rcode())}"

    def records(self, name: Name, kind: RdataType) -> dns.rrset.RRset | None:
        """The records in the answer."""
        return _in(self.message.answer, name, kind) if self.message else None

    def referred(self, name: Name, kind: RdataType) -> dns.rrset.RRset | None:
        """The records by which the server refers to others."""
        return _in(self.message.authority, name, kind) if self.message else None


class Asker:
    """Asks servers and resolvers."""

    def __init__(self, credential: DnsCredential, resolvers: tuple[Endpoint, ...] = ()) -> None:
        """Ask as `credential` says; `resolvers` replace its own when there are any."""
        self.credential = credential
        self.resolvers = resolvers or credential.resolvers

    async def authority(self, address: str, name: Name, kind: RdataType) -> Reply:
        """Ask the name server at `address` itself."""
        return await self._ask(Endpoint(address, self.credential.port), name, kind, recurse=False)

    async def resolver(self, resolver: Endpoint, name: Name, kind: RdataType) -> Reply:
        """Ask one resolver for the public answer."""
        return await self._ask(resolver, name, kind, recurse=True)

    async def resolved(self, name: Name, kind: RdataType) -> Reply:
        """The first usable reply of a resolver.

        Raises:
            UnrackError: no resolver gave one.
        """
        replies = [await self.resolver(resolver, name, kind) for resolver in self.resolvers[:1]]
        if not any(reply.usable for reply in replies):
            replies += await asyncio.gather(*(self.resolver(other, name, kind) for other in self.resolvers[1:]))
        usable = next((reply for reply in replies if reply.usable), None)
        if usable is None:
            raise UnrackError(_no_resolver(name, replies))
        return usable

    async def trouble(self) -> Problem | None:
        """Why no resolver can be used; None when one can. Each answers for ``localhost`` by itself (RFC 6761)."""
        replies = await asyncio.gather(*(self.resolver(known, _LOCAL, RdataType.A) for known in self.resolvers))
        return None if any(reply.usable for reply in replies) else _no_resolver(_LOCAL, replies)

    async def addresses(self, host: Name) -> tuple[str, ...]:
        """The addresses of `host`, IPv4 first.

        Raises:
            UnrackError: no resolver answers.
        """
        kinds = (RdataType.A, RdataType.AAAA)
        replies = await asyncio.gather(*(self.resolved(host, kind) for kind in kinds))
        return tuple(
            str(record.to_text())
            for kind, reply in zip(kinds, replies, strict=True)
            for rrset in (reply.message.answer if reply.message else ())
            if rrset.rdtype == kind
            for record in each(rrset)
        )

    async def _ask(self, server: Endpoint, name: Name, kind: RdataType, *, recurse: bool) -> Reply:
        query = dns.message.make_query(name, kind, use_edns=0, payload=_UDP_SIZE, want_dnssec=False)
        if not recurse:
            query.flags &= ~dns.flags.RD
        reply = Reply(server, None, msg("was not asked"))
        for way, part in _TRIES:
            reply = await self._once(server, query, way, self.credential.timeout * part)
            if reply.message is not None:
                break
        return reply

    async def _once(self, server: Endpoint, query: dns.message.Message, way: Way, seconds: float) -> Reply:
        try:
            message = await way(query, server, seconds)
        except dns.exception.Timeout:
            return Reply(
                server, None, msg("does not answer within {timeout} seconds", timeout=f"{self.credential.timeout:g}")
            )
        except (dns.exception.DNSException, OSError) as error:
            return Reply(server, None, msg("cannot be asked: {value}", value=error or type(error).__name__))
        return Reply(server, message)


def each(rrset: dns.rrset.RRset | None) -> list[Any]:
    """The records of `rrset`; the library types them by their kind only at run time."""
    return list(cast("Any", rrset or ()))


def _in(section: Sequence[dns.rrset.RRset], name: Name, kind: RdataType) -> dns.rrset.RRset | None:
    return next((rrset for rrset in section if rrset.name == name and rrset.rdtype == kind), None)


def _no_resolver(name: Name, replies: Sequence[Reply]) -> Problem:
    said = joined("; ", (f"{reply.server} {reply.why_not}" for reply in replies)) or msg("the worker knows none")
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("no resolver answers for {to_text}: {said}", to_text=name.to_text(), said=said),
        suggestion=msg(
            "look whether the worker may reach these resolvers; UNRACK_DNS_<ACCOUNT>_RESOLVERS names others"
        ),
    )
