"""Signature Version 4, verified as AWS verifies it (AWS, signing process): key, scope, time, body, signature."""

import hashlib
import hmac
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from unrack.simulator.awsmarketplace.records import Identity
from unrack.simulator.vendor import Received

SIGNING_NAME = "aws-marketplace"
MOST_SKEW = timedelta(minutes=15)
"""How far the date of a signature may be off. It is judged by this machine's clock: the caller signs by the same."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,\s*"
    r"SignedHeaders=(?P<headers>[a-z0-9;_-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_MUST_SIGN = frozenset({"host", "x-amz-date", "x-amz-target"})


class Unsigned(Exception):  # noqa: N818  # what a caller sent, not a defect here
    """The signature does not stand; `code` is AWS's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def caller(received: Received, identities: Iterable[Identity]) -> Identity:
    """The identity that signed the call.

    Raises:
        Unsigned: nobody did, or not this call, or not now.
    """
    found = _AUTHORIZATION.fullmatch(received.headers.get("authorization", ""))
    if found is None:
        missing = "authorization" not in received.headers
        code = "MissingAuthenticationTokenException" if missing else "IncompleteSignatureException"
        raise Unsigned(code, "The request must contain a complete Authorization header")
    identity = next((one for one in identities if one.access_key_id == found["key"]), None)
    if identity is None or received.headers.get("x-amz-security-token") != identity.session_token:
        raise Unsigned("UnrecognizedClientException", "The security token included in the request is invalid.")
    signed = found["headers"].split(";")
    if not _MUST_SIGN.issubset(signed) or found["service"] != SIGNING_NAME:
        raise Unsigned("IncompleteSignatureException", "The signature does not cover what it must cover")
    stamp = _in_time(received.headers.get("x-amz-date", ""), found["day"])
    scope = f"{found['day']}/{found['region']}/{found['service']}/aws4_request"
    wanted = _signature(identity, scope, stamp, _canonical(received, signed))
    if not hmac.compare_digest(wanted, found["signature"]):
        raise Unsigned(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
        )
    return identity


def _in_time(stamp: str, day: str) -> str:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unsigned("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'") from None
    skew = abs(datetime.fromtimestamp(time.time(), UTC) - signed_at)
    if skew > MOST_SKEW or not stamp.startswith(day):
        raise Unsigned("InvalidSignatureException", f"Signature expired: {stamp} is too far from the server's time")
    return stamp


def _canonical(received: Received, signed: list[str]) -> str:
    path = quote(urlsplit(received.url).path or "/", safe="/-_.~%")
    headers = "".join(f"{name}:{' '.join(received.headers.get(name, '').split())}\n" for name in signed)
    digest = hashlib.sha256(received.raw).hexdigest()
    return "\n".join([received.method, path, "", headers, ";".join(signed), digest])


def _signature(identity: Identity, scope: str, stamp: str, canonical: str) -> str:
    key = f"AWS4{identity.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.digest(key, text.encode(), "sha256").hex()
