"""Stop means stop: a call that changes a provider ends as a whole, and asks Temporal before each request it sends.

Temporal tells a running attempt to stop in its answer to a heartbeat, and the SDK sends one every few seconds: too late
for a call of many requests. So each changing request is preceded by a heartbeat of its own, whose answer is awaited.

An attempt that comes to the end of its time without having asked sent nothing, and says so itself: the engine, which
ends it a little later, could not tell.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.workflowservice.v1 import RecordActivityTaskHeartbeatRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities._boundary import remembered
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.permission import ask_by

Result = TypeVar("Result")

_ANSWER_WITHIN = timedelta(seconds=5)
_LONGEST = timedelta(seconds=30)
"""More than a request takes: adapters give up on one before."""

_TO_TELL = timedelta(seconds=5)
"""How long before its time is over an attempt that sent nothing yet gives up, so that it is heard."""


class _Stopped(Exception):  # noqa: N818 - it is not an error, it is where a call ends
    """This attempt sends nothing more."""


class _Permission:
    """Whether one attempt may send something."""

    def __init__(self) -> None:
        self.withdrawn = False
        self.for_now = False
        """Whether Temporal said that somebody paused or reset the attempt: the call is not over then."""
        self.granted = False
        """Whether a request may have been sent."""

    async def ask(self) -> None:
        """Returns when a request may be sent; see `unrack.providers.permission`."""
        if not self.withdrawn and (client := _client()) is not None:
            told, self.for_now = await _told_to_stop(client)
            self.withdrawn = self.withdrawn or told
        if self.withdrawn:
            raise _Stopped
        self.granted = True


async def to_its_end(work: Coroutine[Any, Any, Result], *, act_once: bool = False) -> Result:
    """Lets `work` come to its own end: told to stop, it completes the request that is being sent and begins no other.

    Args:
        work: The call.
        act_once: Whether it is irreversible: stopped between two requests, its outcome is unknown.

    Raises:
        CancelledError: it was told to stop, and did.
        UnrackError: the same, where the SDK was not told yet (``STOPPED``), or where the worker stops or somebody
            paused or reset the attempt (``UNAVAILABLE``): nothing was sent since. Or the attempt's time is nearly over
            and it sent nothing (``UNAVAILABLE``).
    """
    permission = _Permission()
    ask_by(permission.ask)
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({working}, timeout=_time_left())
        if not working.done() and not permission.granted:
            permission.withdrawn = True
            await _given_up(working)
            if working.cancelled():
                raise UnrackError(_NOTHING_SENT)
        await asyncio.wait({working})
    except asyncio.CancelledError:
        permission.withdrawn = True
        await _ended_in_time(working)
    try:
        return working.result()
    except _Stopped:
        if act_once and permission.granted:
            raise UnrackError(_HALF_SENT) from None
        raise _ended(for_now=permission.for_now) from None
    except asyncio.CancelledError:  # it did not end by itself
        if permission.granted:
            raise
        raise _ended(for_now=permission.for_now) from None


def _time_left() -> float | None:
    """Seconds until an attempt that sent nothing gives up."""
    longest = activity.info().start_to_close_timeout
    return None if longest is None else max(longest - _TO_TELL, longest / 2).total_seconds()


async def _given_up(working: asyncio.Task[Result]) -> None:
    working.cancel()
    await asyncio.wait({working})


async def _ended_in_time(working: asyncio.Task[Result]) -> None:
    """Waits for the end of what was told to stop; what does not end by itself must not keep a worker from stopping."""
    give_up = asyncio.get_running_loop().time() + _LONGEST.total_seconds()
    while not working.done() and (left := give_up - asyncio.get_running_loop().time()) > 0:
        with suppress(asyncio.CancelledError):  # it was told before
            await asyncio.wait({working}, timeout=left)
    await _given_up(working)


def _ended(*, for_now: bool) -> BaseException:
    details = activity.cancellation_details()
    if details is not None and details.cancel_requested:
        return asyncio.CancelledError()
    for_now = for_now or (details is not None and (details.worker_shutdown or details.paused or details.reset))
    category = Category.UNAVAILABLE if for_now else Category.STOPPED
    why = msg("the worker stops, or somebody paused or reset the attempt") if for_now else msg("somebody holds the run")
    return UnrackError(
        Problem(category=category, message=msg("stopped before the next request was sent: {why}", why=why))
    )


async def _told_to_stop(client: Client) -> tuple[bool, bool]:
    """Whether nothing more is to be sent, and whether that is because the attempt was paused or reset."""
    info = activity.info()
    details = Payloads(payloads=await client.data_converter.encode([remembered()]))
    request = RecordActivityTaskHeartbeatRequest(
        namespace=info.workflow_namespace or client.namespace,
        task_token=info.task_token,
        details=details,
        identity=client.service_client.config.identity,
    )
    try:
        answer = await client.workflow_service.record_activity_task_heartbeat(request, timeout=_ANSWER_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # the attempt is over for Temporal: another one may be under way
            return True, False
        raise UnrackError(_not_asked(error)) from None
    for_now = (answer.activity_paused or answer.activity_reset) and not answer.cancel_requested
    return answer.cancel_requested or for_now, for_now


def _client() -> Client | None:
    """None where an activity runs without a server, as in a test of it alone."""
    try:
        return activity.client()
    except RuntimeError:
        return None


_NOTHING_SENT = Problem(
    category=Category.UNAVAILABLE,
    message=msg("the time of the attempt was over before anything was sent: reads, or other calls, took all of it"),
    suggestion=msg("nothing was sent; it is tried again"),
)

_HALF_SENT = Problem(
    category=Category.UNKNOWN_OUTCOME,
    message=msg("stopped after the first of several requests; what it did is not known here"),
    suggestion=msg("the provider's state is read"),
)


def _not_asked(error: RPCError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "Temporal could not be asked whether the run still wants this ({lower})", lower=error.status.name.lower()
        ),
        suggestion=msg("nothing was sent; it is tried again"),
    )
