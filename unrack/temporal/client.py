"""The connection to Temporal: profile, plugin, and errors that say what to do.

Which server: an explicit choice wins (``TEMPORAL_ADDRESS``, ``TEMPORAL_PROFILE``, ``TEMPORAL_CONFIG_FILE`` or
``UNRACK_TEMPORAL_PROFILE``); else the installation in the data folder, when there is one; else Temporal's default
profile, and without one ``localhost:7233``.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.plugin import SimplePlugin
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkflowRunner

import unrack.temporal.paused  # noqa: F401 # pyright: ignore[reportUnusedImport]  # the SDK can show paused runs now
from unrack.model.errors import Category, Problem, UnrackError
from unrack.process.settings import Settings
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.query_eviction import QueryEvictionRunner
from unrack.temporal.sandbox import sharing_runner

DEFAULT_ADDRESS = "localhost:7233"
PROFILE_FILE = "temporal.toml"
"""In the data folder: where the installation that runs there is reached, in Temporal's own format."""

_EXPLICIT = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
_CALL_LIMIT = timedelta(seconds=5)
_DENIED = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED}


def plugin(*own: str) -> SimplePlugin:
    """Converter and sandbox in one object, the same for clients, workers and replayers.

    Args:
        own: Packages or modules that hold workflow code, see `sharing_runner`.
    """

    def runner(_: WorkflowRunner | None) -> WorkflowRunner:  # one for each worker, which it must know
        return QueryEvictionRunner(sharing_runner(*own))

    return _Plugin("unrack", data_converter=DATA_CONVERTER, workflow_runner=runner)


class _Plugin(SimplePlugin):
    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:  # noqa: A002 - the SDK's own name
        """Lets the runner know its worker."""
        runner: object = worker.config(active_config=True).get("workflow_runner")  # pyright: ignore[reportUnknownMemberType] - the SDK's own gap
        if isinstance(runner, QueryEvictionRunner):
            runner.serve(worker)
        await super().run_worker(worker, next)


def connection(settings: Settings) -> ClientConnectConfig:
    """Where and how `connect` connects.

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


async def connect(settings: Settings, *, within: timedelta = _CALL_LIMIT, runtime: Runtime | None = None) -> Client:
    """Connect, and see that server and namespace are there.

    Args:
        settings: The settings in force.
        within: How long the server may take to answer.
        runtime: Temporal's core runtime, when metrics are wanted.

    Raises:
        UnrackError: no server answers (``UNAVAILABLE``), it refuses us (``DENIED``), or it has no such namespace
            (``NOT_FOUND``).
    """
    config = connection(settings)
    where = config.get("target_host", DEFAULT_ADDRESS)
    try:
        async with asyncio.timeout(within.total_seconds()):
            client = await Client.connect(**config, plugins=[plugin()], runtime=runtime)
            await _find_namespace(client, where)
            return client
    except (TimeoutError, RuntimeError, ValueError) as error:
        raise UnrackError(_unreachable(where, settings.home, str(error))) from error


async def _find_namespace(client: Client, where: str) -> None:
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise UnrackError(
                Problem(
                    category=Category.NOT_FOUND,
                    message=f"the Temporal server at {where} has no namespace '{client.namespace}'",
                    suggestion="create it, or name another one in UNRACK_NAMESPACE; `unrack doctor` tells what is set",
                )
            ) from error
        if error.status in _DENIED:
            raise UnrackError(
                Problem(
                    category=Category.DENIED,
                    message=f"the Temporal server at {where} refuses us: {error.message}",
                    suggestion="check the API key or certificate in the Temporal profile",
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
                message=f"the Temporal profile '{name or 'default'}' cannot be used: {error}",
                suggestion="check UNRACK_TEMPORAL_PROFILE, TEMPORAL_PROFILE and Temporal's configuration file",
                reference=str(file) if file else "",
            )
        ) from error


def _unreachable(where: str, home: Path, detail: str) -> Problem:
    quoted = re.search(r'message: "([^"]+)"', detail)  # the core library prints its error as a Rust structure
    reason = quoted[1] if quoted else detail or "no answer in time"
    return Problem(
        category=Category.UNAVAILABLE,
        message=f"no Temporal server answers at {where}: {reason}",
        suggestion=f"start one with `unrack up` (data folder {home}), or name one in TEMPORAL_ADDRESS or a profile; "
        "`unrack doctor` tells what is missing",
    )
