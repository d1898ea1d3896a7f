"""Checks of a zone before the service that ran its DNS ends (S4.8)."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.model.service import Finding
from unrack.providers.dns import parameters
from unrack.providers.dns.client import Asker
from unrack.providers.dns.delegation import Delegation, listed, read_delegation, shown
from unrack.providers.dns.names import LABELS, usual
from unrack.providers.dns.parameters import LEAVING, TARGETS
from unrack.providers.dns.pointing import Pointing
from unrack.providers.dns.servers import Match, Servers


async def check_delegation(asker: Asker, call: StepCall) -> tuple[Finding, ...]:
    """Shows how each zone is delegated, what each server says, and the DS records.

    It tells; it blocks only for a zone that nobody delegates, since the name is wrong or nobody can tell.
    """
    zones = parameters.zones(call)
    leaving = await Servers.read(asker, parameters.hosts(call, LEAVING), zones)
    read = await asyncio.gather(*(read_delegation(asker, zone) for zone in zones))
    return tuple([finding for delegation in read async for finding in _told(delegation, leaving)])


async def check_not_serving(asker: Asker, call: StepCall) -> tuple[Finding, ...]:
    """Block while a zone is delegated to an ending server, names one itself, or has records that lead to a target.

    A zone that nobody delegates blocks as well: nobody can tell what depends on it.
    """
    leaving, targets = parameters.hosts(call, LEAVING), parameters.hosts(call, TARGETS)
    if not leaving and not targets:
        raise UnrackError(_nothing_to_compare(call))
    zones = parameters.zones(call)
    servers, aims = await Servers.read(asker, leaving, zones), await Servers.read(asker, targets, zones)
    found: list[Finding] = []
    for zone in zones:
        read = await read_delegation(asker, zone)
        if not read.at_parent.exists:
            found.append(_nobody(read))
            continue
        found += await _serving(read, servers) if servers else ()
        found += await _pointing(asker, call, read, aims) if aims else ()
    return tuple(found)


async def _told(read: Delegation, leaving: Servers) -> AsyncIterator[Finding]:
    zone, parent = shown(read.zone), read.at_parent
    if not parent.exists:
        yield _nobody(read)
        return
    text = msg(
        "{shown} delegates {zone} to {listed}, kept for {ttl} s",
        shown=shown(parent.parent),
        zone=zone,
        listed=listed(parent.name_servers),
        ttl=parent.ttl,
    )
    yield Finding(
        subject="delegation", text=text + ("" if parent.agree else msg("; its servers do not agree: a change spreads"))
    )
    if leaving:
        mine = await leaving.among(parent.name_servers, parent.glue)
        text = msg(
            "{named} belong to what ends: move {zone} to other name servers first (S4.8)", named=_named(mine), zone=zone
        )
        none = msg(
            "none of the name servers of {zone} belongs to what ends{not_compared}",
            zone=zone,
            not_compared=_not_compared(leaving),
        )
        yield Finding(subject=msg("leaving servers"), text=text if mine else none)
    for answer in read.at_servers:
        yield Finding(subject=msg("name server"), text=f"{zone} at {answer}")
    yield _secured(read)


def _nobody(read: Delegation) -> Finding:
    """Given up, misspelt, or the name of a host: nothing was compared, so it is not clean."""
    zone, parent = shown(read.zone), shown(read.at_parent.parent)
    what = (
        msg("{zone} is a name in the zone {parent}, and no zone of its own", zone=zone, parent=parent)
        if read.at_parent.known
        else ""
    )
    text = what or msg("{parent} knows no {zone}, and delegates it to nobody", parent=parent, zone=zone)
    return _blocked(
        msg(
            "{text}: cannot tell what depends on it. Check the name; if the zone was given up, skip with that",
            text=text,
        )
    )


def _secured(read: Delegation) -> Finding:
    """DNSSEC: after a move, a DS record that no key matches makes the zone fail for everyone who validates."""
    zone, parent = shown(read.zone), read.at_parent
    if not parent.ds:
        return Finding(
            subject="DNSSEC", text=msg("the parent of {zone} has no DS record: the zone is not validated", zone=zone)
        )
    text = msg("DS of {zone} at the parent: {join}", zone=zone, join=joined("; ", parent.ds))
    without = [answer for answer in read.at_servers if answer.serves and not answer.key_tags & parent.ds_tags]
    if without:
        text += msg(
            ". {listed} publish no key that matches: validation fails there",
            listed=listed(tuple(answer.name for answer in without)),
        )
    else:
        text += msg(". Before another operator serves the zone, have its keys added there, or the DS removed")
    return Finding(subject="DNSSEC", text=text)


async def _serving(read: Delegation, leaving: Servers) -> list[Finding]:
    zone, parent = shown(read.zone), read.at_parent
    by_parent = await leaving.among(parent.name_servers, parent.glue)
    if by_parent:
        return [
            _blocked(
                msg(
                    "{zone} is still delegated to {named}: ending the service breaks it (S4.8)",
                    zone=zone,
                    named=_named(by_parent),
                )
            )
        ]
    still = list[Finding]()
    for answer in read.at_servers:
        if theirs := await leaving.among(answer.name_servers):
            text = msg(
                "{shown} answers for {zone} and names {named} beside itself",
                shown=shown(answer.name),
                zone=zone,
                named=_named(theirs),
            )
            still.append(_blocked(msg("{text}: remove those records", text=text)))
    return [*dict.fromkeys(still), *_unserved(read)] or [_clear(read, leaving)]


def _unserved(read: Delegation) -> Iterator[Finding]:
    """Block a zone whose name servers do not answer: it may still depend on the ending service unnoticed."""
    if not any(answer.serves for answer in read.at_servers):
        said = joined("; ", map(str, read.at_servers))
        yield _blocked(
            msg(
                "no name server to which {shown} is delegated answers for it: {said}", shown=shown(read.zone), said=said
            )
        )


def _clear(read: Delegation, leaving: Servers) -> Finding:
    to = msg("it is delegated to {listed}", listed=listed(read.at_parent.name_servers))
    return Finding(
        subject="DNS",
        text=msg(
            "{shown} does not need what ends: {to}{not_compared}",
            shown=shown(read.zone),
            to=to,
            not_compared=_not_compared(leaving),
        ),
    )


async def _pointing(asker: Asker, call: StepCall, read: Delegation, targets: Servers) -> list[Finding]:
    """Block for every usual or named name whose records lead to `targets`, by its name server's current answers."""
    zone, serving = read.zone, [answer for answer in read.at_servers if answer.serves]
    if not serving:
        return list(_unserved(read))
    named = parameters.labels(call, zone)
    follow = Pointing(asker, serving[0], zone, targets)
    wild = await follow.of_wildcard()
    hits = await follow.of(dict.fromkeys((*usual(zone), *named)))
    texts = [hit.of(f"*.{shown(zone)}") for hit in wild]
    texts += [hit.of() for name, those in hits.items() if those != wild or name in named for hit in those]
    if texts:
        unique = dict.fromkeys(texts)
        return [_blocked(msg("{text}: change the record before the service ends (S4.8)", text=text)) for text in unique]
    asked = msg("{shown} ({join})", shown=shown(zone), join=", ".join(LABELS)) + (f", {listed(named)}" if named else "")
    return [
        Finding(
            subject="DNS", text=msg("no record of {asked} leads to what ends; other names were not asked", asked=asked)
        )
    ]


def _named(matches: tuple[Match, ...]) -> str:
    return ", ".join(map(str, matches))


def _not_compared(leaving: Servers) -> str:
    """Name the servers that were compared by name only, since no address of them is known."""
    parts = [shown(name) for name in leaving.unknown] + [f"*.{shown(name)}" for name in sorted(leaving.hosts.below)]
    return msg(" (by name: no address is known of {join})", join=", ".join(parts)) if parts else ""


def _blocked(text: str) -> Finding:
    return Finding(subject="DNS", text=text, blocking=True)


def _nothing_to_compare(call: StepCall) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg(
            "step {step} names neither '{leaving}' nor '{targets}', so nothing can be told from its zones",
            step=call.step,
            leaving=LEAVING,
            targets=TARGETS,
        ),
        suggestion=msg("give the request the name servers of the provider that ends, or the addresses of the service"),
    )
