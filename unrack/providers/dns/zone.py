"""A zone kept as a zone file: whole by transfer, or as far as its name servers can be asked. The file says which."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import dns.asyncquery
import dns.exception
import dns.name
import dns.node
import dns.rdataset
import dns.xfr
import dns.zone
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.providers.base import Captured, Record
from unrack.providers.dns import parameters
from unrack.providers.dns.client import Asker
from unrack.providers.dns.delegation import ServerAnswer, ask_address, ask_server, read_parent, shown
from unrack.providers.dns.names import usual
from unrack.providers.dns.parameters import LEAVING, clock_of
from unrack.providers.dns.wildcards import Answers, Wildcards

EVIDENCE = "dns-zone"

KINDS = (
    *(RdataType.SOA, RdataType.NS, RdataType.A, RdataType.AAAA, RdataType.CNAME, RdataType.DNAME, RdataType.MX),
    *(RdataType.TXT, RdataType.SRV, RdataType.CAA, RdataType.TLSA, RdataType.SSHFP, RdataType.NAPTR, RdataType.PTR),
    *(RdataType.HTTPS, RdataType.SVCB, RdataType.DS, RdataType.DNSKEY),
)
"""Asked for where no transfer is allowed."""

_AT_ONCE = 20
"""Questions under way to one server; more looks like an attack."""

_BESIDE_CNAME = frozenset({RdataType.CNAME, RdataType.RRSIG, RdataType.NSEC, RdataType.NSEC3, RdataType.KEY})
"""Record types allowed beside a CNAME (RFC 2181, section 10.1; RFC 4034, section 3)."""


class _Node(dns.node.Node):
    """Keeps what it is given. The library's own drops records beside a CNAME, though servers do answer them."""

    def _append_rdataset(self, rdataset: dns.rdataset.Rdataset) -> None:
        cast("list[dns.rdataset.Rdataset]", self.rdatasets).append(rdataset)  # pyright: ignore[reportUnknownMemberType]


class KeptZone(dns.zone.Zone):
    """A zone as its server answers it, whether or not a zone may be so."""

    node_factory = _Node


@dataclass(frozen=True, slots=True)
class _Kept:
    zone: dns.zone.Zone
    how: tuple[str, ...]
    """The header of the file, line by line."""


async def capture_zone(asker: Asker, call: StepCall) -> Captured:
    """Keep every zone. Report the parts that could not be read."""
    clock, records, notes = clock_of(call), list[Record](), list[str]()
    for zone in parameters.zones(call):
        kept = await _kept(asker, call, zone)
        odd = beside_cname(kept.zone)
        records.append(_record(zone, kept, odd, clock.shown))
        notes.append(joined("; ", (msg("{shown}: {how}", shown=shown(zone), how=kept.how[0]), *odd)))
    return Captured(records=tuple(records), note=joined("; ", notes), clock=clock)


def beside_cname(zone: dns.zone.Zone) -> tuple[str, ...]:
    """Names that have a CNAME and other records, in words: few name servers take such a zone."""
    found, kinds_of = list[str](), defaultdict[Name, set[RdataType]](set)
    for name, rdataset in zone.iterate_rdatasets():
        kinds_of[name].add(rdataset.rdtype)
    for name, kinds in sorted(kinds_of.items()):
        others = sorted(kind.name for kind in kinds - _BESIDE_CNAME)
        if RdataType.CNAME in kinds and others:
            text = msg(
                "{shown} has a CNAME beside {join}: no zone may have that", shown=shown(name), join=", ".join(others)
            )
            found.append(msg("{text}, so choose before it is served elsewhere", text=text))
    return tuple(found)


async def _kept(asker: Asker, call: StepCall, zone: Name) -> _Kept:
    servers = await _servers(asker, call, zone)
    serving = [server for server in servers if server.serves]
    if not serving:
        raise UnrackError(_nobody(zone, servers))
    refusals: list[str] = []
    for server in serving:
        try:
            return _whole(await _transfer(asker, zone, server), server)
        except (dns.exception.DNSException, OSError, EOFError) as error:
            refusals.append(
                msg(
                    "{shown} ({address}): {refusal}",
                    shown=shown(server.name),
                    address=server.address,
                    refusal=_refusal(error),
                )
            )
    return await _asked(asker, call, zone, serving[0], refusals)


async def _servers(asker: Asker, call: StepCall, zone: Name) -> list[ServerAnswer]:
    """Return the name servers' answers. Those of the ending service come first: their records will be lost."""
    leaving = parameters.hosts(call, LEAVING)
    direct = await asyncio.gather(
        *(ask_address(asker, zone, dns.name.from_text(address), address) for address in leaving.addresses)
    )
    hosts = [*sorted(leaving.exact), *(await read_parent(asker, zone)).name_servers]
    answers = await asyncio.gather(*(ask_server(asker, zone, host) for host in dict.fromkeys(hosts)))
    return [*direct, *(answer for some in answers for answer in some)]


async def _transfer(asker: Asker, zone: Name, server: ServerAnswer) -> dns.zone.Zone:
    found, how = KeptZone(zone, relativize=False), asker.credential
    await dns.asyncquery.inbound_xfr(
        server.address, found, port=how.port, timeout=how.timeout, lifetime=how.timeout * 5
    )
    return found


def _whole(zone: dns.zone.Zone, server: ServerAnswer) -> _Kept:
    count = sum(1 for _ in zone.iterate_rdatasets())
    how = msg(
        "the whole zone, {count} record sets, by transfer from {shown} ({address})",
        count=count,
        shown=shown(server.name),
        address=server.address,
    )
    return _Kept(zone, (how,))


async def _asked(asker: Asker, call: StepCall, zone: Name, server: ServerAnswer, refusals: Sequence[str]) -> _Kept:
    names = tuple(dict.fromkeys((*usual(zone), *parameters.labels(call, zone))))
    wildcards, silent = Wildcards.of(zone, names), list[str]()
    answers = await _answers(asker, server, (*names, *wildcards.asked), silent)
    found = KeptZone(zone, relativize=False)
    for name, rdatasets in wildcards.without_synthesised(answers).items():
        for rdataset in rdatasets.values():
            found.find_node(name, create=True).replace_rdataset(rdataset)
    told = _told(zone, server, names, refusals, sorted(silent))
    return _Kept(found, (*told, *wildcards.told(answers)))


async def _answers(asker: Asker, server: ServerAnswer, names: Sequence[Name], silent: list[str]) -> Answers:
    gate, found = asyncio.Semaphore(_AT_ONCE), {name: dict[RdataType, dns.rdataset.Rdataset]() for name in names}

    async def ask(name: Name, kind: RdataType) -> None:
        async with gate:
            reply = await asker.authority(server.address, name, kind)
        handed_on = reply.referred(name, kind) if kind is RdataType.NS and not reply.authoritative else None
        if not reply.usable:
            silent.append(msg("{shown} {name}: {why_not}", shown=shown(name), name=kind.name, why_not=reply.why_not))
        elif rrset := reply.records(name, kind) or handed_on:
            found[name][kind] = rrset.to_rdataset()

    await asyncio.gather(*(ask(name, kind) for name in found for kind in KINDS))
    return found


def _told(
    zone: Name, server: ServerAnswer, asked: Sequence[Name], refusals: Sequence[str], silent: list[str]
) -> tuple[str, ...]:
    return (
        msg(
            "NOT the whole zone: no server allows a transfer; {shown} was asked for {len} usual names",
            shown=shown(server.name),
            len=len(asked),
        ),
        *(msg("transfer refused: {refusal}", refusal=refusal) for refusal in refusals),
        msg(
            "asked for: {join}",
            join=" ".join(shown(name.relativize(zone)) if name != zone else "@" for name in asked),
        ),
        f"kinds: {' '.join(kind.name for kind in KINDS)}",
        msg("any other name that the zone may have is missing; export the zone in the provider's panel too"),
        *(msg("no answer for {each}", each=each) for each in silent),
    )


def _record(zone: Name, kept: _Kept, odd: Sequence[str], at: datetime) -> Record:
    told = (*kept.how, *odd)
    lines = [
        msg("; zone {shown}, read at {isoformat}", shown=shown(zone), isoformat=at.isoformat(timespec="seconds")),
        *(f"; {line}" for line in told),
    ]
    body = kept.zone.to_text(sorted=True, want_origin=True)
    content = ("\n".join([*lines, ""]) + str(body)).encode()
    return Record(type=EVIDENCE, name=f"{shown(zone)}.zone", media_type="text/dns", content=content)


def _refusal(error: Exception) -> str:
    if isinstance(error, dns.xfr.TransferError):
        return str(error)
    return str(error) or type(error).__name__


def _nobody(zone: Name, servers: Sequence[ServerAnswer]) -> Problem:
    said = joined("; ", map(str, servers)) or msg("it is delegated to nobody")
    return Problem(
        category=Category.NOT_FOUND,
        message=msg("no name server answers for {shown}: {said}", shown=shown(zone), said=said),
        suggestion=msg("check the name; if the zone is not in use any more, skip this step with that as the reason"),
    )
