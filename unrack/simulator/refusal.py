"""How OVHcloud says no: a status, a class, sometimes an error code, in one JSON shape (facts: python-ovh, go-ovh)."""

from http import HTTPStatus
from typing import Any

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


class Refusal(Exception):  # noqa: N818  # a refusal is an answer of the API, not a defect of the simulator
    """The provider refuses a call; nothing changed."""

    def __init__(
        self, status: int, message: str, error_code: str | None = None, details: dict[str, Any] | None = None
    ) -> None:
        """Answers with HTTP `status` and OVHcloud's error body."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_code = error_code
        self.details = details

    def body(self, query_id: str) -> dict[str, Any]:
        """OVHcloud's error body."""
        body: dict[str, Any] = {
            "message": self.message,
            "class": _CLASSES.get(self.status, "Server::InternalServerError"),
            "httpCode": f"{self.status} {_phrase(self.status)}",
            "details": self.details or {},
            "queryID": query_id,
        }
        return body | ({"errorCode": self.error_code} if self.error_code else {})


def not_found(what: str, value: object) -> Refusal:
    """404: there is no such thing."""
    return Refusal(404, f"The requested object ({what} = {value}) does not exist")


def conflict(message: str) -> Refusal:
    """409: not in this state."""
    return Refusal(409, message)


def expired(name: str) -> Refusal:
    """460: the service ended and is retained (python-ovh: ``ResourceExpiredError``)."""
    return Refusal(460, f"This service is expired: {name}")


def _phrase(status: int) -> str:
    if status == 460:  # noqa: PLR2004  # OVHcloud's own status
        return "Expired"
    return HTTPStatus(status).phrase
