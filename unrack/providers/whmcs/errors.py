"""The one place where WHMCS's errors become ours.

WHMCS says no in words, with HTTP 200 or 403 and ``result: error``: certain, nothing happened, except that a server
module may have tried and failed. Without an answer, or with a server's error, a read is ``UNAVAILABLE`` and a call that
changes something is ``UNKNOWN_OUTCOME``.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import ValidationError

from unrack.model.errors import Category, Problem, UnrackError

EXISTING = "Existing Cancellation Request Exists"
"""What `AddCancelRequest` says the second time."""

_RATE_LIMIT_PAUSE = 10.0
_VENDOR_TEXT = 300
"""How much of the vendor's own words is repeated."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The call that failed."""

    action: str
    changes: bool
    secrets: tuple[str, ...] = ()
    """Values that must not be repeated, whoever repeats them first."""

    @property
    def lost(self) -> Category:
        """What it means that no readable answer came."""
        return Category.UNKNOWN_OUTCOME if self.changes else Category.UNAVAILABLE


WORDS: tuple[tuple[re.Pattern[str], Category], ...] = tuple(
    (re.compile(words, re.IGNORECASE), category)
    for words, category in (
        (r"existing cancellation request", Category.CONFLICT),
        (r"authentication failed|invalid ip|invalid permissions|access denied|not allowed", Category.DENIED),
        (r"\bids? not found\b|cannot find the provided", Category.NOT_FOUND),
        (r"not assigned to a module|is required|invalid (status|date|ticket)|command not found", Category.INVALID),
        (r"not a valid|missing variables|must be in draft", Category.INVALID),
    )
)
"""What WHMCS says (WHMCS developer docs, by action), the first that fits; other words are a server module's own."""

_BEFORE_THE_MODULE = re.compile(r"service (ids? (is required|not found)|not assigned to a module)\W*", re.IGNORECASE)
"""What WHMCS says with HTTP 200 before it has a server module do anything; all else is the module's, and says nothing
of how far it got."""

_SUGGESTION: dict[Category, str] = {
    Category.UNAVAILABLE: "it is tried again; look at the WHMCS and its web server if it lasts",
    Category.RATE_LIMITED: "it is tried again after a pause",
    Category.NOT_FOUND: "check the service id (the number in the address of its page in the admin area)",
    Category.CONFLICT: "look at the service in the admin area, then retry",
    Category.DENIED: "run `unrack doctor`; then look at the API role, and at the list of allowed addresses",
    Category.INVALID: "the request does not suit this WHMCS; retrying it unchanged will not help",
    Category.FAILED: "look at the module log of the WHMCS and at the server, then retry: the service is read first",
    Category.UNKNOWN_OUTCOME: "do not repeat it before the service was read",
    Category.UNEXPECTED: "see whether the address leads to a WHMCS, and what stands before it",
}


def refused(attempt: Attempt, answer: httpx2.Response, message: str) -> UnrackError:
    """What ``result: error`` with `message` means."""
    quoted = attempt.action.startswith("Module") and answer.is_success and not _BEFORE_THE_MODULE.fullmatch(message)
    fitting = () if quoted else (category for words, category in WORDS if words.search(message))
    category = next(iter(fitting), Category.FAILED)
    missing = (f"api {attempt.action}",) if re.search("permission|not allowed", message, re.IGNORECASE) else ()
    return _problem(attempt, category, message, answer, missing=missing)


def unusable(attempt: Attempt, answer: httpx2.Response) -> UnrackError:
    """What an answer means that is not WHMCS's JSON."""
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _problem(attempt, Category.RATE_LIMITED, f"HTTP {status}", answer, pause=_pause(answer))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _problem(attempt, Category.DENIED, f"HTTP {status}, not from WHMCS's API", answer)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return _problem(attempt, attempt.lost, f"HTTP {status}", answer)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return _problem(attempt, Category.INVALID, f"HTTP {status}: there is no WHMCS API at this address", answer)
    category = attempt.lost if attempt.changes else Category.UNEXPECTED
    return _problem(attempt, category, "the answer is not JSON", answer)


def silent(attempt: Attempt, error: Exception) -> UnrackError:
    """What it means that no answer came; a connection that was never made sent nothing."""
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        category = Category.UNAVAILABLE
    elif isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        category = Category.INVALID
    else:
        category = attempt.lost
    return _problem(attempt, category, f"no answer ({type(error).__name__})")


class MisshapenError(UnrackError):
    """An answer that claims success and is not what the documents promise: WHMCS answered, and of this one thing."""

    def __init__(self, problem: Problem, why: str) -> None:
        """`why` names the field."""
        super().__init__(problem)
        self.why = why


def misshapen(attempt: Attempt, answer: httpx2.Response, error: ValidationError) -> UnrackError:
    """An answer that claims success and is not what the documents promise."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"])) or "body"
    category = attempt.lost if attempt.changes else Category.UNEXPECTED
    why = f"{where}: {first['msg']}"
    told = _problem(attempt, category, f"the answer is not what WHMCS's documents promise ({why})", answer)
    return MisshapenError(told.problem, why)


def _problem(  # noqa: PLR0913  one place makes every problem
    attempt: Attempt,
    category: Category,
    words: str,
    answer: httpx2.Response | None = None,
    *,
    missing: tuple[str, ...] = (),
    pause: float | None = None,
) -> UnrackError:
    for secret in attempt.secrets:
        words = words.replace(secret, "***")
    words = words if len(words) <= _VENDOR_TEXT else words[:_VENDOR_TEXT] + "…"
    problem = Problem(
        category=category,
        message=f"WHMCS: {attempt.action}: {words}",
        suggestion=_SUGGESTION[category],
        reference=_reference(answer),
        missing_rights=missing,
    )
    return UnrackError(problem, pause)


def _reference(answer: httpx2.Response | None) -> str:
    found: Any = answer.headers.get("x-request-id") if answer is not None else None
    return f"X-Request-Id {found}" if found else ""


def _pause(answer: httpx2.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isdecimal() else _RATE_LIMIT_PAUSE
