"""A Temporal server that only shows runs: as many as a test wants, none of which exists before it is asked for."""

import gc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from temporalio.api.common.v1 import WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import WorkflowExecutionStatus as Status
from temporalio.api.workflow.v1 import WorkflowExecutionInfo, WorkflowExecutionPauseInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsResponse,
    DescribeTaskQueueResponse,
    DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsResponse,
)
from temporalio.client import Client
from temporalio.service import ServiceClient

from unrack.contracts.reconciliation import RECONCILE
from unrack.contracts.workflows import DECOMMISSION, MEMO_VIEW
from unrack.model.credential_end import CredentialEnd
from unrack.model.lifecycle import Phase
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import RunView
from unrack.temporal.converter import DATA_CONVERTER

QUEUE = "played"
_NAME = "svc-0000000"
_BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


class Died(Exception):  # noqa: N818 - what a test does, not an error
    """The worker was killed."""


@dataclass
class Played:
    """The server; `client` asks it."""

    runs: int
    paused_every: int = 0
    """Each so manieth run is paused; 0: none."""
    dies_at: int | None = None
    """The page at which the worker dies, once."""
    pages: int = 0
    largest: int = 0
    """Bytes of the largest page."""
    objects: list[int] = field(default_factory=list[int])
    """Objects in memory when each hundredth page was asked for."""

    async def client(self) -> Client:
        """A client of this server."""
        view = RunView(
            service=_NAME, provider="test", product="thing", title="A thing", phase=Phase.GRACE,
            timing="end-of-term", plan_digest="sha256:" + "0" * 64, scheduled=True, runbook="test-thing",
        )  # fmt: skip
        (self._memo,) = await DATA_CONVERTER.encode([view])
        config = SimpleNamespace(target_host="played", identity="test")
        service = SimpleNamespace(workflow_service=self, config=config)
        return Client(cast("ServiceClient", service), data_converter=DATA_CONVERTER)

    async def list_workflow_executions(self, request: Any, **_: object) -> ListWorkflowExecutionsResponse:  # noqa: ANN401
        """One page."""
        if RECONCILE in request.query:
            return ListWorkflowExecutionsResponse()
        first = int(request.next_page_token or b"0")
        if self.dies_at is not None and self.pages == self.dies_at:
            self.dies_at = None
            raise Died
        if self.pages % 100 == 0:
            gc.collect()
            self.objects.append(len(gc.get_objects()))
        self.pages += 1
        last = min(first + request.page_size, self.runs)
        answer = ListWorkflowExecutionsResponse(
            executions=[self._row(number) for number in range(first, last)],
            next_page_token=str(last).encode() if last < self.runs else b"",
        )
        self.largest = max(self.largest, answer.ByteSize())
        return answer

    async def count_workflow_executions(self, *_: object, **__: object) -> CountWorkflowExecutionsResponse:
        """How many there are."""
        return CountWorkflowExecutionsResponse(count=self.runs)

    async def describe_task_queue(self, *_: object, **__: object) -> DescribeTaskQueueResponse:
        """Nobody polls."""
        return DescribeTaskQueueResponse()

    async def describe_workflow_execution(self, request: Any, **_: object) -> DescribeWorkflowExecutionResponse:  # noqa: ANN401
        """One run, more closely."""
        row = self._row(int(request.execution.workflow_id.rpartition("-")[2]))
        answer = DescribeWorkflowExecutionResponse(workflow_execution_info=row)
        if row.status == Status.WORKFLOW_EXECUTION_STATUS_PAUSED:
            info = WorkflowExecutionPauseInfo(identity="maria@laptop", reason="r" * 300)
            answer.workflow_extended_info.pause_info.CopyFrom(info)
        return answer

    def _row(self, number: int) -> WorkflowExecutionInfo:
        paused = self.paused_every and number % self.paused_every == 0
        name = f"svc-{number:07}"
        row = WorkflowExecutionInfo(
            execution=WorkflowExecution(workflow_id=f"test-thing/{name}", run_id=f"r-{number}"),
            type=WorkflowType(name=DECOMMISSION),
            status=Status.WORKFLOW_EXECUTION_STATUS_PAUSED if paused else Status.WORKFLOW_EXECUTION_STATUS_RUNNING,
            task_queue=QUEUE,
        )
        row.start_time.FromDatetime(_BEGAN + timedelta(seconds=number))
        memo = row.memo.fields[MEMO_VIEW]
        memo.CopyFrom(self._memo)
        memo.data = memo.data.replace(_NAME.encode(), name.encode())
        return row


@dataclass
class PlayedProviders:
    """One provider, at which every service is active and has its end planned."""

    end: CredentialEnd | None = None
    """When the credential ends."""

    def at(self, _: ServiceRef) -> "PlayedProviders":
        """The only one."""
        return self

    def get(self, *_: object) -> "PlayedProviders":
        """The only one."""
        return self

    async def credential_end(self) -> CredentialEnd | None:
        """As the test has it."""
        return self.end

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """Active, with an end planned."""
        return ServiceFacts(
            service=service, title="A thing", state="active", active=True, billing_state="ok", owner="o", caller="o",
            cancellation_planned=True, configuration_digest="sha256:0",
            clock=ProviderClock(read_at=_BEGAN, shown=_BEGAN),
        )  # fmt: skip
