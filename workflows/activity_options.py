"""How activities are called: by class. A workflow names a class; it never invents a timeout.

There are no local activities, not even for short reads: a query that reaches a worker with a cold cache while one runs
makes the history impossible to replay (ADR 0013).

Times here are real. Only `timeout` comes from the plan; its callers turn the provider's time into real time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType, ActivityHandle

from unrack.contracts.workflows import CALL_WATCHED
from unrack.model.errors import Category, Problem
from unrack.model.lifecycle import ParkReason, Phase
from unrack.model.message import msg
from workflows.errors import StepStopped, stopped

Port = TypeVar("Port")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

ATTEMPT = timedelta(seconds=60)
"""One attempt: a few HTTP calls of at most 20 s each."""

TAKEN_UP_WITHIN = timedelta(seconds=90)
"""How old the judgement may be on which a call changes something: what no worker took up by then is judged anew."""

HEARTBEAT = timedelta(seconds=10)
"""A worker that is killed is noticed after this long; the activities' boundary beats every few seconds."""

_NO_LIMIT = timedelta(days=1)
"""For calls that may wait in the queue as long as no worker is there."""

_SUMMARY = 190
"""Bytes of a summary; written as JSON, a quotation mark or a line break takes two."""

_BACKOFF = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
)
_ONCE = RetryPolicy(maximum_attempts=1)
_HAS_STOPPED = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
_FEW = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=3)


@dataclass(frozen=True, slots=True)
class CallClass:
    """Timeouts and retries of one class of activity."""

    retries: RetryPolicy
    attempt: timedelta = ATTEMPT
    in_all: timedelta | None = None
    taken_up: timedelta | None = None
    """How long it may wait for a worker; None: as long as it may take in all."""
    stopped: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL
    """How to wait for a call that the workflow stops. A call that changes something says when it has stopped."""

    @property
    def longest(self) -> timedelta:
        """Real time by which the engine has ended the call itself; what is open after it, somebody paused."""
        if self.in_all is not None:
            return self.in_all + ATTEMPT
        return _NO_LIMIT if self.taken_up is None else self.taken_up + self.attempt + ATTEMPT


def read(timeout: timedelta) -> CallClass:
    """Short, safe reads: retried until `timeout` is over."""
    return CallClass(_BACKOFF, in_all=max(timeout, ATTEMPT))


def prompt() -> CallClass:
    """Questions that must be answered soon: after one attempt's time people are told."""
    return CallClass(_BACKOFF, in_all=ATTEMPT)


def endless() -> CallClass:
    """Questions that are asked until somebody answers; the engine asks again by itself, which costs no history."""
    return CallClass(_BACKOFF)


def together() -> CallClass:
    """Several reads in one call: one attempt, since each is read by itself when that fails."""
    return CallClass(_ONCE)


def change(timeout: timedelta) -> CallClass:
    """Repeatable changes: started again until the provider shows the wanted state or `timeout` is over."""
    return CallClass(_BACKOFF, in_all=max(timeout, ATTEMPT), taken_up=TAKEN_UP_WITHIN, stopped=_HAS_STOPPED)


def undo(timeout: timedelta) -> CallClass:
    """Undo calls: like `change`, but nothing that stands against the run stops them, so they may wait."""
    return CallClass(_BACKOFF, in_all=max(timeout, ATTEMPT), stopped=_HAS_STOPPED)


def commit() -> CallClass:
    """Irreversible calls: exactly one attempt. Worst case until the run knows: one attempt, then reads."""
    return CallClass(_ONCE, taken_up=TAKEN_UP_WITHIN, stopped=_HAS_STOPPED)


def tell() -> CallClass:
    """Notices: a few tries, never in the way of the run."""
    return CallClass(_FEW, attempt=timedelta(seconds=20))


async def activity(  # noqa: PLR0913 - what is called, with what, and how it shows
    method: Callable[[Port, Argument], Awaitable[Result]],
    argument: Argument,
    *,
    key: str,
    title: str,
    how: CallClass,
    phase: Phase | None = None,
) -> Result:
    """Calls an activity under the id `key`: the history reads like the runbook, and replay notices a changed order.

    Raises:
        StepStopped: it failed for good.
        CancelledError: the task that waits for it was stopped, as the watch over the last call is. The SDK tells that
            as a failure of the activity; taken for one, what was stopped would go on.
    """
    call = workflow.start_activity_method(
        method,
        argument,
        activity_id=key,
        summary=brief(title),
        event_groups=_group(phase),
        start_to_close_timeout=how.attempt,
        schedule_to_close_timeout=how.in_all,
        schedule_to_start_timeout=how.taken_up,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=how.retries,
        cancellation_type=how.stopped,
    )
    watch = asyncio.create_task(_end_if_paused(call, how.longest))
    try:
        return await call
    except ActivityError as error:
        if watch.done():
            raise _was_paused(key) from error
        if is_cancelled_exception(error):  # the engine cancels no activity unless its workflow asks for it
            raise asyncio.CancelledError from error
        raise stopped(error) from error
    finally:
        watch.cancel()


async def _end_if_paused(call: ActivityHandle[Any], longest: timedelta) -> None:
    """Ends a call that somebody paused in Temporal: the time-outs of a paused activity do not run.

    Workers look for paused calls and wake their runs (`unrack.temporal.paused_calls`). So only a run that is woken
    while a call is under way sets a timer for it; the others spend no event on what hardly ever happens.
    """
    known = _wakes()
    await workflow.wait_condition(lambda: _wakes() > known)
    await workflow.sleep(longest, summary=CALL_WATCHED)
    call.cancel()


def _wakes() -> int:
    """How often this run was woken."""
    return int(getattr(workflow.instance(), "wakes", 0))


def _was_paused(key: str) -> StepStopped:
    problem = Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "the time for the call {key} is over, and the engine did not end it: somebody paused it in Temporal",
            key=key,
        ),
        suggestion=msg("Ask who paused it and why (unrack history shows when it began), then retry."),
    )
    return StepStopped(ParkReason.RETRIES_EXHAUSTED, problem, in_doubt=True)


def brief(text: str) -> str:
    """`text` cut to what Temporal takes as a summary: 400 bytes as JSON; more fails the task for ever."""
    written = text.encode()
    return text if len(written) <= _SUMMARY else written[:_SUMMARY].decode(errors="ignore")


def _group(phase: Phase | None) -> list[workflow.EventGroup]:
    """The events of one phase, together on Temporal's own web page."""
    return [workflow.create_event_group(phase.value, label=phase.value.capitalize())] if phase else []
