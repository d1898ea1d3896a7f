"""The edge between Unrack and Temporal: the only place where activities catch anything.

What a workflow branches on is the error's ``type`` (the category's value) and its first detail (the `Problem`), never a
text. Nothing of the original exception crosses: no cause, so no foreign text and no secret in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from unrack.model.errors import RETRYABLE, Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.one_call import one_call

Log = structlog.stdlib.BoundLogger
Result = TypeVar("Result")

_BEAT = timedelta(seconds=3)
"""How often an attempt shows that it lives; workflows allow three times as long."""

_SOON, _SELDOM = 0.2, 60.0
"""Seconds between the tries of a question that another worker can answer: so many more after each, up to a minute."""


@dataclass(slots=True)
class _Memory:
    """The strings that this attempt remembers. The heartbeat task reads the same object."""

    references: tuple[str, ...]


_memory: ContextVar[_Memory] = ContextVar("memory")


@asynccontextmanager
async def boundary(*, act_once: bool = False, **bound: str) -> AsyncGenerator[Log]:
    """Bind the log to the attempt, show that it lives, and turn every error into what a workflow understands.

    Args:
        act_once: For irreversible calls. An error nobody planned for is then final: whether the call was made is not
            known. Elsewhere Temporal's retry policy may try again, since reads and changes can be repeated.
        bound: What every log line of this attempt carries.
    """
    with structlog.contextvars.bound_contextvars(**bound, attempt=activity.info().attempt), one_call():
        log = cast("Log", structlog.get_logger("unrack.activity"))
        memory = _Memory(progress())
        _memory.set(memory)
        beating = asyncio.create_task(_beat(memory))
        try:
            yield log
        except UnrackError as error:
            _tell(log, error.problem)
            raise _application_error(error.problem, error.retry_after) from None
        except Exception as error:
            log.exception("unexpected", category=Category.UNEXPECTED.value, error=type(error).__name__)
            raise _unexpected(error, act_once=act_once) from None
        finally:
            beating.cancel()


async def _beat(memory: _Memory) -> None:
    """Tell Temporal that the worker lives; each beat repeats what is remembered, since the last one counts."""
    if activity.info().is_local:
        return
    while True:
        await asyncio.sleep(_BEAT.total_seconds())
        activity.heartbeat(memory.references)


def _tell(log: Log, problem: Problem) -> None:
    """One line for a failure; what the provider still works on is no failure."""
    fields = {"category": problem.category.value, "problem": problem.message, "reference": problem.reference}
    if problem.category is Category.NOT_YET:
        log.info("not-yet", **fields)
    else:
        log.warning("failed", **fields)


def _application_error(problem: Problem, retry_after: float | None) -> ApplicationError:
    waiting = problem.category is Category.NOT_YET
    return ApplicationError(
        problem.message,
        problem,
        type=problem.category.value,
        non_retryable=problem.category not in RETRYABLE,
        next_retry_delay=None if retry_after is None else timedelta(seconds=retry_after),
        category=ApplicationErrorCategory.BENIGN if waiting else ApplicationErrorCategory.UNSPECIFIED,
    )


def _unexpected(error: Exception, *, act_once: bool) -> ApplicationError:
    """Only the error's type is told: its text may repeat anything, and the log has it."""
    problem = Problem(
        category=Category.UNEXPECTED,
        message=msg("an error that nobody planned for ({name})", name=type(error).__name__),
        suggestion=msg("look into the worker's log, and report it"),
        reference=msg(
            "activity {activity_id}, attempt {attempt}",
            activity_id=activity.info().activity_id,
            attempt=activity.info().attempt,
        ),
    )
    return ApplicationError(problem.message, problem, type=problem.category.value, non_retryable=act_once)


@contextmanager
def restated(problem: Problem, *categories: Category) -> Generator[None]:
    """Say `problem` instead of an error of one of `categories`."""
    try:
        yield
    except UnrackError as error:
        if error.problem.category not in categories:
            raise
        raise UnrackError(problem) from None


@contextmanager
def elsewhere() -> Generator[None]:
    """For questions that another worker can answer when this one declines: they are put again soon, then less often.

    Which worker takes a call is chance. With Temporal's own back-off a decision waited half a minute for the right one.
    """
    try:
        yield
    except UnrackError as error:
        if error.problem.category is not Category.UNAVAILABLE:
            raise
        raise UnrackError(error.problem, min(_SOON * activity.info().attempt, _SELDOM)) from None


async def result_or_problem(reading: Callable[[], Awaitable[Result]]) -> Result | Problem:
    """For questions whose answer may be a problem."""
    try:
        return await reading()
    except UnrackError as error:
        return error.problem


@contextmanager
def best_effort(log: Log, event: str) -> Generator[None]:
    """For what must not undo what was done before it: a failure is logged as `event`, and that is all."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is, it comes after the fact
        log.warning(event, error=type(error).__name__)


def progress() -> tuple[str, ...]:
    """Return the strings that an earlier attempt of this activity remembered."""
    details = activity.info().heartbeat_details
    first: Any = details[0] if details else ()
    return tuple(str(item) for item in first)


def remembered() -> tuple[str, ...]:
    """Return the strings that this attempt has remembered so far."""
    return _memory.get().references


def remember(references: tuple[str, ...]) -> None:
    """Keep `references` for the next attempt, even when this one dies."""
    _memory.get().references = references
    activity.heartbeat(references)
