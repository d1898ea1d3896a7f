"""Asks a run for its report.

A run that has just gone on in a fresh history may not have begun it: the server (1.32) holds it back for a moment, and
refuses queries until then ("Workflow task is not scheduled yet"). That is not "no worker answers": it is asked again.
"""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.api.errordetails.v1 import WorkflowNotReadyFailure
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import REPORT_QUERY
from unrack.model.state import RunReport

ANSWER_WITHIN = timedelta(seconds=15)
"""A worker that lives replays the history of a year in less."""

_BEGINS_WITHIN = timedelta(seconds=5)
_PAUSE = timedelta(milliseconds=200)


async def report_now(
    handle: WorkflowHandle[Any, Any], within: timedelta | None = None, begins_within: timedelta = _BEGINS_WITHIN
) -> RunReport:
    """Return the report of the run as of now.

    Args:
        handle: The run, or one execution of it.
        within: How long a worker has for its answer.
        begins_within: How long a fresh history has to begin, so that it can be asked.

    Raises:
        RPCError: no worker answered, there is no such run, or its history has not begun in time.
        WorkflowQueryFailedError: its code cannot read its history.
        WorkflowQueryRejectedError: it is paused in Temporal.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + begins_within.total_seconds()
    while True:
        try:
            return await handle.query(REPORT_QUERY, result_type=RunReport, rpc_timeout=within or ANSWER_WITHIN)
        except RPCError as error:
            if not _has_not_begun(error) or loop.time() > give_up:
                raise
        await asyncio.sleep(_PAUSE.total_seconds())


def _has_not_begun(error: RPCError) -> bool:
    """Whether the history has not begun; the same status also stands for a queue that no worker polls."""
    not_ready = any(detail.Is(WorkflowNotReadyFailure.DESCRIPTOR) for detail in error.grpc_status.details)
    return error.status is RPCStatusCode.FAILED_PRECONDITION and not_ready
