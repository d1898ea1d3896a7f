"""The one place where WHMCS's errors become ours.

WHMCS says no in words, with HTTP 200 or 403 and ``result: error``: certain, nothing happened, except that a server
module may have tried and failed. For a missing answer see `unrack.providers._http`.
"""

import re
from collections.abc import Mapping

import httpx2
from pydantic import ValidationError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers._http import Attempt, Errors, by_status, retry_after, shape_fault

EXISTING = msg("Existing Cancellation Request Exists")
"""The error of `AddCancelRequest` when a request exists already."""

_RATE_LIMIT_PAUSE = 10.0
"""Seconds after a 429 without ``Retry-After``."""

_MORE = {
    Category.DENIED: msg(", not from WHMCS's API"),
    Category.INVALID: msg(": there is no WHMCS API at this address"),
}
"""Text added to an HTTP status that comes without a message of WHMCS."""

WORDS: tuple[tuple[re.Pattern[str], Category], ...] = tuple(
    (re.compile(words, re.IGNORECASE), category)
    for words, category in (
        (msg(r"existing cancellation request"), Category.CONFLICT),
        (r"authentication failed|invalid ip|invalid permissions|access denied|not allowed", Category.DENIED),
        (r"\bids? not found\b|cannot find the provided", Category.NOT_FOUND),
        (r"not assigned to a module|is required|invalid (status|date|ticket)|command not found", Category.INVALID),
        (r"not a valid|missing variables|must be in draft", Category.INVALID),
    )
)
"""WHMCS's error messages (developer docs, by action). The first match counts. Others come from server modules."""

_BEFORE_THE_MODULE = re.compile(r"service (ids? (is required|not found)|not assigned to a module)\W*", re.IGNORECASE)
"""Messages that WHMCS sends with HTTP 200 before a server module acts.

Any other message is the module's own, and does not tell how far it got.
"""

_SUGGESTIONS: Mapping[Category, str] = {
    Category.UNAVAILABLE: msg("it is tried again; look at the WHMCS and its web server if it lasts"),
    Category.RATE_LIMITED: msg("it is tried again after a pause"),
    Category.NOT_FOUND: msg("check the service id (the number in the address of its page in the admin area)"),
    Category.CONFLICT: msg("look at the service in the admin area, then retry"),
    Category.DENIED: msg("run `unrack doctor`; then look at the API role, and at the list of allowed addresses"),
    Category.INVALID: msg("the request does not suit this WHMCS; retrying it unchanged will not help"),
    Category.FAILED: msg(
        "look at the module log of the WHMCS and at the server, then retry: the service is read first"
    ),
    Category.UNKNOWN_OUTCOME: msg("do not repeat it before the service was read"),
    Category.UNEXPECTED: msg("see whether the address leads to a WHMCS, and what stands before it"),
}
ERRORS = Errors("WHMCS", _SUGGESTIONS)


def refused(attempt: Attempt, answer: httpx2.Response, message: str) -> UnrackError:
    """Translate ``result: error`` with `message` into an `UnrackError`."""
    quoted = attempt.method.startswith("Module") and answer.is_success and not _BEFORE_THE_MODULE.fullmatch(message)
    fitting = () if quoted else (category for words, category in WORDS if words.search(message))
    category = next(iter(fitting), Category.FAILED)
    missing = (f"api {attempt.method}",) if re.search("permission|not allowed", message, re.IGNORECASE) else ()
    return ERRORS.error(attempt, category, message, reference=_reference(answer), missing=missing)


def unusable(attempt: Attempt, answer: httpx2.Response) -> UnrackError:
    """Translate an answer that is not WHMCS's JSON into an `UnrackError`."""
    if answer.is_success:
        return ERRORS.error(attempt, attempt.misread, "the answer is not JSON", reference=_reference(answer))
    category = by_status(answer.status_code, attempt)
    text = f"HTTP {answer.status_code}{_MORE.get(category, '')}"
    pause = retry_after(answer.headers, _RATE_LIMIT_PAUSE) if category is Category.RATE_LIMITED else None
    return ERRORS.error(attempt, category, text, reference=_reference(answer), pause=pause)


class MisshapenError(UnrackError):
    """An answer that claims success and breaks the documents' promises: WHMCS answered, and of this one thing."""

    def __init__(self, problem: Problem, why: str) -> None:
        """`why` names the field."""
        super().__init__(problem)
        self.why = why


def misshapen(attempt: Attempt, answer: httpx2.Response, error: ValidationError) -> UnrackError:
    """An answer that claims success and breaks the documents' promises."""
    why = shape_fault(error)
    text = msg("the answer is not what WHMCS's documents promise ({why})", why=why)
    return MisshapenError(ERRORS.error(attempt, attempt.misread, text, reference=_reference(answer)).problem, why)


def _reference(answer: httpx2.Response) -> str:
    found: str | None = answer.headers.get("x-request-id")
    return f"X-Request-Id {found}" if found else ""
