"""Waiting until everyone sees that a zone has moved, resolvers too, and what was cached has run out (S4.8)."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dns.name import Name
from dns.rdatatype import RdataType

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.base import Looked, Record
from unrack.providers.dns import parameters
from unrack.providers.dns.asking import Asker, each
from unrack.providers.dns.checks import LEAVING
from unrack.providers.dns.clock import clock_of
from unrack.providers.dns.delegation import Delegation, ask_server, listed, read_delegation, shown
from unrack.providers.dns.parameters import Hosts

NEW = "new-name-servers"
EVIDENCE = "dns-moved"

_Seen = dict[tuple[str, str, Name], datetime]


@dataclass(slots=True)
class Moves:
    """When this worker first saw each zone moved. A worker that starts anew sees it later, and so waits longer."""

    first_seen: _Seen = field(default_factory=_Seen)

    async def look(self, asker: Asker, call: StepCall) -> Looked:
        """One look at all zones."""
        leaving, new = parameters.hosts(call, LEAVING), parameters.hosts(call, NEW)
        if not leaving and not new:
            raise UnrackError(_nothing_to_compare(call))
        clock, zones = clock_of(call), parameters.zones(call)
        seen = await asyncio.gather(*(_zone(asker, zone, leaving, new) for zone in zones))
        missing = [text for zone in seen for text in zone.missing]
        wait_until = max((self._kept_until(call, zone, clock.shown) for zone in seen), default=clock.shown)
        reached = not missing and wait_until <= clock.shown
        if reached:
            self.first_seen = {key: at for key, at in self.first_seen.items() if key[:2] != (call.run, call.step)}
        return Looked(
            reached=reached,
            note=_note(seen, missing, wait_until, reached=reached),
            clock=clock,
            records=(_record(seen, clock.shown),) if reached else (),
            look_again_at=None if reached or wait_until <= clock.shown else wait_until,
        )

    def _kept_until(self, call: StepCall, zone: "_Zone", now: datetime) -> datetime:
        """Until when a resolver somewhere may still tell the old answer."""
        key = (call.run, call.step, zone.read.zone)
        if zone.at_parent_missing:
            self.first_seen.pop(key, None)  # moved back, or never moved
            return now + timedelta(seconds=zone.cached * call.scale)
        since = self.first_seen.setdefault(key, now)
        return max(since + timedelta(seconds=zone.ttl * call.scale), now + timedelta(seconds=zone.cached * call.scale))


@dataclass(frozen=True, slots=True)
class _Zone:
    read: Delegation
    at_parent_missing: tuple[str, ...]
    elsewhere_missing: tuple[str, ...]
    ttl: int
    """Seconds for which the old delegation may be kept, from when it was last given out."""
    cached: int
    """Seconds that a resolver which was asked keeps the old answer."""
    resolvers: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return (*self.at_parent_missing, *self.elsewhere_missing)


async def _zone(asker: Asker, zone: Name, leaving: Hosts, new: Hosts) -> _Zone:
    read = await read_delegation(asker, zone)
    seen = await asyncio.gather(*(_as_seen(asker, index, zone, leaving, new) for index in range(len(asker.resolvers))))
    old = await asyncio.gather(*(ask_server(asker, zone, host) for host in leaving.exact))
    old_ttl = max((answer.ttl for answers in old for answer in answers), default=0)
    return _Zone(
        read=read,
        at_parent_missing=tuple(_not_moved(read, leaving, new)),
        elsewhere_missing=(*_not_served(read, leaving), *(text for _, text, _ in seen if text)),
        ttl=max(read.at_parent.ttl, old_ttl),
        cached=max((left for _, text, left in seen if text), default=0),
        resolvers=tuple(told for told, _, _ in seen),
    )


def _not_moved(read: Delegation, leaving: Hosts, new: Hosts) -> Iterator[str]:
    zone, at = shown(read.zone), read.at_parent
    if not at.exists:
        yield f"{shown(at.parent)} does not delegate {zone} at all"
    for host in at.name_servers:
        if leaving.has(host) or (new and not new.has(host)):
            yield f"{shown(at.parent)} still delegates {zone} to {shown(host)}"
    absent = tuple(sorted(host for host in new.exact if host not in at.name_servers))
    if absent:
        yield f"{shown(at.parent)} does not delegate {zone} to {listed(absent)} yet"


def _not_served(read: Delegation, leaving: Hosts) -> Iterator[str]:
    zone = shown(read.zone)
    for host in read.at_parent.name_servers:
        answers = [answer for answer in read.at_servers if answer.name == host]
        for answer in answers:
            theirs = tuple(each for each in answer.name_servers if leaving.has(each))
            if theirs:
                yield f"{shown(host)} names {listed(theirs)} for {zone}"
            elif answer.reached and not answer.serves:
                yield f"{zone} at {answer}"
        if not any(answer.reached for answer in answers):
            yield f"{zone} at {'; '.join(map(str, answers))}"


async def _as_seen(asker: Asker, index: int, zone: Name, leaving: Hosts, new: Hosts) -> tuple[str, str, int]:
    """What a resolver tells, what is wrong with it, and for how many seconds it keeps telling so."""
    resolver = asker.resolvers[index]
    reply = await asker.resolver(resolver, zone, RdataType.NS)
    found = reply.records(zone, RdataType.NS)
    if found is None:
        why = f"resolver {resolver} {reply.why_not if not reply.usable else 'knows no name server'} for {shown(zone)}"
        return why, why, 0
    hosts = tuple(sorted(record.target for record in each(found)))
    told = f"resolver {resolver} tells {listed(hosts)} for {found.ttl} s"
    wrong = any(leaving.has(host) or (new and not new.has(host)) for host in hosts)
    return told, told if wrong else "", int(found.ttl)


def _note(seen: list[_Zone], missing: list[str], until: datetime, *, reached: bool) -> str:
    if reached:
        names = listed(tuple(zone.read.zone for zone in seen))
        return (
            f"{names}: parent, name servers and {len(seen[0].resolvers)} resolver(s) agree; older answers have run out"
        )
    if missing:
        return "; ".join(missing)[:1000]
    return f"all agree; older answers may be kept until {until.isoformat(timespec='seconds')}"


def _record(seen: list[_Zone], at: datetime) -> Record:
    told = [
        {
            "zone": shown(zone.read.zone),
            "parent": shown(zone.read.at_parent.parent),
            "name-servers": list(map(shown, zone.read.at_parent.name_servers)),
            "ds": list(zone.read.at_parent.ds),
            "servers": list(map(str, zone.read.at_servers)),
            "resolvers": list(zone.resolvers),
        }
        for zone in seen
    ]
    content = json.dumps({"seen-at": at.isoformat(), "zones": told}, indent=2).encode()
    return Record(type=EVIDENCE, name="dns-moved.json", media_type="application/json", content=content)


def _nothing_to_compare(call: StepCall) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=f"step {call.step} names neither '{LEAVING}' nor '{NEW}', so nobody can tell when its zones have moved",
        suggestion="skip the step with a reason after looking by hand",
    )
