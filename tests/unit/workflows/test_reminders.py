"""The times of reminders stand in one place."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.plans import CABLE, plan
from workflows import reminders

DEADLINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("late_by", "at_last_call", "due_after"),
    [
        (-DAY, False, timedelta(0)),
        (-DAY, True, timedelta(0)),
        (timedelta(0), True, DAY),
        (timedelta(hours=30), True, 2 * DAY),
    ],
)
def test_a_task_is_reminded_of_at_its_deadline_and_then_again(
    late_by: timedelta, at_last_call: bool, due_after: timedelta
) -> None:
    """At the deadline first; at the last call each day from then on, however late the run wakes."""
    step = plan().step(CABLE)

    assert reminders.of_task(step, DEADLINE, DEADLINE + late_by, at_last_call=at_last_call) == DEADLINE + due_after


def test_an_ordinary_task_is_reminded_of_at_the_pace_of_its_own_timeout() -> None:
    """A task of two weeks is not chased each day."""
    step = plan().step(CABLE)

    due = reminders.of_task(step, DEADLINE, DEADLINE + step.timeout + DAY, at_last_call=False)

    assert due == DEADLINE + 2 * step.timeout


def test_approvals_and_unknown_outcomes_are_reminded_of_from_now_on() -> None:
    """Approvals at the pace of the plan, what nobody knows each day."""
    frozen = plan()

    assert reminders.of_approval(frozen, DEADLINE) == DEADLINE + frozen.approval.timeout
    assert reminders.of_unknown_outcome(DEADLINE) == DEADLINE + DAY
