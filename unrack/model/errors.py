"""Errors in a form that a person can act on and a workflow can branch on."""

import errno
from enum import StrEnum

from unrack.model.base import Frozen
from unrack.model.message import msg
from unrack.model.message_text import MessageText


class Category(StrEnum):
    """Closed list of failures; retrying and parking follow from it, never from message text."""

    UNAVAILABLE = "unavailable"
    """No answer, or an answer that says: later. Reads and repeatable changes are retried."""
    RATE_LIMITED = "rate-limited"
    """Too many calls; retried after the time the provider names."""
    NOT_YET = "not-yet"
    """Not an error: the provider works on it."""
    NOT_FOUND = "not-found"
    GONE = "gone"
    """The service expired or is suspended (OVH 460)."""
    CONFLICT = "conflict"
    DENIED = "denied"
    """Credentials are wrong or lack a right."""
    INVALID = "invalid"
    """The provider, or we, cannot make sense of the request."""
    STORAGE = "storage"
    """Nothing can be written on this machine: the disk is full, over its quota, or read-only. Space can be made."""
    FAILED = "failed"
    """The provider tried and gave up."""
    UNKNOWN_OUTCOME = "unknown-outcome"
    """Sent, no answer: it may or may not have happened."""
    STOPPED = "stopped"
    """A hold stopped the call before its next request was sent."""
    UNEXPECTED = "unexpected"
    """Nobody planned for this."""


RETRYABLE: frozenset[Category] = frozenset(
    {Category.UNAVAILABLE, Category.RATE_LIMITED, Category.NOT_YET, Category.STORAGE}
)

NO_ROOM: frozenset[int] = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""The system's error numbers for a disk that takes nothing more."""

NOT_SENT: frozenset[Category] = RETRYABLE | {Category.STOPPED}
"""Categories that prove that an irreversible call had no effect, so that it may be sent again."""

REFUSALS: frozenset[Category] = frozenset(
    {Category.NOT_FOUND, Category.GONE, Category.CONFLICT, Category.DENIED, Category.INVALID, Category.FAILED}
)
"""Categories that say that an irreversible call was answered, and had no effect."""


class Problem(Frozen):
    """One failure as it crosses Temporal and reaches a person."""

    category: Category
    message: MessageText
    """The failure, and the thing that it happened to."""
    suggestion: MessageText = ""
    """The action that the reader can take now."""
    reference: str = ""
    """Where it is recorded: the provider's query id (OVH ``X-OVH-QUERYID``), a task id, a file."""
    missing_rights: tuple[str, ...] = ()


class UnrackError(Exception):
    """An error for a person: what happened, what to do now, where it is recorded."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        """Wrap `problem`; `retry_after` is in seconds, only for categories that are retried."""
        super().__init__(problem.message)
        self.problem = problem
        self.retry_after = retry_after


def unwritten(what: str, error: OSError | ValueError, suggestion: str = "") -> Problem:
    """The problem that `what` was not written: because of the disk (``STORAGE``), or of where it was to be."""
    full = isinstance(error, OSError) and error.errno in NO_ROOM
    why = error.strerror if isinstance(error, OSError) else None
    return Problem(
        category=Category.STORAGE if full else Category.INVALID,
        message=msg("{what} cannot be written: {value}", what=what, value=why or error),
        suggestion=msg("make room there, or write it to another disk") if full else suggestion,
    )


def blocked(text: str) -> Problem:
    """The problem that something stands against a step, which a person settles."""
    return Problem(
        category=Category.CONFLICT,
        message=text,
        suggestion=msg("Settle it at the provider and retry the step, or skip it with a reason where that is allowed."),
    )
