"""The one place where OVHcloud's errors become ours.

For how far a failed call got see `unrack.providers._http`. One thing more is told apart here: OVHcloud may
not know the call itself (`UnknownRouteError`). Nothing was looked at then, so it is never taken for "there is none".
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import requests
from ovh import exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers._http import Attempt, Errors, by_status, retry_after
from unrack.providers.ovhcloud.products import PRODUCTS

QUERY_ID = "X-OVH-QUERYID"
"""The header that names a call in OVHcloud's own logs."""

_RATE_LIMIT_PAUSE = 10.0
"""Seconds to wait after a 429 without ``Retry-After``."""

MEANING: dict[type[Exception], Category | None] = {
    vendor.APIError: None,
    vendor.HTTPError: None,
    vendor.NetworkError: None,
    vendor.InvalidResponse: None,
    vendor.InvalidKey: Category.DENIED,
    vendor.InvalidCredential: Category.DENIED,
    vendor.NotCredential: Category.DENIED,
    vendor.NotGrantedCall: Category.DENIED,
    vendor.Forbidden: Category.DENIED,
    vendor.OAuth2FailureError: Category.DENIED,
    vendor.InvalidConfiguration: Category.INVALID,
    vendor.InvalidRegion: Category.INVALID,
    vendor.ReadOnlyError: Category.INVALID,
    vendor.BadParametersError: Category.INVALID,
    vendor.ResourceNotFoundError: Category.NOT_FOUND,
    vendor.ResourceConflictError: Category.CONFLICT,
    vendor.ResourceExpiredError: Category.GONE,
}
"""Every exception of `ovh.exceptions`; None: judged by the answer, or by the lack of one."""

_REFUSED_CALLER = frozenset({"INVALID_SIGNATURE", "INVALID_KEY", "INVALID_CREDENTIAL", "NOT_CREDENTIAL"})
"""``errorCode`` of an answer, whatever its status, that says: the credential is wrong."""

_SUGGESTIONS: Mapping[Category, str] = {
    Category.UNAVAILABLE: msg("it is tried again; see the OVHcloud status page if it lasts"),
    Category.RATE_LIMITED: msg("it is tried again after the pause OVHcloud asks for"),
    Category.NOT_FOUND: msg(
        "check the service id, and that the account's credential belongs to the account that owns it"
    ),
    Category.GONE: msg("OVHcloud says that the service expired or is suspended; look for open debt before going on"),
    Category.CONFLICT: msg("something else is at work on the service; look at it in the Control Panel, then retry"),
    Category.DENIED: msg("run `unrack doctor` to see what the credential lacks"),
    Category.INVALID: msg("the request does not suit OVHcloud; retrying it unchanged will not help"),
    Category.UNKNOWN_OUTCOME: msg("do not repeat it before the provider's state was read"),
    Category.UNEXPECTED: msg("report it with the reference"),
}
ERRORS = Errors("OVHcloud", _SUGGESTIONS)


class UnknownRouteError(UnrackError):
    """OVHcloud does not know the call, so nothing was read, and the state is unknown.

    It says so by the text "Got an invalid (or empty) URL" of a 404 (terraform-provider-ovh tells it by that, too), by a
    404 on a list that every account has, or by a 404 below a service that itself answers.
    """


_NO_SUCH_ROUTE = msg("invalid (or empty) url")
_NOT_OFFERED = frozenset({HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE, HTTPStatus.NOT_IMPLEMENTED})
"""Answers that say: this call is not offered, or no more."""

_ALWAYS_THERE = frozenset(
    {
        "/me",
        "/me/bill",
        "/me/correctiveInvoice",
        "/me/debtAccount",
        "/services",
        "/support/tickets",
        "/support/tickets/create",
        *(product.collection for product in PRODUCTS.values() if product.collection and product.parts == 1),
    }
)
"""Paths that name no thing of their own: a 404 there cannot mean that something is missing."""


def could_not_look(attempt: Attempt, why: str, reference: str = "") -> UnknownRouteError:
    """Return the error for a call that OVHcloud does not know. Such a call had no effect."""
    what = msg("nothing was done") if attempt.changes else msg("so it could not be looked")
    return UnknownRouteError(
        Problem(
            category=Category.INVALID if attempt.changes else Category.CONFLICT,
            message=msg(
                "OVHcloud does not know the call {attempt}, {what} ({why})", attempt=attempt, what=what, why=why
            ),
            suggestion=msg(
                "look in the Control Panel instead, and decide by what it shows; report it, since OVHcloud may "
                "have replaced the call"
            ),
            reference=reference,
        )
    )


def not_sent(attempt: Attempt) -> UnrackError:
    """The time of a call was over before it was sent: OVHcloud gave no token, or did not tell its time."""
    return ERRORS.error(attempt, Category.UNAVAILABLE, "not sent: getting ready took all of its time")


def translate(error: Exception, attempt: Attempt, answer: requests.Response | None = None) -> UnrackError:
    """Translate `error` into an `UnrackError`.

    Args:
        error: the exception of the `ovh` client, of `requests`, or of parsing the answer.
        attempt: the call.
        answer: the last answer of the client, when the exception carries none.
    """
    carried = cast("requests.Response | None", getattr(error, "response", None))
    response = answer if carried is None else carried  # an error answer is falsy: `or` would lose it
    category = _category(error, attempt, response)
    if _is_unknown(category, attempt, response):
        return could_not_look(attempt, attempt.scrubbed(_words(error, response)), query_id(response))
    return ERRORS.error(
        attempt,
        category,
        _words(error, response),
        reference=query_id(response),
        missing=_missing_rights(error, attempt, response),
        pause=_pause(response) if category is Category.RATE_LIMITED else None,
    )


def misshapen(attempt: Attempt, detail: str, answer: requests.Response | None, body: object) -> UnrackError:
    """An answer that claims success and breaks the API's promises: an error in disguise, or another shape."""
    said = cast("dict[str, Any]", body).get("message") if isinstance(body, dict) else None
    text = msg("the answer is not what the API promises ({detail}){said}", detail=detail, said=said)
    return ERRORS.error(attempt, attempt.lost if said else attempt.misread, text, reference=query_id(answer))


def query_id(response: requests.Response | None) -> str:
    """OVHcloud's id of the call, as ``X-OVH-QUERYID EU.ext-3.…``; empty when there was no answer."""
    found = response.headers.get(QUERY_ID) if response is not None else None
    return f"{QUERY_ID} {found}" if found else ""


def _category(error: Exception, attempt: Attempt, response: requests.Response | None) -> Category:
    if error_body(response).get("errorCode") in _REFUSED_CALLER:
        return Category.DENIED
    if (known := MEANING.get(type(error))) is not None:
        return known
    if isinstance(error, vendor.HTTPError):
        return _without_answer(_cause(error), attempt)
    if response is not None and response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        return by_status(response.status_code, attempt)
    foreseen = type(error) in MEANING or isinstance(error, TimeoutError)
    return attempt.lost if foreseen or attempt.changes else Category.UNEXPECTED


def _is_unknown(category: Category, attempt: Attempt, response: requests.Response | None) -> bool:
    if response is not None and response.status_code in _NOT_OFFERED:
        return True
    said = error_body(response)
    told = said.get("errorCode") == "INVALID_URL" or _NO_SUCH_ROUTE in str(said.get("message", "")).lower()
    return category is Category.NOT_FOUND and (told or attempt.path.partition("?")[0] in _ALWAYS_THERE)


def _without_answer(cause: BaseException | None, attempt: Attempt) -> Category:
    if isinstance(cause, requests.ConnectTimeout):
        return Category.UNAVAILABLE
    if isinstance(
        cause, requests.TooManyRedirects | requests.exceptions.InvalidURL | requests.exceptions.MissingSchema
    ):
        return Category.INVALID
    reasons = (getattr(argument, "reason", argument) for argument in getattr(cause, "args", ()))
    if any(isinstance(reason, NewConnectionError | ConnectTimeoutError) for reason in reasons):
        return Category.UNAVAILABLE
    return attempt.lost


def _cause(error: Exception) -> BaseException | None:
    inside = error.args[1] if len(error.args) > 1 else error.__context__
    return inside if isinstance(inside, BaseException) else None


def _words(error: Exception, response: requests.Response | None) -> str:
    if isinstance(error, TimeoutError):
        return msg("no answer in time")
    if isinstance(error, vendor.HTTPError):
        return msg("no answer ({name})", name=type(_cause(error) or error).__name__)
    if isinstance(error, vendor.OAuth2FailureError):
        return msg("the OAuth2 client was refused")  # the vendor's text repeats the token endpoint's whole answer
    status = f"HTTP {response.status_code}, " if response is not None else ""
    text = str(error.args[0]) if isinstance(error, vendor.APIError) and error.args else type(error).__name__
    return f"{status}{text}"


def _missing_rights(error: Exception, attempt: Attempt, response: requests.Response | None) -> tuple[str, ...]:
    lacking = _iam_actions(response)
    if not lacking and isinstance(error, vendor.NotGrantedCall):
        return (str(attempt),)
    return lacking


def _iam_actions(response: requests.Response | None) -> tuple[str, ...]:
    """IAM actions that the identity lacks, as ``ovhCloudConnect:apiovh:terminate`` (ovh/go-ovh error.go)."""
    details = error_body(response).get("details")
    if not isinstance(details, dict):
        return ()
    named = cast("dict[str, Any]", details)
    found = (named.get(f"unauthorizedActionsBy{source}") for source in ("IAM", "Authentication"))
    return tuple(action for value in found for action in _listed(value))


def _listed(value: object) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else str(value or "").split(",")
    return [str(item).strip() for item in items if str(item).strip()]


def error_body(response: requests.Response | None) -> dict[str, Any]:
    """The JSON object of an error answer; empty when there is none."""
    if response is None:
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _pause(response: requests.Response | None) -> float:
    return retry_after({} if response is None else response.headers, _RATE_LIMIT_PAUSE)
