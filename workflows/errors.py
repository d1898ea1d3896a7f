"""From Temporal's wrapped failures to a `Problem` and the reason for which a step parks."""

from collections.abc import Iterator

from pydantic import ValidationError
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType  # noqa: A004

from unrack.model.errors import NOT_SENT, RETRYABLE, Category, Problem
from unrack.model.lifecycle import ParkReason
from unrack.model.message import msg
from unrack.model.service import Finding


class StepStopped(Exception):  # noqa: N818 - it is not an error, it is where a step parks
    """A step cannot go on by itself."""

    def __init__(  # noqa: PLR0913 - what can be said of a failure
        self,
        reason: ParkReason,
        problem: Problem,
        findings: tuple[Finding, ...] = (),
        *,
        in_doubt: bool = False,
        not_taken_up: bool = False,
        outage: bool = False,
    ) -> None:
        """Say why, in a form that people and the workflow understand.

        Args:
            reason: Why it parks.
            problem: What happened, for a person.
            findings: What a check saw.
            in_doubt: Whether the call may have happened: no answer came, or the worker died before it could tell.
            not_taken_up: Whether no worker began with it in time; unless it is in doubt, too, it surely was not sent.
            outage: Whether nothing is wrong with the step: who was asked did not answer until its timeout.
        """
        super().__init__(problem.message)
        self.reason = reason
        self.problem = problem
        self.findings = findings
        self.in_doubt = in_doubt
        self.not_taken_up = not_taken_up
        self.outage = outage


def problem_of(error: ActivityError) -> Problem:
    """The problem that an activity reported, or the best description of why it did not report one."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ApplicationError):
            return _reported(cause)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return _no_answer(causes)
    return Problem(category=Category.UNEXPECTED, message=str(error.cause or error))


def stopped(error: ActivityError) -> StepStopped:
    """How a step parks after `error`."""
    problem = problem_of(error)
    reason = _REASONS.get(problem.category, ParkReason.UNEXPECTED)
    return StepStopped(
        reason,
        problem,
        in_doubt=_outcome_unknown(error, problem),
        not_taken_up=bool(_waited_in_vain(error)),
        outage=problem.category in _OUTAGE,
    )


_OUTAGE = (Category.UNAVAILABLE, Category.RATE_LIMITED)
"""These pass by themselves, for every run that asks the same provider."""


def certainly_not_sent(problem: Problem) -> bool:
    """Whether an irreversible call that failed like this surely had no effect and may be tried again."""
    return problem.category in NOT_SENT


def _waited_in_vain(error: ActivityError) -> list[TimeoutError]:
    """The time-outs that say that no worker began with it in time."""
    timed_out = (cause for cause in _causes(error) if isinstance(cause, TimeoutError))
    return [cause for cause in timed_out if cause.type is TimeoutType.SCHEDULE_TO_START]


def _outcome_unknown(error: ActivityError, problem: Problem) -> bool:
    """Whether the call may have happened.

    A further attempt may wait in vain, too, as after `temporal activity unpause`: one that had begun came before it
    then, and left something with the server.
    """
    if waited := _waited_in_vain(error):
        return any(cause.last_heartbeat_details for cause in waited)
    timed_out = any(isinstance(cause, TimeoutError) for cause in _causes(error))
    return timed_out or problem.category in (Category.UNKNOWN_OUTCOME, Category.UNEXPECTED)


_REASONS: dict[Category, ParkReason] = {
    **dict.fromkeys(RETRYABLE, ParkReason.RETRIES_EXHAUSTED),
    Category.NOT_FOUND: ParkReason.REFUSED,
    Category.GONE: ParkReason.REFUSED,
    Category.CONFLICT: ParkReason.REFUSED,
    Category.DENIED: ParkReason.REFUSED,
    Category.INVALID: ParkReason.REFUSED,
    Category.FAILED: ParkReason.REFUSED,
    Category.STOPPED: ParkReason.RETRIES_EXHAUSTED,
    Category.UNKNOWN_OUTCOME: ParkReason.OUTCOME_UNKNOWN,
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _reported(error: ApplicationError) -> Problem:
    details: object = error.details[0] if error.details else None
    try:
        return Problem.model_validate(details)
    except ValidationError:
        return Problem(
            category=Category.UNEXPECTED,
            message=msg("{value}: {message}", value=error.type or "error", message=error.message),
        )


_NO_ANSWER = msg("no answer in the time the runbook allows")
_WORDS = {
    TimeoutType.HEARTBEAT: msg("the worker stopped in the middle of the call"),
    TimeoutType.SCHEDULE_TO_START: msg("no worker took the call up in time"),
}


def _no_answer(causes: tuple[BaseException, ...]) -> Problem:
    kinds = {cause.type for cause in causes if isinstance(cause, TimeoutError)}
    message = next((words for kind, words in _WORDS.items() if kind in kinds), _NO_ANSWER)
    return Problem(
        category=Category.UNAVAILABLE,
        message=message,
        suggestion=msg("See whether a worker runs (unrack doctor) and whether the provider answers, then retry."),
    )
