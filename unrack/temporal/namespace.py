"""Prepares a namespace: how long closed runs are kept, and the search attributes."""

from datetime import timedelta

from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.temporal.search_attributes import register


async def prepare(client: Client, retention: timedelta) -> None:
    """Make the client's namespace fit for runs. Doing it again changes nothing.

    Args:
        client: Connected to the namespace.
        retention: How long closed runs are kept; a longer time that is set already stays.

    Raises:
        UnrackError: the server does not let us (``DENIED``), see also `register`.
    """
    try:
        await _keep_closed_runs(client, retention)
    except RPCError as error:
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg(
                    "the retention of the namespace '{namespace}' cannot be set: {message}",
                    namespace=client.namespace,
                    message=error.message,
                ),
                suggestion=msg("let an administrator set it: `temporal operator namespace update --retention`"),
            )
        ) from error
    await register(client)


async def _keep_closed_runs(client: Client, retention: timedelta) -> None:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    answer = await client.workflow_service.describe_namespace(request)
    if answer.config.workflow_execution_retention_ttl.ToTimedelta() >= retention:
        return
    config = NamespaceConfig()
    config.workflow_execution_retention_ttl.FromTimedelta(retention)
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=config))
