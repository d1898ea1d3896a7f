"""A visibility service played in memory: it filters and pages as Temporal does, and sorts by start time alone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from temporalio.api.common.v1 import Memo, SearchAttributes
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    CountWorkflowExecutionsResponse,
    ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
)
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.converter import encode_search_attributes
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.workflows import DECOMMISSION, DUE, MEMO_VIEW, PHASE, PROVIDER, WAITING, waiting_words
from unrack.model.state import RunView
from unrack.temporal.converter import DATA_CONVERTER

_TERM = re.compile(r"(NOT )?(\w+) (=|!=|<|>=|IS NOT NULL|IS NULL)(?: '([^']*)')?")
_LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
_STATUS = {
    "Running": WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    "Completed": WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
    "Terminated": WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    "ContinuedAsNew": WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
}


@dataclass
class Shown:
    """One execution as visibility shows it."""

    run: str
    view: RunView | None
    started_at: datetime
    run_id: str
    status: str = "Running"
    memo: bytes | None = None
    """What stands in the memo in place of the view."""

    def info(self) -> WorkflowExecutionInfo:
        """As the server's answer has it."""
        info = WorkflowExecutionInfo(status=cast("Any", _STATUS[self.status]), task_queue="unrack")
        info.execution.workflow_id, info.execution.run_id = self.run, self.run_id
        info.type.name = DECOMMISSION
        info.start_time.FromDatetime(self.started_at)
        info.memo.CopyFrom(self._memo())
        info.search_attributes.CopyFrom(self._attributes())
        return info

    def _memo(self) -> Memo:
        memo = Memo()
        if self.view is not None or self.memo is not None:
            (payload,) = DATA_CONVERTER.payload_converter.to_payloads([self.view])
            if self.memo is not None:
                payload.data = self.memo
            memo.fields[MEMO_VIEW].CopyFrom(payload)
        return memo

    def _attributes(self) -> SearchAttributes:
        found, view = SearchAttributes(), self.view
        if view is not None:
            pairs = [SearchAttributePair(PROVIDER, view.provider), SearchAttributePair(PHASE, view.phase.value)]
            pairs += [SearchAttributePair(WAITING, waiting_words(view.waiting_for))] if view.waiting_for else []
            pairs += [SearchAttributePair(DUE, view.due)] if view.due else []
            encode_search_attributes(TypedSearchAttributes(cast("Any", pairs)), found)
        return found


_VALUES: dict[str, Callable[[Shown, RunView | None], object]] = {
    "WorkflowType": lambda _, __: DECOMMISSION,
    "WorkflowId": lambda shown, _: shown.run,
    "ExecutionStatus": lambda shown, _: shown.status,
    "CloseTime": lambda shown, _: None if shown.status == "Running" else shown.started_at,
    PROVIDER.name: lambda _, view: view and view.provider,
    PHASE.name: lambda _, view: view and view.phase.value,
    WAITING.name: lambda _, view: waiting_words(view.waiting_for) if view else (),
    DUE.name: lambda _, view: view and view.due,
}
"""What a query can compare. Each is looked up by itself: a query asks it of every execution."""


@dataclass
class PlayedVisibility:
    """The service, and what it was asked."""

    executions: list[Shown]
    queries: list[str] = field(default_factory=list[str])
    answered: int = 0
    """Executions in all answers together."""
    before_page: Callable[[int], None] = lambda number: None  # noqa: ARG005 - what happens meanwhile

    def client(self) -> Client:
        """The SDK's own client of this service."""
        service = SimpleNamespace(workflow_service=self)
        return Client(cast("Any", service), data_converter=DATA_CONVERTER)

    async def list_workflow_executions(
        self, request: ListWorkflowExecutionsRequest, **_: object
    ) -> ListWorkflowExecutionsResponse:
        """A page, the newest first, from the last start time on that the token names."""
        self.before_page(len(self.queries))
        self.queries.append(request.query)
        last = request.next_page_token.decode()
        found = [each for each in self._found(request.query) if not last or _place(each) < last]
        page = found[: request.page_size]
        self.answered += len(page)
        token = _place(page[-1]).encode() if len(found) > len(page) else b""
        return ListWorkflowExecutionsResponse(executions=[each.info() for each in page], next_page_token=token)

    async def count_workflow_executions(
        self, request: CountWorkflowExecutionsRequest, **_: object
    ) -> CountWorkflowExecutionsResponse:
        """How many there are."""
        return CountWorkflowExecutionsResponse(count=len(self._found(request.query)))

    def _found(self, query: str) -> list[Shown]:
        if "ORDER BY" in query:
            raise RPCError("invalid query: operation is not supported: 'ORDER BY' clause", RPCStatusCode(3), b"")
        terms = list(_terms(query))
        found = [each for each in self.executions if all(term(each) for term in terms)]
        return sorted(found, key=_place, reverse=True)


def _to_milliseconds(at: datetime) -> datetime:
    """As SQLite's visibility compares dates: rounded."""
    rounded = round(at.microsecond, -3)
    return at.replace(microsecond=0) + timedelta(microseconds=rounded) if at < _LAST else at


def _place(shown: Shown) -> str:
    return f"{shown.started_at.isoformat()} {shown.run_id}"


def _terms(query: str) -> Iterator[Callable[[Shown], bool]]:
    for text in query.split(" AND "):
        found = _TERM.fullmatch(text)
        assert found is not None, f"the played service does not understand {text!r}"
        yield _term(found[2], found[3], found[4], negated=bool(found[1]))


def _term(name: str, operator: str, wanted: str, *, negated: bool) -> Callable[[Shown], bool]:
    holds, read = _comparison(name, operator, wanted), _VALUES[name]
    return lambda shown: holds(read(shown, shown.view)) is not negated


def _comparison(name: str, operator: str, wanted: str) -> Callable[[Any], bool]:
    if operator.startswith("IS"):
        return lambda value: (value is None) == (operator == "IS NULL")
    if name == DUE.name:
        at, before = datetime.fromisoformat(wanted).astimezone(UTC), operator == "<"
        return lambda value: value is not None and (_to_milliseconds(value) < at) is before
    equals = operator == "="
    return lambda value: (
        value is not None and (wanted in value if isinstance(value, tuple) else value == wanted) is equals
    )
