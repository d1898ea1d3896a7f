"""The layer around a workflow instance asks it once for what never changes: a flood asks for each message."""

from typing import Any

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.converter import WorkflowSerializationContext
from temporalio.worker import WorkflowInstance

from unrack.temporal.wrapping_runner import WrappingInstance


class _Instance(WorkflowInstance):
    def __init__(self) -> None:
        self.asked = list[object]()

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        raise NotImplementedError

    def get_serialization_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        self.asked.append(command_info)
        return WorkflowSerializationContext(namespace="default", workflow_id=str(command_info))

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401 - as above
        raise NotImplementedError

    def get_info(self) -> Any:  # noqa: ANN401 - as the SDK types it
        raise NotImplementedError


class _Around(WrappingInstance):
    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        raise NotImplementedError


def test_a_runs_own_context_is_asked_for_once_and_a_commands_each_time() -> None:
    """The sandbox compiles code for each question; what belongs to a command changes with the command."""
    inside = _Instance()
    around: Any = _Around(inside)

    own = [around.get_serialization_context(None) for _ in range(3)]
    commands = [around.get_serialization_context(name).workflow_id for name in ("a", "b", "a")]

    assert [each.workflow_id for each in own] == ["None"] * 3
    assert commands == ["a", "b", "a"]
    assert inside.asked == [None, "a", "b", "a"]
