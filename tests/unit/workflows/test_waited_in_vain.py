"""A call that no worker took up: surely not sent, unless an attempt had begun before it."""

import pytest
from temporalio.exceptions import ActivityError, RetryState, TimeoutError, TimeoutType  # noqa: A004

from workflows.errors import StepStopped, stopped


def waited(*details: object, kind: TimeoutType = TimeoutType.SCHEDULE_TO_START) -> StepStopped:
    """What becomes of the engine's error."""
    error = ActivityError(
        "activity error",
        scheduled_event_id=5,
        started_event_id=0,
        identity="",
        activity_type="commit",
        activity_id="purge.confirm",
        retry_state=RetryState.TIMEOUT,
    )
    error.__cause__ = TimeoutError("activity timeout", type=kind, last_heartbeat_details=details)
    return stopped(error)


def test_what_no_worker_took_up_surely_was_not_sent() -> None:
    """It is judged anew; nobody reads the provider for it."""
    stop = waited()

    assert stop.not_taken_up
    assert not stop.in_doubt
    assert "no worker took the call up" in stop.problem.message


def test_a_further_attempt_that_waited_in_vain_may_have_been_sent() -> None:
    """An attempt had begun, was paused and unpaused, and then no worker ran: the engine tells it in the same words."""
    assert waited(("begun",)).in_doubt


@pytest.mark.parametrize("kind", [TimeoutType.HEARTBEAT, TimeoutType.START_TO_CLOSE, TimeoutType.SCHEDULE_TO_CLOSE])
def test_every_other_time_out_may_have_been_sent(kind: TimeoutType) -> None:
    """The worker died, or no answer came."""
    stop = waited(kind=kind)

    assert stop.in_doubt
    assert not stop.not_taken_up
