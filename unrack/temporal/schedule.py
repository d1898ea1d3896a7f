"""The Temporal Schedule that reconciles every hour: made by the first worker, put right by ``unrack reconcile``."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.reconciliation import RECONCILE, ReconcileCall

EVERY = timedelta(hours=1)
"""A run that somebody terminated is noticed after so long at most."""

LONGEST = timedelta(minutes=45)
"""A reconciliation that found no worker for so long gives way to the next one."""

OVERDUE = 2 * EVERY + LONGEST
"""When the last reconciliation is older than this, something keeps the next one from ending."""

_NOTE = "Compares runs with the providers' state. It reads and tells; it changes nothing."


def schedule_id(queue: str) -> str:
    """The id of the schedule, and the beginning of the ids of its workflows: one for each task queue."""
    return f"reconcile/{queue}"


async def ensure(client: Client, queue: str) -> bool:
    """Make the schedule if there is none; one that is there stays as operators set it. Returns whether it was made.

    Raises:
        RPCError: the server does not let us, or does not answer.
    """
    try:
        await client.create_schedule(schedule_id(queue), _schedule(queue))
    except ScheduleAlreadyRunningError:
        return False
    return True


async def install(client: Client, queue: str) -> None:
    """Make the schedule, or set one that is there back to what it should be, unpaused.

    Raises:
        RPCError: the server does not let us, or does not answer.
    """
    if not await ensure(client, queue):
        await client.get_schedule_handle(schedule_id(queue)).update(lambda _: _update(queue))


async def describe(client: Client, queue: str) -> ScheduleDescription | None:
    """The schedule as the server has it; None when there is none.

    Raises:
        RPCError: the server does not answer.
    """
    try:
        return await client.get_schedule_handle(schedule_id(queue)).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


def _update(queue: str) -> ScheduleUpdate:
    return ScheduleUpdate(schedule=_schedule(queue))


def _schedule(queue: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            RECONCILE,
            ReconcileCall(queue=queue),
            id=schedule_id(queue),
            task_queue=queue,
            execution_timeout=LONGEST,
            static_summary=_NOTE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)]),
        # One that is open after an hour is stuck or paused: with SKIP, all that follow would be left out for ever.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.TERMINATE_OTHER, catchup_window=EVERY),
        state=ScheduleState(note=_NOTE),
    )
