"""What the replay of today's code is compared by: the commands that reached the server, and no others."""

from temporalio.bridge.proto.workflow_commands.workflow_commands_pb2 import (
    CancelTimer,
    RequestCancelActivity,
    ScheduleActivity,
    StartTimer,
    WorkflowCommand,
)

from unrack.audit.commands import CommandLog, IssuedCommand


def _log(*commands: tuple[int, WorkflowCommand]) -> CommandLog:
    return CommandLog([IssuedCommand(task, command) for task, command in commands])


def test_a_call_that_its_own_task_took_back_was_never_made() -> None:
    """A run that goes on in a fresh history drops the call that it had just begun: it is no difference."""
    log = _log(
        (47, WorkflowCommand(schedule_activity=ScheduleActivity(seq=7, activity_id="confirm.read-date"))),
        (47, WorkflowCommand(request_cancel_activity=RequestCancelActivity(seq=7))),
    )

    assert log.of("schedule_activity") == ()


def test_a_call_that_a_later_task_cancelled_was_made() -> None:
    """Its event stands in the history."""
    log = _log(
        (40, WorkflowCommand(schedule_activity=ScheduleActivity(seq=7, activity_id="confirm.read-date"))),
        (47, WorkflowCommand(request_cancel_activity=RequestCancelActivity(seq=7))),
    )

    assert len(log.of("schedule_activity")) == 1


def test_a_timer_and_a_call_of_one_number_are_two_things() -> None:
    """The SDK counts timers and activities apart."""
    log = _log(
        (40, WorkflowCommand(schedule_activity=ScheduleActivity(seq=7, activity_id="confirm.read-date"))),
        (40, WorkflowCommand(start_timer=StartTimer(seq=7))),
        (40, WorkflowCommand(cancel_timer=CancelTimer(seq=7))),
    )

    assert len(log.of("schedule_activity")) == 1
    assert log.of("start_timer") == ()
