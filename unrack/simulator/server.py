"""The simulator as a part of a program: made over a data folder, served on a free port, looked at from the inside."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from unrack.simulator import app
from unrack.simulator.calls import ReceivedCall
from unrack.simulator.clock import Clock
from unrack.simulator.faults import Fault
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.ovhcloud import configuration, out_of_band
from unrack.simulator.ovhcloud import tables as ovhcloud
from unrack.simulator.ovhcloud.records import Mail
from unrack.simulator.provider import Provider
from unrack.simulator.seeds import Seed
from unrack.simulator.transport import Connections
from unrack.simulator.vendor import OutOfBandCall
from unrack.simulator.world import Tables, World

HOST = "127.0.0.1"
_GRACE = 1.0
"""Seconds for answers under way when it ends."""
Middleware = Callable[[ASGIApp], ASGIApp]


class Simulator:
    """A simulated provider. Use it from one event loop; only HTTP calls may come from elsewhere."""

    def __init__(self, provider: Provider, middleware: Middleware | None = None) -> None:
        """Use `create`."""
        self._provider = provider
        self._connections = Connections()
        application = app.build(provider, self._connections)
        self.app: ASGIApp = middleware(application) if middleware else application

    @classmethod
    def create(cls, folder: Path, seed: Seed | None = None, middleware: Middleware | None = None) -> "Simulator":
        """A simulator over `folder`: goes on with the world stored there, or begins with `seed` (default: the demo).

        Args:
            folder: Where the world is kept; made when absent.
            seed: What a new world looks like; ignored when `folder` holds one.
            middleware: Wraps the application, for instance to judge every answer in tests.
        """
        return cls(Provider(folder, seed), middleware)

    @contextlib.asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncGenerator[str]:
        """Serves on the loopback address; gives the address without ``/1.0``, as ``http://127.0.0.1:40123``.

        Args:
            port: 0 for a free one.
        """
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:  # else no TCP_NODELAY
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((HOST, port))
            server = self._server()
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                await _started(server, serving)
                yield f"http://{HOST}:{listening.getsockname()[1]}"
            finally:
                server.leave.set()
                await serving

    @property
    def key_file(self) -> Path:
        """The file with the key by which a worker knows this simulator; a new key is written at each start."""
        return self._provider.challenge.key_file

    @property
    def clock(self) -> Clock:
        """The provider's clock, to read; change it with `set_clock`."""
        return self._provider.clock

    def set_clock(
        self, shown: datetime | None = None, advance: timedelta | None = None, scale: float | None = None
    ) -> None:
        """Sets the clock, then advances it; everything that has become due happens before this returns."""
        self._provider.set_clock(shown, advance, scale)

    def ledger(self) -> list[LedgerEntry]:
        """Every mutating call received, oldest first."""
        return self._provider.ledger()

    def inject(self, fault: Fault) -> Fault:
        """Adds a fault; answers it with its id."""
        return self._provider.inject(fault)

    def clear_faults(self) -> None:
        """Forgets every fault."""
        self._provider.clear_faults()

    def calls(self) -> list[ReceivedCall]:
        """The newest calls received, reads too, oldest first."""
        return list(self._provider.calls)

    def mail(self) -> list[Mail]:
        """The mails of OVHcloud that have arrived, oldest first."""
        return out_of_band.mails(OutOfBandCall(self._provider.world, self._provider.catch_up(), {}, b""))

    def configuration(self, service: str) -> dict[str, Any]:
        """The configuration of a service of OVHcloud, field by field."""
        return configuration.snapshot(self.tables_for(ovhcloud.Tables), service)

    def tables_for(self, tables: type[Tables]) -> Tables:
        """The tables of one vendor, to look at; change them with `happen`."""
        self._provider.catch_up()
        return self._provider.world.tables_for(tables)

    def happen(self, change: Callable[[World, datetime], None]) -> None:
        """Lets something happen at a vendor that no call of the customer causes, and stores it."""
        change(self._provider.world, self._provider.catch_up())
        self._provider.commit()

    def reseed(self, seed: Seed) -> None:
        """Replaces the world, and forgets every call."""
        self._provider.reseed(seed)

    def close(self) -> None:
        """Closes the data file."""
        self._provider.close()

    def _server(self) -> "_Server":
        return _Server(
            uvicorn.Config(
                self.app,
                http=self._connections.protocol(),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
            )
        )


class _Server(uvicorn.Server):
    """Leaves the program's signal handlers alone, and goes when it is told to: uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Take no more calls; answers under way go out, if it takes no longer than `_GRACE`."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(_GRACE):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - nobody is told
                    await asyncio.sleep(0.002)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            await serving
            raise RuntimeError("the simulator's server stopped before it was ready")
        await asyncio.sleep(0.01)
