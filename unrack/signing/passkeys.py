"""Passkeys: an assertion of a browser, whose challenge is what an SSH key would sign, is an SSH signature.

WebAuthn Level 3 section 7.2 says what to check, OpenSSH's PROTOCOL.u2f how the assertion stands in the signature.
OpenSSH binds challenge, origin and site as we do; that the user was verified (a fingerprint, a face, a PIN), it does
not look at.
"""

import base64
import hashlib
import json
from urllib.parse import urlsplit

from unrack.model.key_blob import PublicKey
from unrack.model.message import msg
from unrack.model.wire import MalformedError, Wire
from unrack.signing.inner import USER_PRESENT, USER_VERIFIED, check_ecdsa, ecdsa_signature, genuine

ALGORITHM = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
"""ES256, the only one for which OpenSSH has a type."""

_ATTESTED = 0x40
_EXTENDED = 0x80
_MOST_CLIENT_DATA = 1_000
"""Bytes. A browser writes some 400, with the longest name of a host 600."""


def check_assertion(key: PublicKey, inner: bytes, covered: bytes) -> None:
    """Verify that `inner` is an assertion of the passkey `key`, with its user verified, over the challenge `covered`.

    Raises:
        NotGenuineError: the passkey did not sign it.
        MalformedError: it is no such assertion, or was made elsewhere, for something else, or by nobody in person.
    """
    wire = Wire(inner)
    signature, flags, counter = ecdsa_signature(wire), wire.take(1), wire.take(4)
    origin, client_data, extensions = wire.string(), wire.string(), wire.string()
    wire.end()
    if key.type != "sk-ecdsa-sha2-nistp256@openssh.com" or not key.is_passkey:
        raise MalformedError(msg("the key of this signature is no passkey"))
    _check_flags(flags[0], extensions)
    _check_client_data(client_data, origin, covered)
    _check_origin(origin, key.fields[-1])
    authenticator = hashlib.sha256(key.fields[-1]).digest() + flags + counter + extensions
    genuine(lambda: check_ecdsa(key, signature, authenticator + hashlib.sha256(client_data).digest()))


def _check_flags(flags: int, extensions: bytes) -> None:
    if not flags & USER_PRESENT:
        raise MalformedError(msg("nobody was there when the passkey signed"))
    if not flags & USER_VERIFIED:
        raise MalformedError(msg("the passkey did not verify who used it: a fingerprint, a face or a PIN is needed"))
    if flags & _ATTESTED or bool(flags & _EXTENDED) != bool(extensions):
        raise MalformedError(msg("the passkey signed more than a decision"))


def _check_client_data(client_data: bytes, origin: bytes, covered: bytes) -> None:
    """OpenSSH wants this beginning byte for byte. The rest is read, too: nothing in it may say otherwise."""
    challenge = base64.urlsafe_b64encode(covered).rstrip(b"=")
    begins = b'{"type":"webauthn.get","challenge":"' + challenge + b'","origin":"' + origin + b'"'
    if not client_data.startswith(begins):
        raise MalformedError(msg("the passkey signed something else, or for another page"))
    said = _object(client_data)
    wanted = {"type": "webauthn.get", "challenge": challenge.decode(), "origin": origin.decode()}
    if any(said.get(name) != value for name, value in wanted.items()):
        raise MalformedError(msg("the passkey signed something else, or for another page"))
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise MalformedError(msg("the passkey signed inside a page of another site"))


def _object(client_data: bytes) -> dict[str, object]:
    if len(client_data) > _MOST_CLIENT_DATA:
        raise MalformedError(msg("the passkey signed more than a decision"))
    try:
        pairs: list[tuple[str, object]] = json.loads(client_data, object_pairs_hook=_Pairs)
        said = dict(pairs)
    except (ValueError, TypeError, RecursionError):
        raise MalformedError(msg("what the passkey signed is no JSON object of a browser")) from None
    if not isinstance(pairs, _Pairs) or len(said) != len(pairs):
        raise MalformedError(msg("what the passkey signed is no JSON object of a browser"))
    return said


class _Pairs(list[tuple[str, object]]):
    """The names and values of an object, each as often as it stands there."""


def _check_origin(origin: bytes, application: bytes) -> None:
    """The page is of the site that the passkey is for, over TLS; only this machine's own needs none."""
    site = application.decode()
    if not is_of_site(origin.decode("ascii", "replace"), site):
        raise MalformedError(
            msg(
                "the passkey of {site} signed for a page of {origin}",
                site=site[:100],
                origin=origin.decode("ascii", "replace")[:100],
            )
        )


def is_of_site(origin: str, site: str) -> bool:
    """Whether a page of `origin` is of `site` or a part of it, and over TLS unless it is of localhost."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    written = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    if written != origin:
        return False
    if parts.scheme == "http":
        return site == host == "localhost"
    return parts.scheme == "https" and (host == site or host.endswith("." + site))
