"""The simulator served over HTTP, and the real `ovh` client that calls it."""
# ruff: noqa: ANN401  # the client is untyped and answers any JSON

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import ovh  # pyright: ignore[reportMissingTypeStubs]
import ovh.client  # pyright: ignore[reportMissingTypeStubs]

from unrack import simulator as sim

DEMO = f"/ovhCloudConnect/{sim.DEMO_SERVICE}"
OTHER = f"/ovhCloudConnect/{sim.OTHER_SERVICE}"


@dataclass(frozen=True, slots=True)
class Running:
    """A served simulator and a client of it."""

    simulator: sim.Simulator
    url: str
    client: Any

    async def get(self, path: str, **query: Any) -> Any:
        """Reads."""
        return await asyncio.to_thread(self.client.get, path, **query)

    async def post(self, path: str, **body: Any) -> Any:
        """Posts; no body without arguments."""
        return await asyncio.to_thread(self.client.post, path, **body)

    async def put(self, path: str, **body: Any) -> Any:
        """Puts."""
        return await asyncio.to_thread(self.client.put, path, **body)

    async def delete(self, path: str) -> Any:
        """Deletes."""
        return await asyncio.to_thread(self.client.delete, path)

    async def service_id(self, name: str = sim.DEMO_SERVICE) -> int:
        """The number under which `/services` knows the service."""
        return (await self.get("/services", resourceName=name))[0]

    def pass_time(self, **span: float) -> None:
        """Lets provider time pass, as ``timedelta(**span)``."""
        self.simulator.set_clock(advance=timedelta(**span))


def client(url: str, key: str = sim.APPLICATION_KEY, secret: str = sim.APPLICATION_SECRET, consumer: str = "") -> Any:
    """The unmodified official client, pointed at the simulator."""
    ovh.client.ENDPOINTS[url] = f"{url}/1.0"
    return ovh.Client(
        endpoint=url,
        application_key=key,
        application_secret=secret,
        consumer_key=consumer or sim.CONSUMER_KEY,
        timeout=60,
    )


@contextlib.asynccontextmanager
async def running(folder: Path, seed: sim.Seed | None = None) -> AsyncGenerator[Running]:
    """A simulator over `folder`, served until the block ends."""
    simulator = sim.Simulator.create(folder, seed)
    async with simulator.serve() as url:
        one = client(url)
        try:
            yield Running(simulator, url, one)
        finally:
            one._session.close()
    simulator.close()
