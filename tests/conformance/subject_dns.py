"""The DNS adapter as a subject of the promises; what it asks are real servers, so the simulator only gives the time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conformance.dns_world import SERVICE, ZONE, built
from tests.conformance.subject import Bench, Case, Subject, Trouble
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.providers.dns.credential import DnsCredential, Endpoint
from unrack.providers.dns.provider import Dns

_LEAVING = {"zones": ZONE, "leaving-name-servers": "ns1.leaving.test"}


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter on a small DNS, whose zone the leaving server serves."""
    simulator, world = sim.Simulator.create(folder), built(folder / "dns")
    try:
        await world.delegate("ns1.leaving.test")
        await world.served_by_leaving()
        await world.resolving()
        yield Bench(world.dns, simulator, SERVICE)
    finally:
        await world.close()
        simulator.close()


async def _nobody_listens(bench: Bench) -> None:
    bench.provider = Dns(DnsCredential(resolvers=(Endpoint("127.0.0.9", 9),), timeout=0.2, port=9))


async def _refuses(bench: Bench) -> None:
    """An authoritative server stands where a resolver should, and knows nothing of other zones."""
    assert isinstance(bench.provider, Dns)
    port = bench.provider.credential.port
    bench.provider = Dns(DnsCredential(resolvers=(Endpoint("127.0.0.3", port),), timeout=1, port=port))


SUBJECT = Subject(
    namespace="dns",
    open=opened,
    cases=(
        Case("dns.zone.check-delegation", parameters=_LEAVING),
        Case("dns.zone.capture-zone", parameters=_LEAVING),
        Case("dns.zone.check-not-serving", parameters=_LEAVING),
        Case("dns.zone.await-moved", parameters=_LEAVING),
    ),
    troubles=(
        Trouble("nobody listens", _nobody_listens, Category.UNAVAILABLE),
        Trouble("a server that resolves nothing", _refuses, Category.UNAVAILABLE),
    ),
    reads_facts=False,
)
