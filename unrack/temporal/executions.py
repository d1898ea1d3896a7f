"""Executions as visibility lists them, page by page, in the messages that the server sends.

A list of ten thousand runs asks for no more than this, so nothing else of Temporal's SDK is imported here: a `Client`
can be asked, and so can a bare `Connection` (`unrack.temporal.connection`), which is made in half the time.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast

from pydantic_core import from_json
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import WorkflowExecutionStatus as Status
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest, ListWorkflowExecutionsRequest
from temporalio.service import WorkflowService

OPEN = "CloseTime IS NULL"
"""For visibility queries: every execution that has not ended, whether or not it is paused."""

ENDED = "CloseTime IS NOT NULL"
"""The others."""

PAGE = 500
"""Executions in one answer: with their memos some megabytes."""

THE_RUN = "run"
"""How `shown_paused` names a run that is paused as a whole."""

_PAUSED = Status.WORKFLOW_EXECUTION_STATUS_PAUSED
_IS_OPEN = (Status.WORKFLOW_EXECUTION_STATUS_RUNNING, _PAUSED)
PAUSE_INFO = "TemporalPauseInfo"
_BY_ACTIVITY = "property:activityType="


class Server(Protocol):
    """Whoever can be asked: Temporal's own `Client`, or a bare connection."""

    @property
    def workflow_service(self) -> WorkflowService:
        """The calls of Temporal's API."""
        ...

    @property
    def namespace(self) -> str:
        """Where the runs are."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Some executions."""

    executions: Sequence[WorkflowExecutionInfo]
    token: bytes
    """Where the next page begins; empty after the last one."""


async def page_of(server: Server, query: str, token: bytes = b"", most: int | None = None) -> Page:
    """One page of what `query` finds, from `token` on; of so many executions at `most`.

    Raises:
        RPCError: the server does not answer.
    """
    request = ListWorkflowExecutionsRequest(
        namespace=server.namespace, query=query, page_size=most or PAGE, next_page_token=token
    )
    answer = await server.workflow_service.list_workflow_executions(request, retry=True)
    return Page(answer.executions, answer.next_page_token)


async def every(server: Server, query: str, first: Page | None = None) -> AsyncGenerator[WorkflowExecutionInfo]:
    """Everything that `query` finds, in the server's order; `first` is its first page, where that is known."""
    page = first or await page_of(server, query)
    while True:
        for each in page.executions:
            yield each
        if not page.token:
            return
        page = await page_of(server, query, page.token)


async def count(server: Server, query: str) -> int:
    """How many executions `query` finds."""
    request = CountWorkflowExecutionsRequest(namespace=server.namespace, query=query)
    return (await server.workflow_service.count_workflow_executions(request, retry=True)).count


def attribute(execution: WorkflowExecutionInfo, name: str) -> object:
    """The value of a search attribute, as JSON has it; None where there is none.

    Raises:
        ValueError: the server sends what is no JSON.
    """
    fields = execution.search_attributes.indexed_fields
    return from_json(fields[name].data or b"null") if name in fields else None


def text_attribute(execution: WorkflowExecutionInfo, name: str) -> str | None:
    """The value of a search attribute that holds one text; None where there is none."""
    value = attribute(execution, name)
    return value if isinstance(value, str) else None


def texts_attribute(execution: WorkflowExecutionInfo, name: str) -> tuple[str, ...]:
    """The values of a search attribute that holds several texts."""
    value = attribute(execution, name)
    several = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(each for each in several if isinstance(each, str))


def moment_attribute(execution: WorkflowExecutionInfo, name: str) -> datetime | None:
    """The value of a search attribute that holds a date; None where there is none.

    Raises:
        ValueError: it is no date.
    """
    text = text_attribute(execution, name)
    return None if text is None else datetime.fromisoformat(text)


def memo_of(execution: WorkflowExecutionInfo, name: str) -> Payload | None:
    """Return the payload under `name` in the memo; None where there is none."""
    fields = execution.memo.fields
    return fields[name] if name in fields else None  # noqa: SIM401 - its get() makes an entry


def started_at(execution: WorkflowExecutionInfo) -> datetime:
    """When it began, by the server's clock."""
    return execution.start_time.ToDatetime(tzinfo=UTC)


def is_open(execution: WorkflowExecutionInfo) -> bool:
    """Whether it has not ended; somebody may have paused it."""
    return execution.status in _IS_OPEN


def shown_paused(execution: WorkflowExecutionInfo) -> tuple[str, ...]:
    """Return the parts of the execution that somebody paused in Temporal, as far as lists show them.

    Returns:
        ``run`` for the run itself, and the type of each paused call, as ``commit``; empty when nothing is.
    """
    info = texts_attribute(execution, PAUSE_INFO)
    calls = tuple(each.removeprefix(_BY_ACTIVITY) for each in info if each.startswith(_BY_ACTIVITY))
    return (THE_RUN, *calls) if execution.status == _PAUSED else calls
