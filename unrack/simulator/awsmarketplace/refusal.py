"""How the service says no: a modelled exception with its own fields, in the JSON protocol's form."""

import json
from typing import Any

from unrack.simulator.vendor import Refused, Reply

MEDIA_TYPE = "application/x-amz-json-1.0"
_NAMESPACE = "com.amazonaws.agreementservice.v20200301"


def reply(status: int, code: str, message: str, **fields: Any) -> Reply:  # noqa: ANN401  # fields of any exception
    """An error answer; `fields` are the exception's own, as ``reason``."""
    content = {"__type": f"{_NAMESPACE}#{code}", "message": message, **fields}
    return Reply(body=json.dumps(content).encode(), status=status, media_type=MEDIA_TYPE)


def refused(status: int, code: str, message: str, **fields: Any) -> Refused:  # noqa: ANN401  # as above
    """The call is refused."""
    return Refused(reply(status, code, message, **fields), f"{code}: {message}")


def invalid(reason: str, message: str, field: str | None = None) -> Refused:
    """400: what was asked does not suit."""
    fields = [{"name": field, "message": message}] if field else []
    return refused(400, "ValidationException", message, reason=reason, fields=fields)


def not_found(kind: str, value: str) -> Refused:
    """404: there is no such thing in this account."""
    return refused(
        404, "ResourceNotFoundException", f"{kind} {value} was not found", resourceId=value, resourceType=kind
    )


def conflict(kind: str, value: str, message: str) -> Refused:
    """409: not in this state."""
    return refused(409, "ConflictException", message, resourceId=value, resourceType=kind)


def denied(reason: str, message: str) -> Refused:
    """403: this identity may not."""
    return refused(403, "AccessDeniedException", message, reason=reason)
