"""The one place where AWS's errors become ours.

For lost answers see `unrack.providers._http`. AWS quotes the signed headers when a signature is wrong, so the
secrets of a call are taken out of every text.
"""
# pyright: reportMissingTypeStubs=false

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from botocore import exceptions as vendor
from pydantic import ValidationError

from unrack.model.errors import Category, UnrackError
from unrack.model.message import joined, msg
from unrack.providers._http import Attempt, Errors, by_status, retry_after, shape_fault

_RATE_LIMIT_PAUSE = 5.0
"""Seconds after a throttled call; AWS names none."""

_ACTION = re.compile(r"perform:? (aws-marketplace:\w+)")
"""How AWS names a missing right in the text of a denial."""


CODES: Mapping[str, Category] = {
    "AccessDeniedException": Category.DENIED,
    "ConflictException": Category.CONFLICT,
    "ResourceNotFoundException": Category.NOT_FOUND,
    "ServiceQuotaExceededException": Category.CONFLICT,
    "ThrottlingException": Category.RATE_LIMITED,
    "ValidationException": Category.INVALID,
    "ExpiredTokenException": Category.DENIED,
    "IncompleteSignatureException": Category.DENIED,
    "InvalidClientTokenId": Category.DENIED,
    "InvalidSignatureException": Category.DENIED,
    "MissingAuthenticationTokenException": Category.DENIED,
    "OptInRequired": Category.DENIED,
    "RequestExpired": Category.DENIED,
    "SignatureDoesNotMatch": Category.DENIED,
    "UnrecognizedClientException": Category.DENIED,
    "ThrottledException": Category.RATE_LIMITED,
    "TooManyRequestsException": Category.RATE_LIMITED,
    "RequestLimitExceeded": Category.RATE_LIMITED,
}
"""Error codes of the agreement service (botocore) and those that every AWS service shares (AWS, common errors).

Server errors are missing on purpose: their category depends on the call.
"""

_NOT_SENT = (
    vendor.ConnectTimeoutError,
    vendor.EndpointConnectionError,
    vendor.ProxyConnectionError,
)
"""Nothing reached AWS."""

_OURS = (vendor.ParamValidationError, vendor.UnknownServiceError, vendor.InvalidEndpointConfigurationError)

_NO_CREDENTIAL = (vendor.NoCredentialsError, vendor.PartialCredentialsError, vendor.CredentialRetrievalError)

_SUGGESTIONS: Mapping[Category, str] = {
    Category.UNAVAILABLE: msg("it is tried again; see the AWS Health Dashboard if it lasts"),
    Category.RATE_LIMITED: msg("it is tried again after a pause"),
    Category.NOT_FOUND: msg("check the agreement's id, and that the credential belongs to the buyer's account"),
    Category.CONFLICT: msg("something else is at work on the agreement; look at it in the AWS console, then retry"),
    Category.DENIED: msg("run `unrack doctor` to see what the credential lacks"),
    Category.INVALID: msg("AWS says why; retrying it unchanged will not help"),
    Category.UNKNOWN_OUTCOME: msg("do not repeat it before the agreement was read"),
    Category.UNEXPECTED: msg("report it with the reference"),
}
ERRORS = Errors("AWS Marketplace", _SUGGESTIONS)

_DENIED_FOR: Mapping[str, str] = {
    "MISSING_MFA": msg(
        "AWS wants a session with a second factor: give the worker a temporary key that was got with MFA"
    ),
    "INVALID_ACCOUNT_STATE": msg("the AWS account is not in good standing: look at its billing, then retry"),
    "DENIED_BY_PRIVATE_MARKETPLACE_POLICY": msg("the company's Private Marketplace forbids it: ask its administrator"),
    "FAILED_KYC_COMPLIANCE": msg("AWS wants the account's identity verified first: do that in the console"),
}
"""The remedy, by ``AccessDeniedException.reason``."""


def translate(error: Exception, attempt: Attempt) -> UnrackError:
    """Translate `error`, raised by `boto3` or by waiting for it, into an `UnrackError`."""
    answer = cast("dict[str, Any]", getattr(error, "response", None) or {})
    category = _category(error, answer, attempt)
    reason = str(answer.get("reason", ""))
    made = ERRORS.error(
        attempt,
        category,
        _words(error, answer),
        reference=_request_id(answer),
        missing=_missing_rights(category, reason, answer),
        pause=retry_after(headers_of(answer), _RATE_LIMIT_PAUSE) if category is Category.RATE_LIMITED else None,
    )
    if reason not in _DENIED_FOR:
        return made
    return UnrackError(made.problem.model_copy(update={"suggestion": _DENIED_FOR[reason]}), made.retry_after)


def misshapen(attempt: Attempt, error: ValidationError, answer: dict[str, Any]) -> UnrackError:
    """An answer that claims success and breaks the API's promises."""
    text = msg("the answer is not what the API promises ({shape_fault})", shape_fault=shape_fault(error))
    return ERRORS.error(attempt, attempt.misread, text, reference=_request_id(answer))


def _category(error: Exception, answer: dict[str, Any], attempt: Attempt) -> Category:
    if isinstance(error, vendor.ClientError):
        return _by_answer(answer, attempt)
    if isinstance(error, _NOT_SENT):
        return Category.UNAVAILABLE
    if isinstance(error, _OURS):
        return Category.INVALID
    if isinstance(error, _NO_CREDENTIAL):
        return Category.DENIED
    foreseen = isinstance(error, vendor.BotoCoreError | TimeoutError)
    return attempt.lost if foreseen or attempt.changes else Category.UNEXPECTED


def _by_answer(answer: dict[str, Any], attempt: Attempt) -> Category:
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return attempt.lost
    known = CODES.get(str(answer.get("Error", {}).get("Code", "")))
    if known is not None:
        return known
    return by_status(status, attempt) if status >= HTTPStatus.BAD_REQUEST else attempt.lost


def _words(error: Exception, answer: dict[str, Any]) -> str:
    if not isinstance(error, vendor.ClientError):
        return (
            msg("no answer in time")
            if isinstance(error, TimeoutError)
            else msg("no answer ({name})", name=type(error).__name__)
        )
    told = cast("dict[str, Any]", answer.get("Error", {}))
    reason = f" ({answer['reason']})" if answer.get("reason") else ""
    fields = joined(
        "",
        (
            msg("; {get}: {get2}", get=field.get("name"), get2=field.get("message"))
            for field in answer.get("fields") or ()
        ),
    )
    return msg(
        "{get}{reason}: {get2}{fields}",
        get=told.get("Code", "error"),
        reason=reason,
        get2=told.get("Message", ""),
        fields=fields,
    )


def _missing_rights(category: Category, reason: str, answer: dict[str, Any]) -> tuple[str, ...]:
    """The IAM actions that AWS names; a denial for another reason is not a missing right."""
    if category is not Category.DENIED or reason in _DENIED_FOR:
        return ()
    return tuple(f"iam {name}" for name in _ACTION.findall(str(answer.get("Error", {}).get("Message", ""))))


def _request_id(answer: dict[str, Any]) -> str:
    found = answer.get("ResponseMetadata", {}).get("RequestId")
    return f"x-amzn-RequestId {found}" if found else ""


def headers_of(answer: dict[str, Any]) -> dict[str, str]:
    """The HTTP headers of an answer, their names in lower case."""
    return cast("dict[str, str]", answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
