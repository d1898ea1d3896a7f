"""The holds of an installation, read from what was recorded and set by signals: neither needs a worker."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from unrack.contracts.installation_holds import INSTALLATION_HOLDS, HoldsStart, holds_id, signal_of
from unrack.contracts.workflows import WAKE_SIGNAL
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import HoldRegister, InstallationHold, Order, Recorded
from unrack.model.message import msg
from unrack.model.policy_register import RegisterPolicy
from unrack.model.statement import Refusal
from unrack.temporal.register_history import RegisterHistory

_RECORDED_WITHIN = timedelta(seconds=20)

_TASK = timedelta(seconds=5)
"""How long a worker may hold a task of the register. A signal that arrives meanwhile is safe with the server, which
writes it into the history only when the task is over: when its worker died, after this long."""

_JUDGED_WITHIN = timedelta(seconds=10)
"""A worker that lives judges an order in far less."""

_POLL_EVERY = 0.1

_SEND_AGAIN = 1.0
"""Seconds after which an order is sent again that a flood kept out."""

_READINGS = 5
"""Fresh histories that may begin while the register is read."""


async def register_of(client: Client, queue: str) -> HoldRegister:
    """The register of the installation whose workers serve `queue`, as recorded by now; empty when there is none.

    What somebody did to its workflow in Temporal lifts no hold: they stand as they were recorded.

    Raises:
        UnrackError: another version recorded it, and this one cannot read it (``UNAVAILABLE``).
        RPCError: the server does not answer.
    """
    return (await _read(client, queue)).register


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

    The same order again changes nothing. When this returns, whoever reads the register knows of it. Where a policy
    rules, a worker judges it first; without one it waits, which the answer says.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    found = await _read(client, queue, order)
    begun = time.monotonic()
    if found.answer is None or not found.is_open or found.answer.why is Refusal.FLOOD:
        await _start(client, queue, found.register, start_signal=signal_of(order), start_signal_args=[order])
    before = found.answered_at
    while True:
        found, waited = await _read(client, queue, order), time.monotonic() - begun
        answer = found.answer if found.answered_at != before or _is_settled(found.answer) else None
        if answer is not None and (answer.why is not Refusal.FLOOD or waited > _RECORDED_WITHIN.total_seconds()):
            return answer, found.register
        if answer is not None:
            before = found.answered_at
            await asyncio.sleep(_SEND_AGAIN)
            await _start(client, queue, found.register, start_signal=signal_of(order), start_signal_args=[order])
        elif waited > _JUDGED_WITHIN.total_seconds() and (waits := found.register.waits(order)) is not None:
            return waits, found.register
        elif waited > _RECORDED_WITHIN.total_seconds():
            raise UnrackError(_not_there(queue))
        await asyncio.sleep(_POLL_EVERY)


def _is_settled(answer: Recorded | None) -> bool:
    return answer is not None and answer.why is not Refusal.FLOOD


async def keep(client: Client, queue: str) -> bool:
    """Have the register's workflow go on where somebody ended it and holds stand; returns whether that was so.

    Raises:
        UnrackError: see `register_of`.
        RPCError: the server does not answer.
    """
    found = await _read(client, queue)
    register = found.register
    if found.is_open or not (register.standing or register.policies):
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


async def _read(client: Client, queue: str, order: Order | None = None) -> RegisterHistory:
    """The register as it is recorded by now; on the way, the answer to `order` is looked for."""
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(holds_id(queue))
    for _ in range(_READINGS):
        found = RegisterHistory(client, order)
        await found.read(handle)
        if not found.goes_on:
            return found
    raise UnrackError(_not_there(queue))


def _not_there(queue: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "the holds of the whole installation are being written, and could not be read ({holds_id})",
            holds_id=holds_id(queue),
        ),
        suggestion=msg("do it again: the same hold twice is one"),
    )
