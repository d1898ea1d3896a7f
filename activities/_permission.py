"""Stop means stop: a call that changes a provider ends as a whole, and asks Temporal before each request it sends.

Temporal tells a running attempt to stop in its answer to a heartbeat, and the SDK sends one every few seconds: too late
for a call of many requests. So each changing request is preceded by a heartbeat of its own, whose answer is awaited.
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
from unrack.providers.permission import ask_by

Result = TypeVar("Result")

_ANSWER_WITHIN = timedelta(seconds=5)
_LONGEST = timedelta(seconds=30)
"""More than a request takes: adapters give up on one before."""


class _Stopped(Exception):  # noqa: N818 - it is not an error, it is where a call ends
    """This attempt sends nothing more."""


class _Permission:
    """Whether one attempt may send something."""

    def __init__(self) -> None:
        self.withdrawn = False
        self.paused = False
        """Whether Temporal said that somebody paused the attempt: it is not over then."""

    async def ask(self) -> None:
        """Returns when a request may be sent; see `unrack.providers.permission`."""
        if self.withdrawn or (client := _client()) is None:
            if self.withdrawn:
                raise _Stopped
            return
        self.withdrawn, self.paused = await _told_to_stop(client)
        if self.withdrawn:
            raise _Stopped


async def to_its_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Lets `work` come to its own end: told to stop, it completes the request that is being sent and begins no other.

    Raises:
        CancelledError: it was told to stop, and did.
        UnrackError: the same, where the SDK was not told yet (``STOPPED``), or where the worker stops or somebody
            paused the attempt (``UNAVAILABLE``): nothing was sent since.
    """
    permission = _Permission()
    ask_by(permission.ask)
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({working})
    except asyncio.CancelledError:
        permission.withdrawn = True
        await _ended_in_time(working)
    try:
        return working.result()
    except _Stopped:
        raise _ended(paused=permission.paused) from None


async def _ended_in_time(working: asyncio.Task[Result]) -> None:
    """Waits for the end of what was told to stop; what does not end by itself must not keep a worker from stopping."""
    give_up = asyncio.get_running_loop().time() + _LONGEST.total_seconds()
    while not working.done() and (left := give_up - asyncio.get_running_loop().time()) > 0:
        with suppress(asyncio.CancelledError):  # it was told before
            await asyncio.wait({working}, timeout=left)
    working.cancel()
    await asyncio.wait({working})


def _ended(*, paused: bool) -> BaseException:
    details = activity.cancellation_details()
    if details is not None and details.cancel_requested:
        return asyncio.CancelledError()
    for_now = paused or (details is not None and (details.worker_shutdown or details.paused))
    category = Category.UNAVAILABLE if for_now else Category.STOPPED
    why = "the worker stops, or somebody paused the attempt" if for_now else "somebody holds the run"
    return UnrackError(Problem(category=category, message=f"stopped before the next request was sent: {why}"))


async def _told_to_stop(client: Client) -> tuple[bool, bool]:
    """Whether nothing more is to be sent, and whether that is because the attempt was paused."""
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
    return answer.cancel_requested or answer.activity_paused, answer.activity_paused and not answer.cancel_requested


def _client() -> Client | None:
    """None where an activity runs without a server, as in a test of it alone."""
    try:
        return activity.client()
    except RuntimeError:
        return None


def _not_asked(error: RPCError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=f"Temporal could not be asked whether the run still wants this ({error.status.name.lower()})",
        suggestion="nothing was sent; it is tried again",
    )
