"""A simulator for each test, made to order."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conformance.simulated import Running, running
from unrack.simulator import Seed

Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Starts a simulator with the given fields of `Seed`."""
    async with AsyncExitStack() as stack:

        async def begin(**fields: object) -> Running:
            return await stack.enter_async_context(running(tmp_path / "provider", Seed.model_validate(fields)))

        yield begin
