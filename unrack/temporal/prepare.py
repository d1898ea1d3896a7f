"""Prepares a Temporal cluster for Unrack: the namespace with its retention, and the search attributes.

``python -m unrack.temporal.prepare`` may run as often as one likes: it adds what is missing, and never shortens a
retention. An embedded server prepares itself.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import RETENTION
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.visible import visible
from unrack.process.process_exit import leave
from unrack.process.settings import Settings, load_settings
from unrack.temporal import namespace
from unrack.temporal.client import connect
from unrack.temporal.connection import DEFAULT_ADDRESS, connection

_SEEN_BY_ALL = timedelta(seconds=60)
"""How long the servers of a cluster may take to know a new namespace: each reads the list every few seconds."""

_HELP = """Creates the namespace where there is none, and registers the search attributes: once for each cluster and
namespace, which are those of the environment (TEMPORAL_ADDRESS, UNRACK_NAMESPACE). Adds what is missing, changes
nothing else."""

_MAY_PASS = {Category.NOT_FOUND, Category.UNAVAILABLE}


async def prepare(settings: Settings, retention: timedelta) -> None:
    """Bring the cluster into the state that Unrack needs.

    Args:
        settings: Which cluster and namespace.
        retention: How long closed runs are kept, at least.

    Raises:
        UnrackError: no server answers, it refuses us, or a search attribute exists with another type.
    """
    timeout = _SEEN_BY_ALL if await _create_namespace(settings, retention) else timedelta()
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        try:
            return await namespace.prepare(await connect(settings), retention)
        except UnrackError as error:
            if error.problem.category not in _MAY_PASS or time.monotonic() > deadline:
                raise
        await asyncio.sleep(1)


async def _create_namespace(settings: Settings, retention: timedelta) -> bool:
    """Create the namespace; False when it was there."""
    client = await _bare_client(settings)
    period = Duration()
    period.FromTimedelta(retention)
    request = RegisterNamespaceRequest(
        namespace=client.namespace,
        description="Decommissioning runs of Unrack",
        workflow_execution_retention_period=period,
    )
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise UnrackError(_refused(client.namespace, error)) from error
        return False
    return True


async def _bare_client(settings: Settings) -> Client:
    """A client of a namespace that need not exist yet."""
    config = connection(settings)
    try:
        return await Client.connect(**config)
    except (RuntimeError, ValueError) as error:
        raise UnrackError(
            Problem(
                category=Category.UNAVAILABLE,
                message=f"no Temporal server answers at {config.get('target_host', DEFAULT_ADDRESS)}: {error}",
                suggestion="start it, or name another one in TEMPORAL_ADDRESS or a profile",
            )
        ) from error


def _refused(name: str, error: RPCError) -> Problem:
    return Problem(
        category=Category.DENIED,
        message=f"the namespace '{name}' cannot be created: {error.message}",
        suggestion="let an administrator of the cluster create it (Temporal Cloud: in its own web page); "
        "then name it in UNRACK_NAMESPACE and see what `unrack doctor` still misses",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m unrack.temporal.prepare", description=_HELP)
    parser.add_argument(
        "--retention-days",
        type=int,
        default=RETENTION.days,
        metavar="DAYS",
        help="how long closed runs are kept, at least; never shortens what is set (default: %(default)s)",
    )
    days = parser.parse_args(arguments).retention_days
    try:
        asyncio.run(prepare(load_settings(), timedelta(days=days)))
    except UnrackError as error:
        print(visible(f"{error}\n{error.problem.suggestion}"), file=sys.stderr)  # noqa: T201  # it speaks to its caller
        return 1
    print("the namespace is ready")  # noqa: T201
    return 0


if __name__ == "__main__":
    leave(main())
