"""The one place where a failure becomes a printed problem and an exit code."""

import sys
from enum import IntEnum

from pydantic import ValidationError
from temporalio.service import RPCError, RPCStatusCode

from unrack.documents.diagnostics import InputError
from unrack.model.decision import Verdict
from unrack.model.errors import NO_ROOM, Category, Problem, UnrackError, unwritten
from unrack.model.message import msg


class ExitCode(IntEnum):
    """The meaning of a command's exit code. Listed in ``unrack --help``."""

    DONE = 0
    WRONG = 1
    """Something is wrong or missing: a finding of ``doctor``, a divergence of ``replay``, a failure of a provider."""
    BAD_INPUT = 2
    """The command, a file or a form is not right; nothing was changed."""
    REFUSED = 3
    """Not allowed, blocked, in conflict with what was decided before, or nothing waits for it."""
    NOT_REACHABLE = 4
    """The server or a worker does not answer."""
    NOT_FOUND = 5
    """There is no such run, file, service or evidence."""
    HANDED_OVER = 6
    """The server keeps the decision for a run that cannot judge it now; it is judged when the run goes on."""
    NO_ROOM = 7
    """A disk of this machine is full or takes nothing, or what stdout leads to does."""


_BY_CATEGORY = {
    Category.INVALID: ExitCode.BAD_INPUT,
    Category.CONFLICT: ExitCode.REFUSED,
    Category.DENIED: ExitCode.REFUSED,
    Category.UNAVAILABLE: ExitCode.NOT_REACHABLE,
    Category.RATE_LIMITED: ExitCode.NOT_REACHABLE,
    Category.NOT_FOUND: ExitCode.NOT_FOUND,
    Category.GONE: ExitCode.NOT_FOUND,
    Category.STORAGE: ExitCode.NO_ROOM,
}

_BY_VERDICT = {
    Verdict.ACCEPTED: ExitCode.DONE,
    Verdict.ALREADY: ExitCode.DONE,
    Verdict.CONFLICT: ExitCode.REFUSED,
    Verdict.REFUSED: ExitCode.REFUSED,
    Verdict.NOT_OPEN: ExitCode.REFUSED,
    Verdict.INVALID: ExitCode.BAD_INPUT,
}

_BY_STATUS = {
    RPCStatusCode.NOT_FOUND: Category.NOT_FOUND,
    RPCStatusCode.ALREADY_EXISTS: Category.CONFLICT,
    RPCStatusCode.PERMISSION_DENIED: Category.DENIED,
    RPCStatusCode.UNAUTHENTICATED: Category.DENIED,
    RPCStatusCode.INVALID_ARGUMENT: Category.INVALID,
    RPCStatusCode.UNAVAILABLE: Category.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED: Category.UNAVAILABLE,
    RPCStatusCode.CANCELLED: Category.UNAVAILABLE,
    RPCStatusCode.RESOURCE_EXHAUSTED: Category.RATE_LIMITED,
}


def problem_of(error: BaseException) -> Problem | None:
    """The problem behind an expected failure; None for a bug of ours, which keeps its traceback."""
    match error:
        case UnrackError():
            return error.problem
        case InputError():
            return Problem(category=Category.INVALID, message=str(error), suggestion=msg("nothing was changed"))
        case RPCError():
            return Problem(
                category=_BY_STATUS.get(error.status, Category.UNEXPECTED),
                message=msg(
                    "the Temporal server said {replace}: {message}",
                    replace=error.status.name.lower().replace("_", " "),
                    message=error.message,
                ),
                suggestion=msg("check server and namespace with `unrack doctor`"),
            )
        case Exception() if isinstance(error, _unanswered()):
            return Problem(category=Category.UNEXPECTED, message=msg("the run could not answer: {error}", error=error))
        case ValidationError():
            return Problem(category=Category.INVALID, message=complaint_of(error))
        case _:
            return _of_this_machine(error)


def _unanswered() -> tuple[type[Exception], ...]:
    """The errors of a query that a run could not answer; none where nobody has imported a client to ask one with."""
    client = sys.modules.get("temporalio.client")
    return () if client is None else (client.WorkflowQueryFailedError, client.WorkflowQueryRejectedError)


def _of_this_machine(error: BaseException) -> Problem | None:
    """The problem with a path, a disk or a text that somebody gave."""
    match error:
        case OSError() if error.errno in NO_ROOM:
            return unwritten(msg("the output") if error.filename is None else f"'{error.filename}'", error)
        case OSError() if error.filename is not None:
            return Problem(
                category=Category.INVALID,
                message=msg(
                    "'{filename}' cannot be used: {strerror}", filename=error.filename, strerror=error.strerror
                ),
            )
        case RecursionError():
            return Problem(
                category=Category.INVALID, message=msg("what was read is nested too deeply to be understood")
            )
        case UnicodeEncodeError() if "surrogates" in error.reason:  # bytes of the command line that are no text
            return Problem(
                category=Category.INVALID, message=msg("something that was given is not text: it is not UTF-8")
            )
        case _:
            return None


def code_for(problem: Problem) -> ExitCode:
    """The exit code of a command that ends with `problem`."""
    return _BY_CATEGORY.get(problem.category, ExitCode.WRONG)


def code_for_verdict(verdict: Verdict) -> ExitCode:
    """The exit code of a command whose decision got `verdict`."""
    return _BY_VERDICT[verdict]


def invalid(message: str, suggestion: str = "") -> UnrackError:
    """The error of a person's input; nothing was changed."""
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))


def complaint_of(error: ValidationError) -> str:
    """Return the first mistake in a person's input, in the words of the model that refused it."""
    first = error.errors(include_url=False)[0]
    where, cause = ".".join(str(part) for part in first["loc"]), first.get("ctx", {}).get("error")
    told = str(cause) if isinstance(cause, ValueError) else first["msg"]
    return msg("{where}: {told}", where=where, told=told) if where else told
