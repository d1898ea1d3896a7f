"""A parent zone, the name servers of who leaves and of who comes, and two resolvers: all real, all on loopback."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conformance.dns_servers import MISSING, NSD, UNBOUND, Authority, Resolver, free_port, stop_all
from unrack.contracts.calls import StepCall
from unrack.model.lifecycle import Timing
from unrack.model.service import ProviderClock, ServiceRef
from unrack.providers.base import Materials
from unrack.providers.dns.credential import DnsCredential, Endpoint
from unrack.providers.dns.provider import Dns

ZONE = "shop.test"
PARENT, LEAVING, COMING = "127.0.0.2", "127.0.0.3", "127.0.0.4"
SERVED_AT = "192.0.2.10"
"""The address of the service that ends, by the records of the zone."""
NOTHING = Materials()
SERVICE = ServiceRef(provider="colonelserver", product="hosting", service="1234")

DS = "41779 8 2 " + "ab" * 32
"""A DS record; its key is nowhere, unless a test puts it there."""

RECORDS = """\
@ A 192.0.2.10
@ MX 10 mail
@ TXT "v=spf1 mx -all"
www CNAME @
mail A 192.0.2.25
intranet A 192.0.2.77
"""


def zone_file(*name_servers: str, serial: int = 1, ttl: int = 60, records: str = RECORDS) -> str:
    """``shop.test`` as its name servers have it."""
    named = "".join(f"@ {ttl} NS {host}.\n" for host in name_servers)
    return f"$ORIGIN {ZONE}.\n$TTL 60\n@ SOA {name_servers[0]}. hostmaster {serial} 60 60 60 60\n{named}{records}"


def parent_file(*name_servers: str, ttl: int = 60, ds: str = "", more: str = "") -> str:
    """``test``, which delegates ``shop.test`` to `name_servers`; the leaving server has a second name, of a brand."""
    shop = "".join(f"shop {ttl} NS {host}.\n" for host in name_servers) + (f"shop DS {ds}\n" if ds else "")
    return (
        "$ORIGIN test.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\n"
        f"ns A {PARENT}\nns1.leaving A {LEAVING}\nns1.coming A {COMING}\nns2.coming A {COMING}\n"
        f"ns1.brand A {LEAVING}\nserver7.leaving A {SERVED_AT}\n{shop}{more}"
    )


@dataclass
class World:
    """The servers, and the adapter that looks at them."""

    parent: Authority
    leaving: Authority
    coming: Authority
    resolvers: tuple[Resolver, Resolver]
    dns: Dns
    clock: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))

    async def delegate(self, *name_servers: str, ttl: int = 60, ds: str = "", more: str = "") -> None:
        """Have the parent delegate ``shop.test`` to `name_servers`; to nobody when none is named."""
        await self.parent.serve({"test.": parent_file(*name_servers, ttl=ttl, ds=ds, more=more)})

    async def served_by_leaving(self, *, transfers: bool = False, ttl: int = 60, records: str = RECORDS) -> None:
        """Have the leaving server answer for the zone."""
        text = zone_file("ns1.leaving.test", ttl=ttl, records=records)
        await self.leaving.serve({f"{ZONE}.": text}, transfers=transfers)

    async def served_by_coming(self, *name_servers: str, records: str = RECORDS) -> None:
        """Have the coming server answer for the zone."""
        await self.coming.serve({f"{ZONE}.": zone_file(*(name_servers or ("ns1.coming.test",)), records=records)})

    async def resolving(self, *addresses: str) -> None:
        """Start both resolvers with an empty cache; they ask `addresses` for the zone."""
        port = self.parent.port
        stubs = {
            "test.": [f"{PARENT}@{port}"],
            f"{ZONE}.": [f"{address}@{port}" for address in addresses or (LEAVING,)],
        }
        await asyncio.gather(*(resolver.resolve(stubs) for resolver in self.resolvers))

    def call(self, action: str, scale: float = 1.0, **parameters: str) -> StepCall:
        """A call of ``dns.zone.<action>`` for ``shop.test``."""
        given = {"zones": ZONE, **{name.replace("_", "-"): value for name, value in parameters.items()}}
        return StepCall(
            run="colonelserver-hosting/1234",
            step="purge.dns",
            action=f"dns.zone.{action}",
            service=SERVICE,
            timing=Timing.IMMEDIATE,
            parameters=dict(given),
            begun_at=self.clock,
            clock=ProviderClock(read_at=datetime.now(UTC), shown=self.clock, scale=scale),
        )

    async def findings(self, action: str, **parameters: str) -> Mapping[str, bool]:
        """What a check says, with whether it blocks."""
        result = await self.dns.check(self.call(action, 1.0, **parameters), NOTHING)
        return {finding.text: finding.blocking for finding in result.findings}

    def environment(self) -> dict[str, str]:
        """A worker's credential for these resolvers."""
        credential = self.dns.credential
        return {
            "UNRACK_DNS_DEFAULT_RESOLVERS": " ".join(map(str, credential.resolvers)),
            "UNRACK_DNS_DEFAULT_PORT": str(credential.port),
            "UNRACK_DNS_DEFAULT_TIMEOUT": "1",
        }

    async def close(self) -> None:
        """End every server."""
        await stop_all([self.parent, self.leaving, self.coming, *self.resolvers])


def built(folder: Path) -> World:
    """A world whose servers do not run yet; skips where the real servers are not installed."""
    if not (NSD and UNBOUND):
        pytest.skip(MISSING)
    port = free_port(PARENT, LEAVING, COMING)
    parent, leaving, coming = (Authority(folder / at, at, port) for at in (PARENT, LEAVING, COMING))
    first, second = (Resolver(folder / f"resolver{n}", "127.0.0.1", free_port("127.0.0.1")) for n in (1, 2))
    asked = tuple(Endpoint(resolver.address, resolver.port) for resolver in (first, second))
    adapter = Dns(DnsCredential(resolvers=asked, timeout=1, port=port))
    return World(parent, leaving, coming, (first, second), adapter)
