"""How OVHcloud says no: a status, a class, sometimes an error code, in one JSON shape (facts: python-ovh, go-ovh)."""

from http import HTTPStatus
from typing import Any

from unrack.simulator.vendor import Refused, Reply

_CLASSES = {
    400: "Client::BadRequest",
    401: "Client::Unauthorized",
    403: "Client::Forbidden",
    404: "Client::NotFound",
    409: "Client::Conflict",
    429: "Client::TooManyRequests",
    460: "Client::Expired",
    500: "Server::InternalServerError",
    503: "Server::ServiceUnavailable",
}


def reply(status: int, message: str, error_code: str | None = None, details: dict[str, Any] | None = None) -> Reply:
    """OVHcloud's error answer, which repeats the call's id."""
    body: dict[str, Any] = {
        "message": message,
        "class": _CLASSES.get(status, "Server::InternalServerError"),
        "httpCode": f"{status} {_phrase(status)}",
        "details": details or {},
    }
    if error_code:
        body["errorCode"] = error_code

    def of(query_id: str) -> dict[str, Any]:
        return body | {"queryID": query_id}

    return Reply(of, status=status)


def refused(status: int, message: str, error_code: str | None = None, details: dict[str, Any] | None = None) -> Refused:
    """The call is refused."""
    return Refused(reply(status, message, error_code, details), message)


def not_found(what: str, value: object) -> Refused:
    """404: there is no such thing."""
    return refused(404, f"The requested object ({what} = {value}) does not exist")


def conflict(message: str) -> Refused:
    """409: not in this state."""
    return refused(409, message)


def expired(name: str) -> Refused:
    """460: the service ended and is retained (python-ovh: ``ResourceExpiredError``)."""
    return refused(460, f"This service is expired: {name}")


def _phrase(status: int) -> str:
    if status == 460:  # noqa: PLR2004  # OVHcloud's own status
        return "Expired"
    return HTTPStatus(status).phrase
