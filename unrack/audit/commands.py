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
        """The commands of one kind that reached the server, in order: ``schedule_activity``, ``start_timer``."""
        return tuple(each for each in self.sent() if each.command.WhichOneof("variant") == kind)

    def sent(self) -> tuple[IssuedCommand, ...]:
        """All but the calls and waits that the task which began them took back: no server ever saw those."""
        taken_back = {key for each in self.commands if (key := _takes_back(each))}
        return tuple(each for each in self.commands if _begins(each) not in taken_back)


_Begun = tuple[int, str, int]
"""A call or a wait: its workflow task, its kind, and the SDK's number of it."""


def _takes_back(each: IssuedCommand) -> _Begun | None:
    command = each.command
    if command.HasField("cancel_timer"):
        return each.task, "start_timer", command.cancel_timer.seq
    if command.HasField("request_cancel_activity"):
        return each.task, "schedule_activity", command.request_cancel_activity.seq
    return None


def _begins(each: IssuedCommand) -> _Begun | None:
    command = each.command
    if command.HasField("start_timer"):
        return each.task, "start_timer", command.start_timer.seq
    if command.HasField("schedule_activity"):
        return each.task, "schedule_activity", command.schedule_activity.seq
    return None


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
