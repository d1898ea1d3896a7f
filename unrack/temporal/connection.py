"""Where Temporal is, and how it is reached.

Which server: an explicit choice wins (``TEMPORAL_ADDRESS``, ``TEMPORAL_PROFILE``, ``TEMPORAL_CONFIG_FILE`` or
``UNRACK_TEMPORAL_PROFILE``); else the installation in the data folder, when there is one; else Temporal's default
profile, and without one ``localhost:7233``.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient, WorkflowService

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.process.settings import Settings

DEFAULT_ADDRESS = "localhost:7233"
PROFILE_FILE = "temporal.toml"
"""In the data folder: where the installation that runs there is reached, in Temporal's own format."""

ANSWERS_WITHIN = timedelta(seconds=5)
"""How long a server may take to answer for the first time."""

_EXPLICIT = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
_DENIED = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED}


@dataclass(frozen=True, slots=True)
class Connection:
    """A server that answers, for whoever needs no more of it than its lists: see `unrack.temporal.executions`."""

    workflow_service: WorkflowService
    namespace: str


async def reach(settings: Settings, within: timedelta = ANSWERS_WITHIN) -> Connection:
    """Reach the server without the rest of Temporal's client, which takes as long to import as everything else.

    Raises:
        UnrackError: as `unrack.temporal.client.connect`.
    """
    config = connection(settings)
    where, namespace = config.get("target_host", DEFAULT_ADDRESS), config.get("namespace", "default")
    wanted = ConnectConfig(
        target_host=where,
        api_key=config.get("api_key"),
        tls=config.get("tls"),
        rpc_metadata=config.get("rpc_metadata", {}),
    )
    async with reaching(settings, where, within):
        service = (await ServiceClient.connect(wanted)).workflow_service
        await find_namespace(service, namespace, where)
        return Connection(service, namespace)


def connection(settings: Settings) -> ClientConnectConfig:
    """Where and how the settings say that Temporal is reached.

    Raises:
        UnrackError: the profile does not exist or cannot be read.
    """
    explicit = settings.temporal_profile or any(os.environ.get(name) for name in _EXPLICIT)
    installed = settings.home / PROFILE_FILE
    config = _profile(settings.temporal_profile, None if explicit or not installed.is_file() else installed)
    config.setdefault("target_host", DEFAULT_ADDRESS)
    config.setdefault("namespace", "default")
    if settings.namespace:
        config["namespace"] = settings.namespace
    return config


@asynccontextmanager
async def reaching(settings: Settings, where: str, within: timedelta) -> AsyncGenerator[None]:
    """Turn what keeps a server from answering into a problem that says what to do."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except (TimeoutError, RuntimeError, ValueError) as error:
        raise UnrackError(unreachable(where, settings.home, str(error))) from error


async def find_namespace(service: WorkflowService, namespace: str, where: str) -> None:
    """See that the server at `where` has the namespace, and lets us use it.

    Raises:
        UnrackError: it has no such namespace (``NOT_FOUND``), or refuses us (``DENIED``).
        RuntimeError: it gives no answer that says either.
    """
    try:
        await service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise UnrackError(
                Problem(
                    category=Category.NOT_FOUND,
                    message=msg(
                        "the Temporal server at {where} has no namespace '{namespace}'",
                        where=where,
                        namespace=namespace,
                    ),
                    suggestion=msg(
                        "create it, or name another one in UNRACK_NAMESPACE; `unrack doctor` tells what is set"
                    ),
                )
            ) from error
        if error.status in _DENIED:
            raise UnrackError(
                Problem(
                    category=Category.DENIED,
                    message=msg(
                        "the Temporal server at {where} refuses us: {message}", where=where, message=error.message
                    ),
                    suggestion=msg("check the API key or certificate in the Temporal profile"),
                )
            ) from error
        raise RuntimeError(error.message) from error


def _profile(name: str | None, file: Path | None) -> ClientConnectConfig:
    try:
        return ClientConfig.load_client_connect_config(name, config_file=str(file) if file else None)
    except (RuntimeError, ValueError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "the Temporal profile '{name}' cannot be used: {error}", name=name or "default", error=error
                ),
                suggestion=msg("check UNRACK_TEMPORAL_PROFILE, TEMPORAL_PROFILE and Temporal's configuration file"),
                reference=str(file) if file else "",
            )
        ) from error


def unreachable(where: str, home: Path, detail: str) -> Problem:
    """That no server answers at `where`, and how to start or name one; `detail` is the library's word for it."""
    quoted = re.search(r'message: "([^"]+)"', detail)  # the core library prints its error as a Rust structure
    reason = quoted[1] if quoted else detail or msg("no answer in time")
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("no Temporal server answers at {where}: {reason}", where=where, reason=reason),
        suggestion=msg(
            "start one with `unrack up` (data folder {home}), or name one in TEMPORAL_ADDRESS or a profile; "
            "`unrack doctor` tells what is missing",
            home=home,
        ),
    )
