"""A zone kept as a zone file: whole by transfer, or as far as its name servers can be asked. The file says which."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import dns.asyncquery
import dns.exception
import dns.xfr
import dns.zone
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.base import Captured, Record
from unrack.providers.dns import parameters
from unrack.providers.dns.asking import Asker
from unrack.providers.dns.checks import LEAVING
from unrack.providers.dns.clock import clock_of
from unrack.providers.dns.delegation import ServerAnswer, ask_server, read_parent, shown

EVIDENCE = "dns-zone"

KINDS = (
    *(RdataType.SOA, RdataType.NS, RdataType.A, RdataType.AAAA, RdataType.CNAME, RdataType.DNAME, RdataType.MX),
    *(RdataType.TXT, RdataType.SRV, RdataType.CAA, RdataType.TLSA, RdataType.SSHFP, RdataType.NAPTR, RdataType.PTR),
    *(RdataType.HTTPS, RdataType.SVCB, RdataType.DS, RdataType.DNSKEY),
)
"""Asked for where no transfer is allowed."""

LABELS = (
    *("*", "www", "mail", "smtp", "imap", "pop", "pop3", "webmail", "mx", "ftp", "sftp", "ns1", "ns2", "vpn", "api"),
    *(
        "autodiscover",
        "autoconfig",
        "_dmarc",
        "_domainkey",
        "default._domainkey",
        "_mta-sts",
        "mta-sts",
        "_acme-challenge",
    ),
    *("_autodiscover._tcp", "_imaps._tcp", "_submission._tcp", "_sip._tls", "_sipfederationtls._tcp"),
)
"""Names that mail and web usually need; a wildcard is asked for by its own name."""

_AT_ONCE = 20
"""Questions under way to one server; more looks like an attack."""


@dataclass(frozen=True, slots=True)
class _Kept:
    zone: dns.zone.Zone
    how: tuple[str, ...]
    """What the file says of itself, one line each."""
    whole: bool


async def capture_zone(asker: Asker, call: StepCall) -> Captured:
    """Keep every zone; honest about what could not be had."""
    clock, records, notes = clock_of(call), list[Record](), list[str]()
    for zone in parameters.zones(call):
        kept = await _kept(asker, call, zone)
        records.append(_record(zone, kept, clock.shown))
        notes.append(f"{shown(zone)}: {kept.how[0]}")
    return Captured(records=tuple(records), note="; ".join(notes), clock=clock)


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
            refusals.append(f"{shown(server.name)} ({server.address}): {_refusal(error)}")
    return await _asked(asker, call, zone, serving[0], refusals)


async def _servers(asker: Asker, call: StepCall, zone: Name) -> list[ServerAnswer]:
    """Those of what ends come first: what they know is what will be lost."""
    hosts = [*sorted(parameters.hosts(call, LEAVING).exact), *(await read_parent(asker, zone)).name_servers]
    answers = await asyncio.gather(*(ask_server(asker, zone, host) for host in dict.fromkeys(hosts)))
    return [answer for some in answers for answer in some]


async def _transfer(asker: Asker, zone: Name, server: ServerAnswer) -> dns.zone.Zone:
    found, how = dns.zone.Zone(zone, relativize=False), asker.credential
    await dns.asyncquery.inbound_xfr(
        server.address, found, port=how.port, timeout=how.timeout, lifetime=how.timeout * 5
    )
    return found


def _whole(zone: dns.zone.Zone, server: ServerAnswer) -> _Kept:
    count = sum(1 for _ in zone.iterate_rdatasets())
    how = f"the whole zone, {count} record sets, by transfer from {shown(server.name)} ({server.address})"
    return _Kept(zone, (how,), whole=True)


async def _asked(asker: Asker, call: StepCall, zone: Name, server: ServerAnswer, refusals: Sequence[str]) -> _Kept:
    names = [zone, *(_below(label, zone) for label in LABELS), *parameters.labels(call, zone)]
    found, gate = dns.zone.Zone(zone, relativize=False), asyncio.Semaphore(_AT_ONCE)
    silent: list[str] = []

    async def ask(name: Name, kind: RdataType) -> None:
        async with gate:
            reply = await asker.authority(server.address, name, kind)
        if not reply.usable:
            silent.append(f"{shown(name)} {kind.name}: {reply.why_not}")
        elif rrset := reply.records(name, kind):
            found.find_node(name, create=True).replace_rdataset(rrset.to_rdataset())

    asked = list(dict.fromkeys(names))
    await asyncio.gather(*(ask(name, kind) for name in asked for kind in KINDS))
    return _Kept(found, tuple(_told(zone, server, asked, refusals, sorted(silent))), whole=False)


def _told(zone: Name, server: ServerAnswer, asked: list[Name], refusals: Sequence[str], silent: list[str]) -> list[str]:
    return [
        f"NOT the whole zone: no server allows a transfer; {shown(server.name)} was asked for {len(asked)} usual names",
        *(f"transfer refused: {refusal}" for refusal in refusals),
        f"asked for: {' '.join(shown(name.relativize(zone)) if name != zone else '@' for name in asked)}",
        f"kinds: {' '.join(kind.name for kind in KINDS)}",
        "any other name that the zone may have is missing; export the zone in the provider's panel too",
        *(f"no answer for {each}" for each in silent),
    ]


def _record(zone: Name, kept: _Kept, at: datetime) -> Record:
    lines = [f"; zone {shown(zone)}, read at {at.isoformat(timespec='seconds')}", *(f"; {line}" for line in kept.how)]
    body = kept.zone.to_text(sorted=True, want_origin=True)
    content = ("\n".join([*lines, ""]) + str(body)).encode()
    return Record(type=EVIDENCE, name=f"{shown(zone)}.zone", media_type="text/dns", content=content)


def _below(label: str, zone: Name) -> Name:
    return Name((*(part.encode() for part in label.split(".")), *zone.labels))


def _refusal(error: Exception) -> str:
    if isinstance(error, dns.xfr.TransferError):
        return str(error)
    return str(error) or type(error).__name__


def _nobody(zone: Name, servers: Sequence[ServerAnswer]) -> Problem:
    said = "; ".join(map(str, servers)) or "nobody is delegated to"
    return Problem(
        category=Category.NOT_FOUND,
        message=f"no name server answers for {shown(zone)}: {said}",
        suggestion="if the zone is not in use any more, skip this step with that as the reason",
    )
