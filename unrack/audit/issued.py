"""What today's workflow code does while it is replayed: every command it issues, taken down as it leaves the sandbox.

Interceptors would show arguments and results, but neither how long the code waits nor what it shows in lists, so this
listens one layer lower: around each workflow instance, where the SDK hands its commands over.
"""

from dataclasses import dataclass, field

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_commands.workflow_commands_pb2 import WorkflowCommand
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowRunner

from unrack.temporal.wrapping_runner import WrappingInstance, WrappingRunner


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


class ListeningRunner(WrappingRunner):
    """Runs workflows like `runner` and takes down what they do. One history at a time."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Listen around `runner`."""
        super().__init__(runner)
        self.take = Take()

    def around(self, instance: WorkflowInstance) -> WorkflowInstance:
        """Listens to `instance`."""
        return _Listening(instance, self.take)


class _Listening(WrappingInstance):
    def __init__(self, instance: WorkflowInstance, take: Take) -> None:
        super().__init__(instance)
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
