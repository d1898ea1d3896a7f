"""Who asks for workflow tasks: what tells whether a worker lives, which one, and of which build."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client


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
