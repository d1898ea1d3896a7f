"""Questions to a provider, asked through a worker: only workers hold credentials. Nothing here changes anything."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from unrack.contracts.calls import AccessCall, AccessResult, FactsCall, InquiryAnswer, InquiryCall
from unrack.contracts.workflows import INQUIRY, TASK_QUEUE
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.temporal.pollers import pollers

Result = TypeVar("Result")

PICKED_UP_WITHIN = timedelta(seconds=6)
"""A worker that polls takes an inquiry at once; after this long without one, nobody is there."""

POLLS_WITHIN = timedelta(seconds=150)
"""A living worker polls again at least this often: the server ends a long poll after about a minute."""

_MORE_THAN_SCHEDULED = 2
"""An execution that no worker has taken yet has two events: started, and workflow task scheduled."""


def no_worker(queue: str = TASK_QUEUE) -> UnrackError:
    """The problem that nobody polls the task queue, and what to do."""
    return UnrackError(
        Problem(
            category=Category.UNAVAILABLE,
            message=msg("no worker polls the task queue '{queue}', so nobody can answer", queue=queue),
            suggestion=msg(
                "start one: `unrack up` on this machine, or `python -m unrack.worker` where the credentials are"
            ),
        )
    )


async def read_facts(
    client: Client, service: ServiceRef, queue: str = TASK_QUEUE, *, stated: Stated | None = None
) -> ServiceFacts:
    """Read the facts of `service` at the provider, or take those that are `stated`, with the worker's time.

    Raises:
        UnrackError: no worker polls, or the provider's problem.
    """
    answer = await ask(client, InquiryCall(facts=FactsCall(service=service, stated=stated)), queue)
    if answer.facts is None:
        raise UnrackError(answer.problem or _empty(msg("the facts")))
    return answer.facts


async def check_access(
    client: Client, call: AccessCall, queue: str = TASK_QUEUE, picked_up: timedelta = PICKED_UP_WITHIN
) -> AccessResult:
    """Whether a credential works, and exactly which rights it lacks; `picked_up`: see `ask`.

    Raises:
        UnrackError: no worker polls, or the worker cannot check.
    """
    answer = await ask(client, InquiryCall(access=call), queue, picked_up)
    if answer.access is None:
        raise UnrackError(answer.problem or _empty(msg("the rights")))
    return answer.access


async def ask(
    client: Client, call: InquiryCall, queue: str = TASK_QUEUE, picked_up: timedelta = PICKED_UP_WITHIN
) -> InquiryAnswer:
    """Put one question to a worker that polls `queue`.

    Raises:
        UnrackError: nobody took the question within `picked_up`, or it was not answered within its timeout.
    """
    handle: WorkflowHandle[object, InquiryAnswer] = await client.start_workflow(
        INQUIRY,
        call,
        id=f"inquiry/{uuid4().hex}",
        task_queue=queue,
        result_type=InquiryAnswer,
        execution_timeout=call.timeout + timedelta(seconds=10),
        static_summary=msg("Reads, never touches"),
    )
    try:
        return await taken_up(handle, queue, picked_up)
    except WorkflowFailureError as error:
        raise UnrackError(_unanswered(call, handle.id, error)) from error


async def taken_up(
    handle: WorkflowHandle[object, Result], queue: str, picked_up: timedelta = PICKED_UP_WITHIN
) -> Result:
    """The result of a short workflow that was just started, if a worker takes it.

    Raises:
        UnrackError: nobody took it within `picked_up`; it is ended then.
        WorkflowFailureError: it failed.
    """
    asking = asyncio.create_task(handle.result())
    await asyncio.wait({asking}, timeout=picked_up.total_seconds())
    if not asking.done() and (await handle.describe()).history_length <= _MORE_THAN_SCHEDULED:
        asking.cancel()
        await handle.terminate(msg("no worker took it"))
        raise no_worker(queue)
    return await asking


async def last_poll(client: Client, queue: str = TASK_QUEUE) -> datetime | None:
    """When a worker last polled for workflow tasks; None when none did lately."""
    found = await pollers(client, queue, within=timedelta(seconds=10))
    polls = [poller.last_access_time.ToDatetime(tzinfo=UTC) for poller in found]
    return max(polls, default=None)


def _empty(wanted: str) -> Problem:
    return Problem(
        category=Category.UNEXPECTED,
        message=msg("the worker answered, but without {wanted}", wanted=wanted),
        suggestion=msg("check that worker and command line are of the same version"),
    )


def _unanswered(call: InquiryCall, inquiry: str, error: WorkflowFailureError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "a worker took the question but gave no answer within {total_seconds} s: {cause}",
            total_seconds=f"{call.timeout.total_seconds():.0f}",
            cause=error.cause,
        ),
        suggestion=msg("look into the worker's log, then ask again; nothing was changed"),
        reference=inquiry,
    )
