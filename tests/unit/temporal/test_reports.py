"""Asking a run for its report."""

from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio.api.common.v1 import GrpcStatus
from temporalio.api.errordetails.v1 import WorkflowNotReadyFailure
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from unrack.temporal.reports import report_now

_STATUS = GrpcStatus()
_STATUS.details.add().Pack(WorkflowNotReadyFailure())
NOT_BEGUN = RPCError(
    "Workflow task is not scheduled yet.", RPCStatusCode.FAILED_PRECONDITION, _STATUS.SerializeToString()
)


class Asked:
    """A run that refuses some queries before it answers."""

    def __init__(self, *refusals: RPCError) -> None:
        self.refusals = list(refusals)
        self.asked = 0

    async def query(self, *_: object, **__: object) -> str:
        """Refuses as long as it has refusals."""
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return "the report"


def handle(asked: Asked) -> WorkflowHandle[Any, Any]:
    return cast("WorkflowHandle[Any, Any]", asked)


async def test_a_history_that_has_not_begun_is_asked_again() -> None:
    """The server refuses queries for a moment after a run went on in a fresh history; nobody hears of it."""
    asked = Asked(NOT_BEGUN, NOT_BEGUN)

    assert await report_now(handle(asked)) == "the report"
    assert asked.asked == 3


async def test_a_history_that_never_begins_is_not_asked_for_ever() -> None:
    """A run whose start lies in the future refuses every query: the refusal is told."""
    asked = Asked(*[NOT_BEGUN] * 50)

    with pytest.raises(RPCError, match="not scheduled yet"):
        await report_now(handle(asked), begins_within=timedelta(seconds=0.3))
    assert asked.asked < 10


async def test_any_other_refusal_is_told_at_once() -> None:
    """No worker, no such run: asking again helps nobody."""
    asked = Asked(RPCError("query timed out", RPCStatusCode.DEADLINE_EXCEEDED, b""))

    with pytest.raises(RPCError, match="timed out"):
        await report_now(handle(asked))
    assert asked.asked == 1


async def test_a_queue_that_no_worker_polls_is_told_at_once() -> None:
    """It has the same status as a history that has not begun, and waiting for it helps nobody."""
    asked = Asked(RPCError("no poller seen for task queue recently", RPCStatusCode.FAILED_PRECONDITION, b""))

    with pytest.raises(RPCError, match="no poller"):
        await report_now(handle(asked))
    assert asked.asked == 1
