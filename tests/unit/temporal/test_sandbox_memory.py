"""What a run keeps in a worker's memory while it waits does not hold on to the message that it began with."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.api.common.v1 import Payloads
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.worker import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._runner import _fake_info  # pyright: ignore[reportPrivateUsage]  # the SDK's own

from unrack.temporal.sandbox import sharing_runner


def test_memo_and_last_result_of_a_run_are_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of a protobuf message keeps the whole message in memory, with the run's input as it was sent."""
    first = InitializeWorkflow()
    first.arguments.add().data = b"x" * 100_000
    first.memo.fields["view"].data = b"shown"
    first.last_completion_result.payloads.add().data = b"done"
    kept = list[Any]()
    monkeypatch.setattr(SandboxedWorkflowRunner, "create_instance", lambda _, det: kept.append(det))
    info = replace(_fake_info, raw_memo=dict(first.memo.fields))
    last = first.last_completion_result

    sharing_runner().create_instance(_details(info, last))

    (det,) = kept
    assert det.info.raw_memo == info.raw_memo
    assert det.last_completion_result == last
    assert det.info.raw_memo["view"] is not info.raw_memo["view"]
    assert det.last_completion_result is not last


def _details(info: Any, last: Payloads) -> WorkflowInstanceDetails:  # noqa: ANN401 - the SDK's own private type
    unused: Any = None
    return WorkflowInstanceDetails(
        payload_converter_factory=unused,
        failure_converter_class=unused,
        interceptor_classes=[],
        defn=unused,
        info=info,
        randomness_seed=1,
        extern_functions={},
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=last,
        last_failure=None,
    )
