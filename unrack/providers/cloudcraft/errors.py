"""The one place where Cloudcraft's errors become ours. Every call reads, so none has an unknown outcome."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import httpx2

from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.providers._http import Attempt, Errors, by_status, retry_after

_RENDERING = 30.0
"""Seconds until a picture that was not ready is asked for again."""

_RATE_LIMIT_PAUSE = 30.0
"""Seconds after a 429 without ``Retry-After``: the longest pause of Cloudcraft's own client."""

_MEANING: Mapping[int, Category] = {
    HTTPStatus.ACCEPTED: Category.NOT_YET,
    HTTPStatus.PAYMENT_REQUIRED: Category.DENIED,
    HTTPStatus.NOT_FOUND: Category.NOT_FOUND,
    HTTPStatus.CONFLICT: Category.CONFLICT,
    HTTPStatus.GONE: Category.GONE,
}

_SUGGESTIONS: Mapping[Category, str] = {
    Category.UNAVAILABLE: msg("it is tried again; see Cloudcraft's status page if it lasts"),
    Category.RATE_LIMITED: msg("it is tried again after a pause"),
    Category.NOT_YET: msg("it is asked for again"),
    Category.DENIED: msg("check the API key under User > API keys; the API works on a paid plan only"),
    Category.NOT_FOUND: msg("somebody may have deleted it; retry, so that what is there now is listed again"),
    Category.CONFLICT: msg("something else is at work on it; retry"),
    Category.GONE: msg("look at the account in Cloudcraft"),
    Category.INVALID: msg("the request does not suit Cloudcraft; retrying it unchanged will not help"),
    Category.UNEXPECTED: msg("report it with the reference"),
    Category.FAILED: msg("export this diagram by hand in Cloudcraft and attach it to a task, then skip this step"),
}
ERRORS = Errors("Cloudcraft", _SUGGESTIONS)


def from_answer(attempt: Attempt, answer: httpx2.Response) -> UnrackError:
    """Translate an answer that is not a success into an `UnrackError`."""
    status = answer.status_code
    category = _MEANING.get(status) or by_status(status, attempt)
    text = f"HTTP {status}{_said(answer)}"
    return ERRORS.error(attempt, category, text, reference=_reference(answer), pause=_pause(category, answer))


def misshapen(attempt: Attempt, answer: httpx2.Response, why: str) -> UnrackError:
    """An answer that claims success and breaks the API's promises."""
    text = msg("the answer is not what the API promises ({why})", why=why)
    return ERRORS.error(attempt, attempt.misread, text, reference=_reference(answer))


def no_such_format(attempt: Attempt, wanted: str, answer: httpx2.Response) -> UnrackError:
    """An export of another kind than the requested one."""
    text = msg("what came is empty or no {wanted}", wanted=wanted)
    return ERRORS.error(attempt, Category.FAILED, text, reference=_reference(answer))


def _said(answer: httpx2.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    told = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    text = str(told.get("error") or told.get("message") or "")
    return f", {text}" if text else ""


def _reference(answer: httpx2.Response) -> str:
    found = answer.headers.get("x-request-id")
    return f"X-Request-Id {found}" if found else ""


def _pause(category: Category, answer: httpx2.Response) -> float | None:
    if category is Category.NOT_YET:
        return _RENDERING
    return retry_after(answer.headers, _RATE_LIMIT_PAUSE) if category is Category.RATE_LIMITED else None
