"""The holds of an installation, read from what was recorded and set by signals: neither needs a worker."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.installation_holds import (
    INSTALLATION_HOLDS,
    SIGNALS,
    HoldsStart,
    NoOrderError,
    holds_id,
    order_of,
    signal_of,
)
from unrack.contracts.workflows import WAKE_SIGNAL
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import (
    HoldRegister,
    InstallationHold,
    Order,
    Recorded,
    fold,
    refuse,
)
from unrack.model.message import msg
from unrack.model.policy_register import RegisterPolicy

_RECORDED_WITHIN = timedelta(seconds=20)

_TASK = timedelta(seconds=5)
"""How long a worker may hold a task of the register. A signal that arrives meanwhile is safe with the server, which
writes it into the history only when the task is over: when its worker died, after this long."""

_POLL_EVERY = 0.1

_READINGS = 5
"""Fresh histories that may begin while the register is read."""

_STOPPED = (
    "workflow_execution_terminated_event_attributes",
    "workflow_execution_failed_event_attributes",
    "workflow_execution_timed_out_event_attributes",
    "workflow_execution_canceled_event_attributes",
    "workflow_execution_completed_event_attributes",
)
_GOES_ON = "workflow_execution_continued_as_new_event_attributes"


async def register_of(client: Client, queue: str) -> HoldRegister:
    """The register of the installation whose workers serve `queue`, as recorded by now; empty when there is none.

    What somebody did to its workflow in Temporal lifts no hold: they stand as they were recorded.

    Raises:
        UnrackError: another version recorded it, and this one cannot read it (``UNAVAILABLE``).
        RPCError: the server does not answer.
    """
    return (await _read(client, queue))[0]


async def standing(client: Client, queue: str) -> tuple[InstallationHold, ...]:
    """The holds that stand now.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    now = datetime.now(UTC)
    return tuple(hold for hold in (await register_of(client, queue)).standing if hold.stands(now))


async def register_policy(client: Client, queue: str, order: RegisterPolicy) -> None:
    """Have it recorded that a worker has a policy. The same one again changes nothing.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    before = await register_of(client, queue)
    known = any(each.policy == order.policy for each in before.policies)
    said = (before.workers.get(order.worker), order.worker in before.silent)
    if not known or said != (order.policy, order.silent):
        await _start(client, queue, before, start_signal=signal_of(order), start_signal_args=[order])


async def record(client: Client, queue: str, order: Order) -> tuple[Recorded, HoldRegister]:
    """Have `order` recorded, whether or not a worker is there; what became of it, and the register since.

    The same order again changes nothing. When this returns, whoever reads the register knows of it.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    before = await register_of(client, queue)
    await _start(client, queue, before, start_signal=signal_of(order), start_signal_args=[order])
    give_up = time.monotonic() + _RECORDED_WITHIN.total_seconds()
    while (answer := (register := await register_of(client, queue)).answers.get(order.id)) is None:
        if time.monotonic() > give_up:
            raise UnrackError(_not_there(queue))
        await asyncio.sleep(_POLL_EVERY)
    return answer, register


async def keep(client: Client, queue: str) -> bool:
    """Have the register's workflow go on where somebody ended it and holds stand; returns whether that was so.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    register, runs = await _read(client, queue)
    if runs or not (register.standing or register.policies):
        return False
    await _start(client, queue, register)
    return True


async def wake(client: Client, queue: str) -> None:
    """Have the register look for newer workers, as after a deploy; where there is none, nothing happens."""
    with suppress(RPCError):
        await client.get_workflow_handle(holds_id(queue)).signal(WAKE_SIGNAL)


async def _start(client: Client, queue: str, before: HoldRegister, **signal: Any) -> None:  # noqa: ANN401 - the SDK's
    """Starts the workflow with what was recorded `before`, unless it runs: then it knows by itself."""
    await client.start_workflow(
        INSTALLATION_HOLDS,
        HoldsStart(holds=before, to_spread=tuple(each.id for each in before.standing)),
        id=holds_id(queue),
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_timeout=_TASK,
        static_summary=msg("Holds of every run of task queue {queue}", queue=queue)[:200],
        rpc_timeout=_RECORDED_WITHIN,
        **signal,
    )


async def _read(client: Client, queue: str) -> tuple[HoldRegister, bool]:
    """The register, and whether its workflow runs."""
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(holds_id(queue))
    for _ in range(_READINGS):
        register, last = await _folded(client, handle)
        if last != _GOES_ON:
            return register, bool(last) and last not in _STOPPED
    raise UnrackError(_not_there(queue))


async def _folded(client: Client, handle: WorkflowHandle[Any, Any]) -> tuple[HoldRegister, str]:
    """The register of the latest history, and the kind of its last event; an empty kind when there is no history."""
    register, kind = HoldRegister(), ""
    try:
        async for event in handle.fetch_history_events():
            kind = event.WhichOneof("attributes") or "unknown"
            register = await _after(client, register, event, kind)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return register, kind


async def _after(client: Client, register: HoldRegister, event: HistoryEvent, kind: str) -> HoldRegister:
    if kind == "workflow_execution_started_event_attributes":
        return await _carried(client, event)
    signalled = event.workflow_execution_signaled_event_attributes
    if kind != "workflow_execution_signaled_event_attributes" or signalled.signal_name == WAKE_SIGNAL:
        return register
    return await _signalled(client, register, event)


async def _signalled(client: Client, register: HoldRegister, event: HistoryEvent) -> HoldRegister:
    signalled = event.workflow_execution_signaled_event_attributes
    if signalled.signal_name not in SIGNALS:
        return register
    try:
        given: list[object] = await client.data_converter.decode(signalled.input.payloads)
    except Exception:  # noqa: BLE001 - whatever a stranger's payload makes the converter raise; a worker drops it, too
        return register
    try:
        order = order_of(signalled.signal_name, given)
    except NoOrderError as error:
        return refuse(register, str(error))
    return fold(register, order, event.event_time.ToDatetime(tzinfo=UTC))


async def _carried(client: Client, event: HistoryEvent) -> HoldRegister:
    """Decode the register that the history begins with. A stranger's first history gives an empty one."""
    started = event.workflow_execution_started_event_attributes
    try:
        (start,) = await client.data_converter.decode(started.input.payloads, [HoldsStart])
    except (ValidationError, ApplicationError, ValueError, RuntimeError, KeyError) as error:
        if started.continued_execution_run_id:
            raise UnrackError(_unreadable(started.continued_execution_run_id)) from error
        return HoldRegister()
    return start.holds


def _unreadable(reference: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("the holds of the whole installation were recorded by another version, and cannot be read"),
        suggestion=msg("use the version that the workers run"),
        reference=reference,
    )


def _not_there(queue: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "the holds of the whole installation are being written, and could not be read ({holds_id})",
            holds_id=holds_id(queue),
        ),
        suggestion=msg("do it again: the same hold twice is one"),
    )
