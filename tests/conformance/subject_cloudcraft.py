"""Cloudcraft's adapter as a subject of the promises."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from tests.conformance.subject import Bench, Case, Prepare, Subject, Trouble
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.providers.cloudcraft.client import Pace
from unrack.providers.cloudcraft.credential import KEY_LENGTH, CloudcraftCredential
from unrack.providers.cloudcraft.provider import Cloudcraft
from unrack.simulator import Fault, FaultKind, cloudcraft

SERVICE = ServiceRef(provider="cloudcraft", product="subscription", service=cloudcraft.OWNER)
AT_ONCE = Pace(retries=3, first=0.005)
"""Real pauses would only make the tests slow."""


def adapter_for(url: str, key: str = cloudcraft.API_KEY) -> Cloudcraft:
    """The adapter on the simulator at `url`."""
    credential = CloudcraftCredential(endpoint=f"{url}/cloudcraft", api_key=SecretStr(key))
    return Cloudcraft(credential, AT_ONCE)


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter on a paid account whose pictures are ready."""
    simulator = sim.Simulator.create(folder, sim.Seed(vendors={"cloudcraft": {"rendering": 0}}))
    async with simulator.serve() as url:
        bench = Bench(adapter_for(url), simulator, SERVICE, secrets_given=(cloudcraft.API_KEY,))
        try:
            yield bench
        finally:
            await bench.provider.close()
    simulator.close()


def _says(status: int) -> Prepare:
    async def cause(bench: Bench) -> None:
        bench.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, path="/cloudcraft/*", status=status, times=None))

    return cause


def _fails(kind: FaultKind) -> Prepare:
    async def cause(bench: Bench) -> None:
        bench.simulator.inject(Fault(kind=kind, path="/cloudcraft/*", times=None))

    return cause


async def _wrong_key(bench: Bench) -> None:
    assert isinstance(bench.provider, Cloudcraft)
    url = bench.provider.api.credential.endpoint.removesuffix("/cloudcraft")
    await bench.provider.close()
    bench.provider = adapter_for(url, "x" * KEY_LENGTH)


async def _free_plan(bench: Bench) -> None:
    bench.simulator.happen(cloudcraft.refund)


async def _nobody_listens(bench: Bench) -> None:
    await bench.provider.close()
    bench.provider = adapter_for("http://127.0.0.1:9")


SUBJECT = Subject(
    namespace="cloudcraft",
    open=opened,
    cases=(
        Case("cloudcraft.account.check-owner"),
        Case("cloudcraft.account.check-channel", parameters={"channel": "direct"}),
        Case("cloudcraft.account.check-channel", parameters={"channel": "datadog"}, timing=Timing.LET_EXPIRE),
        Case("cloudcraft.account.check-clouds"),
        Case("cloudcraft.account.check-api"),
        Case("cloudcraft.account.capture-inventory"),
        Case("cloudcraft.account.export-blueprints"),
        Case("cloudcraft.account.export-images"),
    ),
    troubles=(
        Trouble("400", _says(400), Category.INVALID),
        Trouble("401, a wrong key", _wrong_key, Category.DENIED),
        Trouble("403, the free plan", _free_plan, Category.DENIED),
        Trouble("404", _says(404), Category.NOT_FOUND),
        Trouble("429", _says(429), Category.RATE_LIMITED),
        Trouble("500", _says(500), Category.UNAVAILABLE),
        Trouble("503", _says(503), Category.UNAVAILABLE),
        Trouble("no answer", _fails(FaultKind.CUT_BEFORE), Category.UNAVAILABLE),
        Trouble("nobody listens", _nobody_listens, Category.UNAVAILABLE),
        Trouble("200 with an error's body", _fails(FaultKind.LYING_OK), Category.UNEXPECTED),
    ),
    reads_facts=False,
)
