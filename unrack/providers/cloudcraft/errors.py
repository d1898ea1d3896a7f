"""The one place where Cloudcraft's errors become ours. Every call reads, so none has an unknown outcome."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

import httpx2

from unrack.model.errors import Category, Problem, UnrackError

_VENDOR_TEXT = 300
"""How much of the vendor's own words is repeated."""

_RENDERING = 30.0
"""Seconds until a picture that was not ready is asked for again."""

_RATE_LIMIT_PAUSE = 30.0
"""Seconds after a 429 without ``Retry-After``: the longest pause of Cloudcraft's own client."""

_MEANING: Mapping[int, Category] = {
    HTTPStatus.ACCEPTED: Category.NOT_YET,
    HTTPStatus.UNAUTHORIZED: Category.DENIED,
    HTTPStatus.PAYMENT_REQUIRED: Category.DENIED,
    HTTPStatus.FORBIDDEN: Category.DENIED,
    HTTPStatus.NOT_FOUND: Category.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: Category.UNAVAILABLE,
    HTTPStatus.CONFLICT: Category.CONFLICT,
    HTTPStatus.GONE: Category.GONE,
    HTTPStatus.TOO_MANY_REQUESTS: Category.RATE_LIMITED,
}

_SUGGESTION: Mapping[Category, str] = {
    Category.UNAVAILABLE: "it is tried again; see Cloudcraft's status page if it lasts",
    Category.RATE_LIMITED: "it is tried again after a pause",
    Category.NOT_YET: "it is asked for again",
    Category.DENIED: "check the API key under User > API keys; the API works on a paid plan only",
    Category.NOT_FOUND: "somebody may have deleted it; retry, so that what is there now is listed again",
    Category.CONFLICT: "something else is at work on it; retry",
    Category.GONE: "look at the account in Cloudcraft",
    Category.INVALID: "the request does not suit Cloudcraft; retrying it unchanged will not help",
    Category.UNEXPECTED: "report it with the reference",
    Category.FAILED: "export this diagram by hand in Cloudcraft and attach it to a task, then skip this step",
}


def from_answer(path: str, answer: httpx2.Response) -> UnrackError:
    """What an answer that is not a success means."""
    status = answer.status_code
    category = _MEANING.get(status)
    if category is None:
        server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        category = Category.UNAVAILABLE if server else Category.INVALID
    return _problem(path, category, f"HTTP {status}{_said(answer)}", _reference(answer), _pause(category, answer))


def from_silence(path: str, error: Exception) -> UnrackError:
    """What it means that no answer came."""
    invalid = isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL)
    category = Category.INVALID if invalid else Category.UNAVAILABLE
    return _problem(path, category, f"no answer ({type(error).__name__})")


def misshapen(path: str, answer: httpx2.Response, detail: str) -> UnrackError:
    """An answer that claims success and is not what the API promises."""
    return _problem(
        path, Category.UNEXPECTED, f"the answer is not what the API promises ({detail})", _reference(answer)
    )


def no_such_format(path: str, wanted: str, answer: httpx2.Response) -> UnrackError:
    """An export that is something else than what was asked for."""
    return _problem(path, Category.FAILED, f"what came is empty or no {wanted}", _reference(answer))


def _problem(path: str, category: Category, words: str, reference: str = "", pause: float | None = None) -> UnrackError:
    problem = Problem(
        category=category,
        message=f"Cloudcraft: GET {path}: {words}",
        suggestion=_SUGGESTION[category],
        reference=reference,
    )
    return UnrackError(problem, pause)


def _said(answer: httpx2.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    told = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    text = str(told.get("error") or told.get("message") or "")
    return f", {text[:_VENDOR_TEXT]}" if text else ""


def _reference(answer: httpx2.Response) -> str:
    found = answer.headers.get("x-request-id")
    return f"X-Request-Id {found}" if found else ""


def _pause(category: Category, answer: httpx2.Response) -> float | None:
    if category is Category.NOT_YET:
        return _RENDERING
    if category is not Category.RATE_LIMITED:
        return None
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max(1.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(answer.headers["date"])).total_seconds())
    except (ValueError, KeyError):
        return _RATE_LIMIT_PAUSE
