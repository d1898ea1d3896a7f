"""A simulator for each test, made to order."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conformance.adapter import Adapter, adapted
from tests.conformance.simulated import Running, running
from unrack.simulator import Seed

Start = Callable[..., Awaitable[Running]]
Open = Callable[..., Awaitable[Adapter]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Starts a simulator with the given fields of `Seed`."""
    async with AsyncExitStack() as stack:

        async def begin(**fields: object) -> Running:
            return await stack.enter_async_context(running(tmp_path / "provider", Seed.model_validate(fields)))

        yield begin


@pytest.fixture
async def opened(start: Start) -> AsyncGenerator[Open]:
    """Opens the provider's adapter on a simulator with the given fields of `Seed`; the configuration is captured."""
    async with AsyncExitStack() as stack:

        async def begin(**fields: object) -> Adapter:
            adapter = await stack.enter_async_context(adapted(await start(**fields)))
            if not fields.get("closed"):
                await adapter.capture()
            return adapter

        yield begin
