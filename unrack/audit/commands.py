"""Records every command that today's workflow code issues while it is replayed.

Interceptors would show arguments and results, but neither how long the code waits nor what it shows in lists. So this
listens one layer lower: around each workflow instance, where the SDK hands its commands over.
"""

from dataclasses import dataclass, field

from temporalio.bridge.proto.workflow_activation.workflow_activation_pb2 import WorkflowActivation
from temporalio.bridge.proto.workflow_commands.workflow_commands_pb2 import WorkflowCommand
from temporalio.bridge.proto.workflow_completion.workflow_completion_pb2 import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowRunner

from unrack.temporal.wrapping_runner import WrappingInstance, WrappingRunner


@dataclass(frozen=True, slots=True)
class IssuedCommand:
    """One command, and the workflow task in which it was issued."""

    task: int
    """Id of the event that started the workflow task."""
    command: WorkflowCommand


@dataclass(slots=True)
class CommandLog:
    """The commands that one replay issued."""

    commands: list[IssuedCommand] = field(default_factory=list[IssuedCommand])
    failure: str = ""
    """The error that today's code raised when a workflow task failed."""

    def of(self, kind: str) -> tuple[IssuedCommand, ...]:
        """The commands of one kind, in order: ``schedule_activity``, ``start_timer``."""
        return tuple(each for each in self.commands if each.command.WhichOneof("variant") == kind)


class RecordingRunner(WrappingRunner):
    """Runs workflows like `runner` and records their commands in `log`. One history at a time."""

    def __init__(self, runner: WorkflowRunner) -> None:
        """Record around `runner`."""
        super().__init__(runner)
        self.log = CommandLog()

    def fresh_log(self) -> CommandLog:
        """The empty log of the history that is replayed next."""
        self.log = CommandLog()
        return self.log

    def around(self, instance: WorkflowInstance) -> WorkflowInstance:
        """Records `instance`."""
        return _RecordingInstance(instance, self.log)


class _RecordingInstance(WrappingInstance):
    def __init__(self, instance: WorkflowInstance, log: CommandLog) -> None:
        super().__init__(instance)
        self._log = log

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        done = self._instance.activate(act)
        if done.HasField("failed"):
            self._log.failure = self._log.failure or done.failed.failure.message
        elif act.is_replaying:  # a task that was not completed has nothing to compare with
            self._log.commands += [IssuedCommand(act.history_length, each) for each in done.successful.commands]
        return done
