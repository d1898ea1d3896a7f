"""Every way in which OVHcloud's client can fail has one meaning."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ovh import exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from unrack.model.errors import Category
from unrack.providers._http import Attempt
from unrack.providers.ovhcloud.errors import MEANING, UnknownRouteError, query_id, translate

READ = Attempt("GET", "/ovhCloudConnect/x", changes=False)
CHANGE = Attempt("POST", "/ovhCloudConnect/x/terminate", changes=True)
CERTAIN = [name for name, category in MEANING.items() if category is not None]

_MEANT: dict[Callable[..., Exception], Category | None] = {**MEANING}


def answer(status: int, body: Any = None, **headers: str) -> requests.Response:  # noqa: ANN401  any JSON
    """An answer of OVHcloud."""
    response = requests.Response()
    response.status_code = status
    response.json = lambda **_: body  # type: ignore[method-assign]
    response.headers.update({"X-OVH-QUERYID": "EU.ext-3.abc"} | headers)
    return response


def low_level(cause: Exception) -> vendor.HTTPError:
    """As the client wraps what `requests` raises."""
    return vendor.HTTPError("Low HTTP request failed error", cause)


def test_every_exception_of_the_vendor_is_mapped() -> None:
    """A new exception in the vendor's library fails here, before it surprises a run."""
    exposed = {found for _, found in inspect.getmembers(vendor, inspect.isclass) if issubclass(found, Exception)}

    assert exposed == set(MEANING)


@pytest.mark.parametrize("error", CERTAIN)
@pytest.mark.parametrize("attempt", [READ, CHANGE])
def test_a_refusal_means_the_same_for_reads_and_changes(error: Callable[..., Exception], attempt: Attempt) -> None:
    """What OVHcloud refuses did not happen: never an unknown outcome."""
    translated = translate(error("no", response=answer(400, {"message": "no"})), attempt)

    assert translated.problem.category is _MEANT[error]
    assert translated.problem.reference == "X-OVH-QUERYID EU.ext-3.abc"


@pytest.mark.parametrize(
    ("status", "read", "change"),
    [
        (401, Category.DENIED, Category.DENIED),
        (403, Category.DENIED, Category.DENIED),
        (408, Category.UNAVAILABLE, Category.UNKNOWN_OUTCOME),
        (422, Category.INVALID, Category.INVALID),
        (429, Category.RATE_LIMITED, Category.RATE_LIMITED),
        (500, Category.UNAVAILABLE, Category.UNKNOWN_OUTCOME),
        (503, Category.UNAVAILABLE, Category.UNKNOWN_OUTCOME),
    ],
)
def test_other_statuses_are_judged_by_their_number(status: int, read: Category, change: Category) -> None:
    """DESIGN 2: a 5xx to a changing call may have taken effect."""
    error = vendor.APIError("hm", response=answer(status))

    assert (translate(error, READ).problem.category, translate(error, CHANGE).problem.category) == (read, change)


@pytest.mark.parametrize(
    "cause",
    [
        requests.ConnectTimeout(),
        requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused"))),  # type: ignore[arg-type]
    ],
)
@pytest.mark.parametrize("attempt", [READ, CHANGE])
def test_what_was_never_sent_is_unavailable(cause: Exception, attempt: Attempt) -> None:
    """No connection: certainly nothing happened, also for a changing call."""
    assert translate(low_level(cause), attempt).problem.category is Category.UNAVAILABLE


@pytest.mark.parametrize(
    "error",
    [
        low_level(requests.ReadTimeout()),
        low_level(requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError()))),
        low_level(requests.exceptions.ChunkedEncodingError()),
        vendor.InvalidResponse("Failed to decode API response"),
        vendor.NetworkError(),
        TimeoutError(),
    ],
)
def test_sent_without_a_readable_answer_is_unknown_for_a_change(error: Exception) -> None:
    """DESIGN 2: no answer means outcome unknown; a read is simply repeated."""
    assert translate(error, READ).problem.category is Category.UNAVAILABLE
    assert translate(error, CHANGE).problem.category is Category.UNKNOWN_OUTCOME


def test_an_error_page_keeps_its_status() -> None:
    """A proxy's HTML page under a 4xx is a refusal, although nobody can read it."""
    error = vendor.InvalidResponse("Failed to decode API response")

    assert translate(error, CHANGE, answer(405)).problem.category is Category.INVALID


def test_what_nobody_planned_for_is_unexpected_or_unknown() -> None:
    """The client trips over odd answers with any exception: for a change the outcome is then unknown."""
    assert (
        translate(AttributeError("'list' object has no attribute 'get'"), READ).problem.category is Category.UNEXPECTED
    )
    assert translate(AttributeError("x"), CHANGE).problem.category is Category.UNKNOWN_OUTCOME


@pytest.mark.parametrize("code", ["INVALID_SIGNATURE", "INVALID_KEY", "INVALID_CREDENTIAL", "NOT_CREDENTIAL"])
def test_a_wrong_credential_is_denied_whatever_the_status(code: str) -> None:
    """OVHcloud says some of it with a 400."""
    error = vendor.BadParametersError("no", response=answer(400, {"errorCode": code}))

    assert translate(error, CHANGE).problem.category is Category.DENIED


def test_the_missing_right_is_named() -> None:
    """NOT_GRANTED_CALL names the call; IAM names its own actions."""
    granted = translate(vendor.NotGrantedCall("no", response=answer(403, {})), CHANGE)
    details = {"unauthorizedActionsByIAM": "ovhCloudConnect:apiovh:terminate, ovhCloudConnect:apiovh:get"}
    iam = translate(vendor.APIError("no", response=answer(403, {"details": details})), CHANGE)
    listed = {"unauthorizedActionsByAuthentication": ["a", "b"]}
    several = translate(vendor.Forbidden("no", response=answer(403, {"details": listed})), CHANGE)

    assert granted.problem.missing_rights == ("POST /ovhCloudConnect/x/terminate",)
    assert iam.problem.missing_rights == ("ovhCloudConnect:apiovh:terminate", "ovhCloudConnect:apiovh:get")
    assert several.problem.missing_rights == ("a", "b")


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Tue, 10 Mar 2026 12:00:30 GMT", "Date": "Tue, 10 Mar 2026 12:00:00 GMT"}, 30),
        ({"Retry-After": "soon"}, 10),
        ({}, 10),
    ],
)
def test_a_rate_limit_says_when_to_come_back(headers: dict[str, str], pause: float) -> None:
    """Retry-After in either form; a default without one."""
    assert translate(vendor.APIError("slow", response=answer(429, **headers)), READ).retry_after == pause


def test_secrets_are_not_repeated_and_texts_are_bounded() -> None:
    """The vendor's words are repeated without what was secret in the call, and not endlessly."""
    attempt = Attempt("POST", "/x?token=1", changes=True, secrets=("s3cr3t",))
    message = translate(
        vendor.BadParametersError(f"bad s3cr3t {'x' * 999}", response=answer(400)), attempt
    ).problem.message

    assert "s3cr3t" not in message
    assert "token=1" not in message
    assert len(message) < 400


def test_no_answer_no_query_id() -> None:
    """Nothing is invented."""
    assert query_id(None) == ""


MISSING = vendor.ResourceNotFoundError
INVALID_URL = "Got an invalid (or empty) URL"


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (MISSING, 404, {"message": INVALID_URL}),
        (MISSING, 404, {"message": "no", "errorCode": "INVALID_URL"}),
        (vendor.APIError, 405, {"message": "no"}),
        (vendor.APIError, 410, {"message": "no"}),
        (vendor.APIError, 501, {"message": "no"}),
    ],
)
@pytest.mark.parametrize(("attempt", "category"), [(READ, Category.CONFLICT), (CHANGE, Category.INVALID)])
def test_an_unknown_call_is_told_from_a_missing_thing(
    error: Callable[..., Exception], status: int, body: dict[str, str], attempt: Attempt, category: Category
) -> None:
    """Facts 2026-11-30; terraform-provider-ovh tells it by the text, too. Never "there is no such service"."""
    translated = translate(error("no", response=answer(status, body)), attempt)

    assert isinstance(translated, UnknownRouteError)
    assert translated.problem.category is category
    assert translated.problem.reference == "X-OVH-QUERYID EU.ext-3.abc"


@pytest.mark.parametrize("path", ["/me/bill", "/services", "/vrack", "/hosting/web", "/me/correctiveInvoice"])
def test_a_list_of_the_account_cannot_be_missing(path: str) -> None:
    """A 404 there speaks of the call, since the path names nothing that could be missing."""
    said = answer(404, {"message": "The requested object does not exist"})

    assert isinstance(translate(MISSING("no", response=said), Attempt("GET", path, changes=False)), UnknownRouteError)
    assert not isinstance(translate(MISSING("no", response=said), READ), UnknownRouteError)
