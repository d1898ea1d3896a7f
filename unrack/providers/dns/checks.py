"""What is judged of a zone before the service that ran its DNS ends (S4.8)."""

import asyncio
from collections.abc import Iterable, Iterator

from dns.name import Name
from dns.rdatatype import RdataType

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.service import Finding
from unrack.providers.dns import parameters
from unrack.providers.dns.asking import Asker, each
from unrack.providers.dns.delegation import Delegation, ServerAnswer, listed, read_delegation, shown
from unrack.providers.dns.parameters import Hosts

LEAVING = "leaving-name-servers"
TARGETS = "leaving-targets"

_POINTING = (RdataType.A, RdataType.AAAA, RdataType.CNAME, RdataType.MX)
_USUAL = ("@", "www", "mail")


async def check_delegation(asker: Asker, call: StepCall) -> tuple[Finding, ...]:
    """Shows how each zone is delegated, what each server says, and the DS records. It tells; it does not block."""
    leaving = parameters.hosts(call, LEAVING)
    read = await asyncio.gather(*(read_delegation(asker, zone) for zone in parameters.zones(call)))
    return tuple(finding for delegation in read for finding in _told(delegation, leaving))


async def check_not_serving(asker: Asker, call: StepCall) -> tuple[Finding, ...]:
    """Blocks while a zone is delegated to what ends, names it itself, or has records that point at it."""
    leaving, targets = parameters.hosts(call, LEAVING), parameters.hosts(call, TARGETS)
    if not leaving and not targets:
        raise UnrackError(_nothing_to_compare(call))
    found: list[Finding] = []
    for zone in parameters.zones(call):
        found += await _serving(asker, zone, leaving) if leaving else ()
        found += await _pointing(asker, call, zone, targets) if targets else ()
    return tuple(found)


def _told(read: Delegation, leaving: Hosts) -> Iterator[Finding]:
    zone, parent = shown(read.zone), read.at_parent
    if not parent.exists:
        yield Finding(subject="delegation", text=f"{shown(parent.parent)} does not delegate {zone}: nobody serves it")
        return
    text = f"{shown(parent.parent)} delegates {zone} to {listed(parent.name_servers)}, kept for {parent.ttl} s"
    yield Finding(
        subject="delegation", text=text + ("" if parent.agree else "; its servers do not agree: a change spreads")
    )
    if leaving:
        mine = _leaving_of(parent.name_servers, leaving)
        text = f"{listed(mine)} belong to what ends: move {zone} to other name servers first (S4.8)"
        none = f"none of the name servers of {zone} belongs to what ends"
        yield Finding(subject="leaving servers", text=text if mine else none)
    for answer in read.at_servers:
        yield Finding(subject="name server", text=f"{zone} at {answer}")
    yield _secured(read)


def _secured(read: Delegation) -> Finding:
    """DNSSEC: after a move, a DS record that no key matches makes the zone fail for everyone who validates."""
    zone, parent = shown(read.zone), read.at_parent
    if not parent.ds:
        return Finding(subject="DNSSEC", text=f"the parent of {zone} has no DS record: the zone is not validated")
    text = f"DS of {zone} at the parent: {'; '.join(parent.ds)}"
    without = [answer for answer in read.at_servers if answer.serves and not answer.key_tags & parent.ds_tags]
    if without:
        text += (
            f". {listed(tuple(answer.name for answer in without))} publish no key that matches: validation fails there"
        )
    else:
        text += ". Before another operator serves the zone, have its keys added there, or the DS removed"
    return Finding(subject="DNSSEC", text=text)


async def _serving(asker: Asker, zone: Name, leaving: Hosts) -> list[Finding]:
    read = await read_delegation(asker, zone)
    by_parent = _leaving_of(read.at_parent.name_servers, leaving)
    if by_parent:
        return [
            _blocked(f"{shown(zone)} is still delegated to {listed(by_parent)}: ending the service breaks it (S4.8)")
        ]
    named = {answer.name: _leaving_of(answer.name_servers, leaving) for answer in read.at_servers}
    still = [
        _blocked(
            f"{shown(host)} answers for {shown(zone)} and names {listed(theirs)} beside itself: remove those records"
        )
        for host, theirs in named.items()
        if theirs
    ]
    return [*still, *_unserved(read)] or [_clear(read)]


def _unserved(read: Delegation) -> Iterator[Finding]:
    """A zone that was moved to servers that do not answer would rest on what ends without anyone seeing it."""
    if read.at_parent.exists and not any(answer.serves for answer in read.at_servers):
        said = "; ".join(map(str, read.at_servers))
        yield _blocked(f"no name server to which {shown(read.zone)} is delegated answers for it: {said}")


def _clear(read: Delegation) -> Finding:
    to = f"delegated to {listed(read.at_parent.name_servers)}" if read.at_parent.exists else "delegated to nobody"
    return Finding(subject="DNS", text=f"{shown(read.zone)} does not need what ends: it is {to}")


async def _pointing(asker: Asker, call: StepCall, zone: Name, targets: Hosts) -> list[Finding]:
    """The records of the usual and the named names that point at what ends, as resolvers follow them now."""
    read = await read_delegation(asker, zone)
    serving = [answer for answer in read.at_servers if answer.serves]
    usual = [zone if label == "@" else _below(label, zone) for label in _USUAL]
    names = tuple(dict.fromkeys([*usual, *parameters.labels(call, zone)]))
    if not serving:
        return [] if not read.at_parent.exists else list(_unserved(read))
    found = [text for name in names for text in await _pointing_from(asker, serving[0], name, targets)]
    if found:
        return [_blocked(f"{text}: change the record before the service ends (S4.8)") for text in found]
    asked = listed(names)
    return [Finding(subject="DNS", text=f"no record of {asked} points at what ends; other names were not asked")]


async def _pointing_from(asker: Asker, server: ServerAnswer, name: Name, targets: Hosts) -> list[str]:
    found: list[str] = []
    for kind in _POINTING:
        reply = await asker.authority(server.address, name, kind)
        if not reply.usable:
            raise UnrackError(_silent(server, name, reply.why_not))
        pointing = [record for record in each(reply.records(name, kind)) if _is_target(record, kind, targets)]
        found += [f"{shown(name)} {kind.name} {record.to_text()}" for record in pointing]
    return found


def _is_target(record: object, kind: RdataType, targets: Hosts) -> bool:
    if kind in (RdataType.A, RdataType.AAAA):
        return targets.has_address(str(getattr(record, "address", "")))
    host = getattr(record, "exchange", None) if kind is RdataType.MX else getattr(record, "target", None)
    return isinstance(host, Name) and targets.has(host)


def _leaving_of(hosts: Iterable[Name], leaving: Hosts) -> tuple[Name, ...]:
    return tuple(host for host in hosts if leaving.has(host))


def _below(label: str, zone: Name) -> Name:
    return Name((label.encode(), *zone.labels))


def _blocked(text: str) -> Finding:
    return Finding(subject="DNS", text=text, blocking=True)


def _silent(server: ServerAnswer, name: Name, why: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=f"{shown(server.name)} ({server.address}) {why} for {shown(name)}",
        suggestion="it is asked again; look whether the name server runs",
    )


def _nothing_to_compare(call: StepCall) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=f"step {call.step} names neither '{LEAVING}' nor '{TARGETS}', so nothing can be told from its zones",
        suggestion="give the request the name servers of the provider that ends, or the addresses of the service",
    )
