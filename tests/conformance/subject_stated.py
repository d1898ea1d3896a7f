"""The adapter of services that people state, as a subject of the promises."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.conformance.subject import Bench, Case, Subject, Trouble
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.providers.stated.credential import StatedCredential
from unrack.providers.stated.provider import StatedServices

SERVICE = ServiceRef(provider="whc", product="hosting", service="example.org")
STATED = Stated(by="ann", title="Pro hosting", owner="ann@example.org", renewal_period="P1Y")


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter, with the simulator's clock."""
    simulator = sim.Simulator.create(folder)
    async with simulator.serve() as url:
        bench = Bench(StatedServices(StatedCredential(endpoint=url)), simulator, SERVICE)
        try:
            yield bench
        finally:
            await bench.provider.close()
    simulator.close()


async def _facts(bench: Bench) -> ServiceFacts:
    assert isinstance(bench.provider, StatedServices)
    return await bench.provider.stated_facts(SERVICE, STATED)


async def _nobody_listens(bench: Bench) -> None:
    await bench.provider.close()
    bench.provider = StatedServices(StatedCredential(endpoint="http://127.0.0.1:9"))


async def _another_server(bench: Bench) -> None:
    """Something else answers there."""
    assert isinstance(bench.provider, StatedServices)
    where = bench.provider.endpoint
    await bench.provider.close()
    bench.provider = StatedServices(StatedCredential(endpoint=f"{where}/_simulator"))


SUBJECT = Subject(
    namespace="stated",
    open=opened,
    cases=(
        Case("stated.service.check-date", effective_in=timedelta(days=3)),
        Case("stated.service.check-date"),
        Case("stated.service.record-effective-date", fields={"effective-date": "2031-05-01"}),
        Case("stated.service.await-date", effective_in=timedelta(days=3)),
        Case("stated.service.await-date"),
    ),
    troubles=(
        Trouble("nobody listens", _nobody_listens, Category.UNAVAILABLE),
        Trouble("another server answers", _another_server, Category.UNAVAILABLE),
    ),
    facts=_facts,
)
