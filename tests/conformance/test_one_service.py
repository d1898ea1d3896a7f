"""Where a provider shows its own spelling, and where its address lies: what the facts say of a service's identity."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.conformance.subject_whmcs import SERVICE
from unrack import simulator as sim
from unrack.model.ids import RunId
from unrack.model.service import ServiceFacts
from unrack.providers import addresses
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.provider import Whmcs
from unrack.simulator import whmcs


@pytest.fixture
async def installations(tmp_path: Path) -> AsyncGenerator[tuple[str, str]]:
    """Two simulated WHMCS, each with a service 42."""
    async with AsyncExitStack() as stack:
        urls: list[str] = []
        for name in ("one", "two"):
            seed = whmcs.WhmcsSeed(due_in=timedelta(days=30))
            made = sim.Simulator.create(tmp_path / name, sim.Seed(vendors={"whmcs": seed.model_dump(mode="json")}))
            stack.callback(made.close)
            urls.append(await stack.enter_async_context(made.serve()))
        yield urls[0], urls[1]


async def facts_of(endpoint: str, account: str, written: str = "42") -> ServiceFacts:
    """The facts of a service as `account` reads it at `endpoint`."""
    keys = {"identifier": SecretStr(whmcs.IDENTIFIER), "secret": SecretStr(whmcs.SECRET)}
    adapter = Whmcs(WhmcsCredential.model_validate({"endpoint": endpoint, **keys}))
    try:
        return await adapter.facts(SERVICE.model_copy(update={"account": account, "service": written}))
    finally:
        await adapter.close()


def run_of(facts: ServiceFacts) -> RunId:
    """The id that a run of the service would have."""
    ref = facts.service
    return RunId(provider=ref.provider, product=ref.product, service=ref.service, address=ref.address)


async def test_equal_numbers_at_two_addresses_are_two_services(
    installations: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And two account names for one address are one: the address counts, never the account."""
    monkeypatch.setattr(addresses, "is_loopback", lambda _: False)  # as if they were somewhere on the internet
    one, two = (f"{url}/whmcs" for url in installations)
    read = [await facts_of(one, "default"), await facts_of(f"{one}/", "brand1"), await facts_of(two, "brand2")]
    first, again, other = map(run_of, read)
    assert first == again
    assert first != other
    assert first.service == other.service == "42"
    assert None not in (first.address, other.address)


async def test_a_simulator_is_the_default_address(installations: tuple[str, str]) -> None:
    """Its runs have short ids."""
    assert str(run_of(await facts_of(f"{installations[0]}/whmcs", "default"))) == "whmcs-service/42"


async def test_the_spelling_of_the_provider_is_the_service(installations: tuple[str, str]) -> None:
    """Whatever was asked for."""
    assert run_of(await facts_of(f"{installations[0]}/whmcs", "default", "0042")).service == "42"
