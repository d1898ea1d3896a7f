"""What a bare workflow copies of a run: its steps between the answers of people, and its waits."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio.client import WorkflowHistory

_SHORTEST = timedelta(milliseconds=20)
"""Real time; shorter timers are not waits."""


class Shape(BaseModel):
    """Steps before the first answer, between answers, and after the last; real waits come with the first answer."""

    steps: list[list[str]]
    waits: list[timedelta]


def shape_of(history: WorkflowHistory) -> Shape:
    """The shape of a run, from its history: one activity of the bare workflow for each that the run called."""
    steps: list[list[str]] = [[]]
    waits = dict[int, timedelta]()
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            steps[-1].append(event.activity_task_scheduled_event_attributes.activity_id)
        elif event.HasField("workflow_execution_update_accepted_event_attributes"):
            steps.append([])
        elif event.HasField("timer_started_event_attributes"):
            waits[event.event_id] = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        elif event.HasField("timer_canceled_event_attributes"):
            waits.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return Shape(steps=steps, waits=[wait for wait in waits.values() if wait >= _SHORTEST])
