"""What a run weighs in a worker: it lets go of the message that it began with, and nobody asks whose a payload is."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import InitializeWorkflow
from temporalio.converter import ActivitySerializationContext
from temporalio.worker import ExecuteWorkflowInput, WorkflowInboundInterceptor, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._runner import _fake_info  # pyright: ignore[reportPrivateUsage]  # the SDK's own
from temporalio.workflow import unsafe

from unrack.temporal.converter import DATA_CONVERTER, UnrackPayloadConverter
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


async def test_headers_of_a_runs_input_are_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK keeps the input for as long as the run, and its headers are a part of the first message."""
    first, kept = InitializeWorkflow(), list[Any]()
    first.headers["trace"].data = b"here"
    monkeypatch.setattr(SandboxedWorkflowRunner, "create_instance", lambda _, det: kept.append(det))
    sharing_runner().create_instance(_details(_fake_info, first.last_completion_result))
    given = ExecuteWorkflowInput(type=str, run_fn=_answer, args=["x"], headers=first.headers)

    for known in reversed(kept[0].interceptor_classes):
        answer = await known(_Last()).execute_workflow(given)
        assert answer == "x"

    assert type(given.headers) is dict
    assert given.headers == {"trace": Payload(data=b"here")}
    assert given.headers["trace"] is not first.headers["trace"]


def test_the_sandbox_is_not_entered_to_tell_whose_a_payload_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a codec or a store elsewhere would ask, and the converter has neither."""
    unasked: Any = None  # whatever is asked of it fails
    monkeypatch.setattr(SandboxedWorkflowRunner, "create_instance", lambda _, __: unasked)

    run = sharing_runner().create_instance(_details(_fake_info, Payloads()))

    assert (DATA_CONVERTER.payload_codec, DATA_CONVERTER.external_storage) == (None, None)
    assert run.get_serialization_context(unasked) is None
    assert run.get_external_store_context(unasked).target is None


def test_the_converter_makes_no_copy_of_itself_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK asks for one at each call and each result; in a workflow there is one for all results."""
    own = UnrackPayloadConverter()
    call = ActivitySerializationContext(
        namespace="default",
        workflow_id="run",
        workflow_type="Decommission",
        activity_type="change",
        activity_id="detach.pops",
        activity_task_queue="unrack",
        is_local=False,
    )

    assert own.with_context(call) is own
    monkeypatch.setattr(unsafe, "in_sandbox", lambda: True)
    first, second = own.with_context(call), own.with_context(call)
    assert first is second
    assert first is not own


async def _answer(given: str) -> str:
    return given


class _Last(WorkflowInboundInterceptor):
    """In place of the SDK's own last link: calls the run's function."""

    def __init__(self) -> None:
        pass

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's own
        return await input.run_fn(*input.args)


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
