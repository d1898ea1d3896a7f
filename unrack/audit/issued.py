"""What today's workflow code does while it is replayed: every command it issues, taken down as it leaves the sandbox.

Interceptors would show arguments and results, but neither how long the code waits nor what it shows in lists, so this
listens one layer lower: around each workflow instance, where the SDK hands its commands over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_commands.workflow_commands_pb2 import WorkflowCommand
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner


@dataclass(frozen=True, slots=True)
class Issued:
    """One command, and the workflow task in which it was issued."""

    task: int
    """Id of the event that started the workflow task."""
    command: WorkflowCommand


@dataclass(slots=True)
class Take:
    """What one replay brought."""

    commands: list[Issued] = field(default_factory=list[Issued])
    failure: str = ""
    """What today's code raised, when a workflow task failed."""

    def of(self, kind: str) -> tuple[Issued, ...]:
        """The commands of one kind, in order: ``schedule_activity``, ``start_timer``."""
        return tuple(each for each in self.commands if each.command.WhichOneof("variant") == kind)


class ListeningRunner(WorkflowRunner):
    """Runs workflows like `runner` and takes down what they do. One history at a time."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Listen around `runner`."""
        self._runner = runner
        self.take = Take()

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 - the SDK's own private type
        """As the runner does."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As the runner does, with a listener around it."""
        return _Listening(self._runner.create_instance(det), self.take)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """As the runner does."""
        self._runner.set_worker_level_failure_exception_types(types)


class _Listening(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, take: Take) -> None:
        self._instance = instance
        self._take = take

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        done = self._instance.activate(act)
        if done.HasField("failed"):
            self._take.failure = self._take.failure or done.failed.failure.message
        elif act.is_replaying:  # a task that was not completed when the history was taken has nothing to compare with
            for command in done.successful.commands:
                kept = WorkflowCommand()
                kept.CopyFrom(command)
                self._take.commands.append(Issued(act.history_length, kept))
        return done

    def get_serialization_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401 - the SDK's own private types
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:  # noqa: ANN401 - as the SDK types it
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
