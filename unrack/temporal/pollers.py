"""Who asks for workflow tasks: what tells whether a worker lives, which one, and of which build."""

import os
import re
import socket
from collections.abc import Sequence
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from unrack import zones

_NAME = re.compile(r"(?P<process>\d+)(?:\+tz(?P<zones>[0-9a-z]+))?@(?P<host>.+)")


def identity() -> str:
    """Return the name of this process at the server: its number, its time zone version, and its machine."""
    return f"{os.getpid()}+tz{zones.version()}@{socket.gethostname()}"


def is_process(identity: str, process: int | None) -> bool:
    """Whether a worker that is called so is this process of this machine."""
    found = _NAME.fullmatch(identity)
    return found is not None and (found["process"], found["host"]) == (str(process), socket.gethostname())


def zones_of(identity: str) -> tuple[str, str] | None:
    """The machine, and the version of the time zones, of a worker that is called so; None where it tells none."""
    found = _NAME.fullmatch(identity)
    return (found["host"], found["zones"]) if found is not None and found["zones"] else None


async def pollers(
    client: Client, queue: str, *, retry: bool = True, within: timedelta | None = None
) -> Sequence[PollerInfo]:
    """Whoever polled `queue` lately; the server forgets a dead worker only after minutes.

    Raises:
        RPCError: the server does not answer, even when it is asked again (`retry`), or not `within` the time given.
    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, retry=retry, timeout=within)
    return answer.pollers
