"""How long workflow code may take for one workflow task.

The server puts everything that came to a run since its last task into the next one, up to 10,000 signals, whoever sent
them. The SDK (temporalio 1.35) fails a task whose code runs for two seconds, and the next attempt has as much to do and
more: a run that gets what a slow worker cannot take in within that time would never go on, nor answer a query.
"""

from temporalio.worker import Worker

SECONDS = 8
"""Less than the ten seconds after which the server gives the task to another worker."""


def give(worker: Worker) -> None:
    """Let the workflow code of `worker` take `SECONDS` for one task."""
    serving = worker._workflow_worker  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the SDK offers no other way
    if serving is not None and serving._deadlock_timeout_seconds is not None:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - None: somebody debugs
        serving._deadlock_timeout_seconds = SECONDS  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as above
