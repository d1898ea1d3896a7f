"""Who calls: OVHcloud's application key, consumer key and signature, verified exactly (python-ovh ``raw_call``).

The signature covers the secret, the consumer key, the method, the full address as the client wrote it, the exact body
and the timestamp. The age of the timestamp is not judged: the provider's clock may run faster than the client's.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

from unrack.simulator.ovhcloud.records import Credential
from unrack.simulator.ovhcloud.refusal import refused
from unrack.simulator.ovhcloud.tables import Tables


def application(tables: Tables, headers: Mapping[str, str]) -> str:
    """The application key of the call.

    Raises:
        Refused: 401 without one, 403 ``INVALID_KEY`` when nobody has it.
    """
    key = headers.get("x-ovh-application")
    if not key:
        raise refused(401, "You must login first")
    if not tables.credentials.where(application_key=key):
        raise refused(403, "This application key is invalid", "INVALID_KEY")
    return key


def caller(tables: Tables, headers: Mapping[str, str], method: str, url: str, body: bytes) -> Credential:
    """The credential that signed the call.

    Raises:
        Refused: as OVHcloud answers for a wrong consumer key or a wrong signature.
    """
    key = application(tables, headers)
    credential = tables.credentials.get(headers.get("x-ovh-consumer", ""))
    if credential is None or credential.application_key != key:
        raise refused(403, "This credential does not exist", "NOT_CREDENTIAL")
    if credential.status != "validated":
        raise refused(403, "This credential is not valid", "INVALID_CREDENTIAL")
    expected = sign(credential, method, url, body, headers.get("x-ovh-timestamp", ""))
    if not hmac.compare_digest(expected.encode(), headers.get("x-ovh-signature", "").encode()):
        raise refused(400, "Invalid signature", "INVALID_SIGNATURE")
    return credential


def sign(credential: Credential, method: str, url: str, body: bytes, timestamp: str) -> str:
    """OVHcloud's signature."""
    parts = (credential.application_secret, credential.consumer_key, method, url, body.decode(), timestamp)
    return "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest()  # noqa: S324  # OVHcloud's algorithm


def require_right(credential: Credential, method: str, path: str) -> None:
    """Refuses with 403 ``NOT_GRANTED_CALL`` when no rule of the credential covers the call."""
    if not any(rule.method == method and _covers(rule.path, path) for rule in credential.rules):
        raise refused(403, "This call has not been granted", "NOT_GRANTED_CALL")


def _covers(rule: str, path: str) -> bool:
    return re.fullmatch(re.escape(rule).replace(r"\*", ".*"), path) is not None
