"""The connection to Temporal: Temporal's own client, with our converter, and errors that say what to do."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client, Plugin
from temporalio.runtime import Runtime

import unrack.temporal.paused  # noqa: F401 # pyright: ignore[reportUnusedImport]  # the SDK can show paused runs now
from unrack.process.settings import Settings
from unrack.temporal.connection import ANSWERS_WITHIN, DEFAULT_ADDRESS, connection, find_namespace, reaching
from unrack.temporal.converter import DATA_CONVERTER


async def connect(
    settings: Settings,
    *,
    within: timedelta = ANSWERS_WITHIN,
    runtime: Runtime | None = None,
    plugins: Sequence[Plugin] = (),
) -> Client:
    """Connect, and see that server and namespace are there.

    Args:
        settings: The settings in force.
        within: How long the server may take to answer.
        runtime: Temporal's core runtime, when metrics are wanted.
        plugins: What the client's workers need; see `unrack.temporal.plugin`.

    Raises:
        UnrackError: no server answers (``UNAVAILABLE``), it refuses us (``DENIED``), or it has no such namespace
            (``NOT_FOUND``).
    """
    config = connection(settings)
    where = config.get("target_host", DEFAULT_ADDRESS)
    async with reaching(settings, where, within):
        client = await Client.connect(**config, data_converter=DATA_CONVERTER, plugins=plugins, runtime=runtime)
        await find_namespace(client.workflow_service, client.namespace, where)
        return client
