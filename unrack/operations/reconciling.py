"""Reconciling now, and seeing that it is done every hour. Reads runs and services through a worker; changes neither."""

from uuid import uuid4

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError

from unrack.contracts.reconciliation import RECONCILE, ReconcileCall, ReconcileReport
from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.operations.inquiries import taken_up
from unrack.temporal import schedule


async def reconcile(client: Client, queue: str = TASK_QUEUE) -> ReconcileReport:
    """Have a worker that polls `queue` compare every run with its service, and wait for what it finds.

    Raises:
        UnrackError: no worker polls (``UNAVAILABLE``), or the reconciliation failed.
    """
    handle: WorkflowHandle[object, ReconcileReport] = await client.start_workflow(
        RECONCILE,
        ReconcileCall(queue=queue),
        id=f"{schedule.schedule_id(queue)}/{uuid4().hex}",
        task_queue=queue,
        result_type=ReconcileReport,
        execution_timeout=schedule.LONGEST,
        static_summary=msg("Reads, never touches"),
    )
    try:
        return await taken_up(handle, queue)
    except WorkflowFailureError as error:
        raise UnrackError(_failed(handle.id, error)) from error


async def install(client: Client, queue: str = TASK_QUEUE) -> None:
    """Make the hourly schedule, or set it back to what it should be.

    Raises:
        UnrackError: the server does not let us (``DENIED``).
    """
    try:
        await schedule.install(client, queue)
    except RPCError as error:
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg(
                    "the reconciliation of '{queue}' cannot be scheduled: {message}", queue=queue, message=error.message
                ),
                suggestion=msg(
                    "let somebody do it who may make schedules in the namespace: unrack reconcile --install"
                ),
            )
        ) from error


def _failed(workflow: str, error: WorkflowFailureError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("the reconciliation did not end: {cause}", cause=error.cause),
        suggestion=msg("look into the worker's log, then try again; nothing was changed"),
        reference=workflow,
    )
