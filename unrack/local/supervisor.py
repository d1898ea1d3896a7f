"""One installation on one machine: server, simulator and worker as child processes, everything in one data folder.

``unrack up``, ``unrack demo`` and the tests all use `Installation`. Any of its processes, and the supervisor itself,
may be killed at any time: children do not outlive the supervisor, a child that ends is started again, and the next
start goes on with what is on disk.
"""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from temporalio.client import Client

from unrack.contracts.simulator import KEY_VARIABLE
from unrack.local import child_specs, pidfile
from unrack.local.child import Child, ChildSpec
from unrack.local.embedded_server import HOST, EmbeddedServer, refuse_taken, usable_port
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.private_folder import closed
from unrack.process.settings import Settings
from unrack.temporal.connection import PROFILE_FILE

SERVER, SIMULATOR, WORKER = "server", "simulator", "worker"
"""The names of the children."""


@dataclass(frozen=True)
class Simulated:
    """The simulator instead of the real providers."""

    scale: float = 1.0
    """How fast the provider's clock runs."""
    seed: str = "demo"
    """The world that a new data folder starts with: ``demo``, or JSON as ``python -m unrack.simulator`` takes it."""
    services: int = 1
    """How many services of each product there are in the world ``demo``."""
    port: int = 0
    """0 takes a free port, kept over restarts."""


@dataclass(frozen=True)
class Ports:
    """Where the server listens on this machine; 0 takes a free port, kept over restarts."""

    server: int = 0
    ui: int | None = 0
    """None shows no web page."""


FREE_PORTS = Ports()


class Installation:
    """Starts everything with ``async with`` and stops it in order; see the module."""

    def __init__(
        self,
        settings: Settings,
        *,
        simulator: Simulated | None = None,
        ports: Ports = FREE_PORTS,
        worker: bool = True,
    ) -> None:
        """Describe it; nothing is started and nothing is written yet.

        Args:
            settings: `Settings.home` is the data folder; the worker finds the other settings in the environment.
            simulator: Run the providers' simulator and point the worker at it.
            ports: Where to listen.
            worker: Whether to run a worker; without, it must be started by hand.
        """
        self.settings = settings
        self.home = settings.home
        self._simulated = simulator
        self._ports = ports
        self._with_worker = worker
        self._server: EmbeddedServer | None = None
        self._simulator_port: int | None = None
        self._children: dict[str, Child] = {}
        self._stack = AsyncExitStack()

    @property
    def address(self) -> str:
        """``host:port`` of the Temporal server."""
        return self.server.address

    @property
    def ui_url(self) -> str | None:
        """Temporal's web page."""
        return self.server.ui_url

    @property
    def simulator_url(self) -> str | None:
        """The simulator, without a path; None when there is none."""
        return f"http://{HOST}:{self._simulator_port}" if self._simulator_port else None

    @property
    def credentials(self) -> Path | None:
        """The worker's credentials file: the simulator's, or the one in the settings."""
        return self.home / "simulator.toml" if self._simulated else self.settings.credentials

    @property
    def simulator_key(self) -> Path | None:
        """The file by whose key the worker knows the simulator; None when there is no simulator."""
        return self.home / "simulator" / "key" if self._simulated else None

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the children that run now, by name (`SERVER`, `SIMULATOR`, `WORKER`)."""
        return {name: pid for name, child in self._children.items() if (pid := child.pid)}

    @property
    def restarts(self) -> dict[str, int]:
        """How often each child was started again."""
        return {name: child.restarts for name, child in self._children.items()}

    @property
    def server(self) -> EmbeddedServer:
        """The embedded server of a started installation."""
        if self._server is None:
            raise RuntimeError(msg("the installation was not started"))
        return self._server

    async def connect(self) -> Client:
        """A client of the server, with our converter."""
        return await self.server.connect()

    async def start(self) -> None:
        """Start everything and wait until it is ready.

        Raises:
            UnrackError: another installation runs in the folder (``CONFLICT``), a port is taken, or a child does not
                start.
        """
        async with AsyncExitStack() as undo:
            undo.callback(_lock(self.home).release)
            before = pidfile.read(self.home)
            await asyncio.to_thread(pidfile.end_leftovers, self.home)
            await self._start_server(undo, before)
            await self._start_simulator(undo, before)
            await self._start_worker(undo)
            self._write_profile()
            undo.callback((self.home / PROFILE_FILE).unlink, missing_ok=True)
            self._stack = undo.pop_all()

    async def stop(self) -> None:
        """Stop everything: the worker first, the server last."""
        await self._stack.aclose()

    async def until_stopped(self) -> None:
        """Wait until this process is asked to end (SIGINT or SIGTERM)."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked.set)
        try:
            await asked.wait()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start_server(self, undo: AsyncExitStack, before: pidfile.Record | None) -> None:
        self._server = await self._started_server(before, tries=3)
        self._children[SERVER] = self._server.child
        undo.push_async_callback(self._server.stop)
        self._keep(self._server.child)

    async def _started_server(self, before: pidfile.Record | None, tries: int) -> EmbeddedServer:
        """The server, listening; on other ports when somebody took one between the choice and the start."""
        wanted = self._ports
        server = EmbeddedServer(
            self.home,
            namespace=self.settings.namespace,
            port=wanted.server or usable_port(before.address if before else None),
            ui_port=usable_port(before.ui_url if before else None) if wanted.ui == 0 else wanted.ui,
        )
        try:
            await server.start()
        except UnrackError:
            if tries <= 1 or not server.lost_a_port():
                raise
            return await self._started_server(before, tries - 1)
        return server

    async def _start_simulator(self, undo: AsyncExitStack, before: pidfile.Record | None) -> None:
        if not self._simulated or not self.credentials:
            return
        port = self._simulated.port or usable_port(before.simulator_url if before else None)
        self._simulator_port = port
        refuse_taken(port, "simulator")
        world = ("--seed", self._simulated.seed, "--services", str(self._simulated.services))
        options = ("--port", str(port), "--scale", str(self._simulated.scale), *world)
        await self._start_child(undo, SIMULATOR, child_specs.simulator(self.home, self.credentials, options))

    async def _start_worker(self, undo: AsyncExitStack) -> None:
        if not self._with_worker:
            return
        environment = {
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_NAMESPACE": self.server.namespace,
            "UNRACK_HOME": str(self.home),
            "UNRACK_CREDENTIALS": str(self.credentials or ""),
        }
        if self.settings.policy:
            environment["UNRACK_POLICY"] = str(self.settings.policy)
        if self.settings.allow_stated:
            environment["UNRACK_ALLOW_STATED"] = "1"
        if self.simulator_key:
            environment[KEY_VARIABLE] = str(self.simulator_key)
        client = await self.server.connect(lazy=True)  # the server may be starting again just now
        spec = child_specs.worker(
            self.home, environment, client, self.settings.task_queue, lambda: self.pids.get(WORKER)
        )
        await self._start_child(undo, WORKER, spec)

    async def _start_child(self, undo: AsyncExitStack, name: str, spec: ChildSpec) -> None:
        child = self._children[name] = Child(spec)
        undo.push_async_callback(child.stop)
        others = self._others(name)
        try:
            await child.start()
        except UnrackError:
            if self._others(name) == others:
                raise
            await child.start()  # it found no server, say, because that was killed a moment ago
        self._keep(child)

    def _others(self, name: str) -> dict[str, int]:
        """How often the children but `name` were started."""
        return {other: count for other, count in self.restarts.items() if other != name}

    def _keep(self, child: Child) -> None:
        """From now on it is started again whenever it ends, also while the others start."""
        self._write_record()
        child.keep(self._write_record)

    def _write_profile(self) -> None:
        text = f'[profile.default]\naddress = "{self.address}"\nnamespace = "{self.server.namespace}"\n'
        (self.home / PROFILE_FILE).write_text(text, encoding="utf-8")

    def _write_record(self) -> None:
        pidfile.write(
            self.home,
            pidfile.Record(
                address=self.address,
                ui_url=self.ui_url,
                simulator_url=self.simulator_url,
                supervisor=pidfile.running("supervisor"),
                children=tuple(found for name, pid in self.pids.items() if (found := pidfile.running(name, pid))),
            ),
        )


def _lock(home: Path) -> FileLock:
    lock = FileLock(closed(home) / "lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise UnrackError(_runs_already(home, pidfile.read(home))) from error
    return lock


def _runs_already(home: Path, found: pidfile.Record | None) -> Problem:
    process = f" (process {found.supervisor.pid})" if found and found.supervisor else ""
    return Problem(
        category=Category.CONFLICT,
        message=msg("an installation runs in {home} already{process}", home=home, process=process),
        suggestion=msg("use it, stop it, or name another data folder with --home"),
        reference=str(home),
    )
