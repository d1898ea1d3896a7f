"""A real server for the tests of this room."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from unrack.local.embedded_server import EmbeddedServer


@pytest_asyncio.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    """One embedded server, shared: tests tell each other apart by their workflow ids and task queues."""
    async with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        yield running
