"""Waits until everyone, resolvers too, sees that a zone has moved, and cached answers have expired (S4.8)."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dns.name
from dns.name import Name
from dns.rdatatype import RdataType

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.model.service import ProviderClock
from unrack.providers.base import Polled, Record
from unrack.providers.dns import parameters
from unrack.providers.dns.client import Asker, each
from unrack.providers.dns.credential import Endpoint
from unrack.providers.dns.delegation import Delegation, ask_address, ask_server, listed, read_delegation, shown
from unrack.providers.dns.parameters import LEAVING, Hosts, clock_of
from unrack.providers.dns.servers import Match, Servers

NEW = "new-name-servers"
EVIDENCE = "dns-moved"

_UNKNOWN_TTL = 172_800
"""Seconds that are allowed for old answers where no old name server tells its TTL: the two days of most top-level
domains' delegations."""

_Seen = dict[tuple[str, str, Name], datetime]


@dataclass(slots=True)
class Moves:
    """When this worker first saw each zone moved. A worker that starts anew sees it later, and so waits longer."""

    first_seen: _Seen = field(default_factory=_Seen)
    old_ttl: dict[Name, int] = field(default_factory=dict[Name, int])
    """Seconds for which the old name servers of each zone had their answers kept, as far as this worker saw any."""

    async def look(self, asker: Asker, call: StepCall) -> Polled:
        """One look at all zones."""
        leaving, new = parameters.hosts(call, LEAVING), parameters.hosts(call, NEW)
        if not leaving and not new:
            raise UnrackError(_nothing_to_compare(call))
        clock, zones = clock_of(call), parameters.zones(call)
        named = await Servers.read(asker, leaving, zones)
        seen = await asyncio.gather(*(_zone(asker, zone, named, new) for zone in zones))
        missing = [text for zone in seen for text in zone.missing]
        wait_until = max((self._kept_until(call, zone, clock) for zone in seen), default=clock.shown)
        reached = not missing and wait_until <= clock.shown
        if reached:
            self.first_seen = {key: at for key, at in self.first_seen.items() if key[:2] != (call.run, call.step)}
        return Polled(
            reached=reached,
            note=self._note(seen, missing, wait_until, reached=reached),
            clock=clock,
            records=(_record(seen, clock.shown),) if reached else (),
            look_again_at=None if reached or wait_until <= clock.shown else wait_until,
        )

    def _kept_until(self, call: StepCall, zone: "_Zone", clock: ProviderClock) -> datetime:
        """Until when a resolver somewhere may still tell the old answer."""
        key, name = (call.run, call.step, zone.read.zone), zone.read.zone
        if zone.old_ttl is not None:
            self.old_ttl[name] = max(zone.old_ttl, self.old_ttl.get(name, 0))
        if zone.at_parent_missing:
            self.first_seen.pop(key, None)  # moved back, or never moved
            return clock.shown + clock.there(timedelta(seconds=zone.cached))
        since = self.first_seen.setdefault(key, clock.shown)
        kept = max(zone.read.at_parent.ttl, self.old_ttl.get(name, _UNKNOWN_TTL))
        return max(
            since + clock.there(timedelta(seconds=kept)), clock.shown + clock.there(timedelta(seconds=zone.cached))
        )

    def _note(self, seen: Sequence["_Zone"], missing: list[str], until: datetime, *, reached: bool) -> str:
        if reached:
            names, count = listed(tuple(zone.read.zone for zone in seen)), len(seen[0].resolvers)
            return msg(
                "{names}: parent, name servers and {count} resolver(s) agree; older answers have run out",
                names=names,
                count=count,
            )
        if missing:
            return joined("; ", missing)[:1000]
        told = msg(
            "all agree; older answers may be kept until {isoformat}", isoformat=until.isoformat(timespec="seconds")
        )
        unknown = tuple(zone.read.zone for zone in seen if zone.read.zone not in self.old_ttl)
        if unknown:
            told += msg(
                ": no old name server of {listed} tells for how long, so two days are allowed", listed=listed(unknown)
            )
        return told


@dataclass(frozen=True, slots=True)
class _Told:
    """A resolver's answer about a zone."""

    resolver: Endpoint
    hosts: tuple[Name, ...] = ()
    ttl: int = 0
    """Seconds for which it keeps telling so."""
    why_not: str = ""

    def __str__(self) -> str:
        return msg(
            "resolver {resolver} {value}",
            resolver=self.resolver,
            value=self.why_not or msg("tells {listed} for {ttl} s", listed=listed(self.hosts), ttl=self.ttl),
        )


@dataclass(frozen=True, slots=True)
class _Zone:
    read: Delegation
    at_parent_missing: tuple[str, ...]
    elsewhere_missing: tuple[str, ...]
    old_ttl: int | None
    """Seconds for which the old name servers have their answers kept; None when none of them tells."""
    cached: int
    """Seconds that a resolver which was asked keeps the old answer."""
    resolvers: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return (*self.at_parent_missing, *self.elsewhere_missing)


async def _zone(asker: Asker, zone: Name, leaving: Servers, new: Hosts) -> _Zone:
    read = await read_delegation(asker, zone)
    told = await asyncio.gather(*(_as_seen(asker, resolver, zone) for resolver in asker.resolvers))
    names = {*read.at_parent.name_servers, *(host for one in told for host in one.hosts)}
    names |= {host for answer in read.at_servers for host in answer.name_servers}
    old = {match.name: match for match in await leaving.among(sorted(names), read.at_parent.glue)}
    others = await _not_new(asker, names, new)
    wrong = [one for one in told if one.why_not or any(host in old or host in others for host in one.hosts)]
    return _Zone(
        read=read,
        at_parent_missing=tuple(_not_moved(read, old, others, _absent(read, new))),
        elsewhere_missing=(*_not_served(read, old), *(_still(one, old) for one in wrong)),
        old_ttl=await _old_ttl(asker, read, leaving, frozenset(old) | others),
        cached=max((one.ttl for one in wrong), default=0),
        resolvers=tuple(map(str, told)),
    )


async def _not_new(asker: Asker, names: set[Name], new: Hosts) -> frozenset[Name]:
    """Those of `names` that are none of the new servers, where these are named."""
    if not new:
        return frozenset()
    match = await Servers(asker, new).among(sorted(names))
    return frozenset(names - {one.name for one in match})


def _absent(read: Delegation, new: Hosts) -> tuple[str, ...]:
    """The new servers to which the zone is not delegated yet."""
    at = read.at_parent.name_servers
    there = {answer.address for answer in read.at_servers}
    return (
        *sorted(shown(host) for host in new.exact if host not in at),
        *(address for address in new.addresses if address not in there),
    )


async def _old_ttl(asker: Asker, read: Delegation, leaving: Servers, old: frozenset[Name]) -> int | None:
    """For how long the old servers have their answers kept: those that are named, and those that still serve."""
    zone = read.zone
    asked = [ask_server(asker, zone, host) for host in sorted(leaving.hosts.exact)]
    answers = [answer for some in await asyncio.gather(*asked) for answer in some]
    direct = [ask_address(asker, zone, dns.name.root, address) for address in leaving.hosts.addresses]
    answers += await asyncio.gather(*direct)
    answers += [answer for answer in read.at_servers if answer.name in old]
    return max((answer.ttl for answer in answers if answer.serves), default=None)


def _not_moved(
    read: Delegation, old: dict[Name, Match], others: frozenset[Name], absent: tuple[str, ...]
) -> Iterator[str]:
    zone, at = shown(read.zone), read.at_parent
    if not at.exists:
        yield msg("{shown} does not delegate {zone} at all: check the name", shown=shown(at.parent), zone=zone)
    for host in at.name_servers:
        if host in old or host in others:
            yield msg(
                "{shown} still delegates {zone} to {value}",
                shown=shown(at.parent),
                zone=zone,
                value=old.get(host) or shown(host),
            )
    if absent:
        yield msg(
            "{shown} does not delegate {zone} to {join} yet", shown=shown(at.parent), zone=zone, join=", ".join(absent)
        )


def _not_served(read: Delegation, old: dict[Name, Match]) -> Iterator[str]:
    zone = shown(read.zone)
    for host in read.at_parent.name_servers:
        answers = [answer for answer in read.at_servers if answer.name == host]
        for answer in answers:
            theirs = [str(old[each]) for each in answer.name_servers if each in old]
            if theirs:
                yield msg("{shown} names {join} for {zone}", shown=shown(host), join=", ".join(theirs), zone=zone)
            elif answer.reached and not answer.serves:
                yield f"{zone} at {answer}"
        if not any(answer.reached for answer in answers):
            yield msg("{zone} at {join}", zone=zone, join=joined("; ", map(str, answers)))


async def _as_seen(asker: Asker, resolver: Endpoint, zone: Name) -> _Told:
    reply = await asker.resolver(resolver, zone, RdataType.NS)
    found = reply.records(zone, RdataType.NS)
    if found is None:
        why = reply.why_not if not reply.usable else msg("knows no name server")
        return _Told(resolver, why_not=f"{why} for {shown(zone)}")
    return _Told(resolver, tuple(sorted(record.target for record in each(found))), int(found.ttl))


def _still(told: _Told, old: dict[Name, Match]) -> str:
    """Describe a resolver's answer that is still wrong. An old server under another name is named as such."""
    hidden = [str(old[host]) for host in told.hosts if host in old and old[host].address]
    return f"{told}" + (f": {', '.join(hidden)}" if hidden else "")


def _record(seen: Sequence[_Zone], at: datetime) -> Record:
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
        message=msg(
            "step {step} names neither '{leaving}' nor '{new}', so nobody can tell when its zones have moved",
            step=call.step,
            leaving=LEAVING,
            new=NEW,
        ),
        suggestion=msg("skip the step with a reason after looking by hand"),
    )
