"""Public keys and certificates in OpenSSH's wire form, read strictly. Pure: nothing is verified here.

There is no other reader of them; which lines a policy takes, `unrack.model.ssh_key` says.

The wire form: RFC 4251 section 5 and RFC 4253 section 6.6 (keys), RFC 5656 (ECDSA), RFC 8709 (Ed25519), OpenSSH's
PROTOCOL.u2f (hardware keys and passkeys) and PROTOCOL.certkeys (certificates). A key has one spelling only, so it has
one fingerprint.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from unrack.model.curves import CURVES
from unrack.model.message import msg
from unrack.model.wire import MalformedError, Wire, string, visible

RSA_BITS = range(3072, 8192 + 1)
"""The signature of a longer one is larger than a decision carries."""

_RSA_EXPONENT = range(3, 2**32, 2)
_ED25519_BYTES = 32
_UNCOMPRESSED = 4
"""SEC 1: how a point begins that has both its numbers."""

_CERTIFICATE = "-cert-v01@openssh.com"
_OF_A_USER = 1
_ALWAYS = 2**64 - 1
_LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last one that Python knows."""

HARDWARE = "ssh:"
"""How the application of a hardware key begins; a passkey's is the name of a site."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key of a type that may sign decisions."""

    type: str
    fields: tuple[bytes, ...]
    """What follows the type, as PROTOCOL and RFCs order it."""

    @property
    def blob(self) -> bytes:
        """Its wire form."""
        return string(self.type.encode()) + b"".join(string(each) for each in self.fields)

    @property
    def text(self) -> str:
        """``<type> <base64>``, as in a public key file."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as OpenSSH prints it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def application(self) -> str | None:
        """What a hardware key or passkey is bound to (``ssh:``, ``unrack.example.org``); None: it is neither."""
        return self.fields[-1].decode() if self.type.startswith("sk-") else None

    @property
    def is_passkey(self) -> bool:
        """Whether it is of a site, so that only a browser signs with it."""
        return self.application is not None and not self.application.startswith(HARDWARE)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an authority says about a key. Its signature is not verified yet."""

    key: PublicKey
    authority: PublicKey
    principals: tuple[str, ...]
    valid_after: datetime | None
    valid_before: datetime | None
    """The first moment after its validity."""
    critical: tuple[str, ...]
    """Names of limits that must not be overlooked."""
    body: bytes
    """What the authority signed."""
    signature: bytes


def read_line(line: str) -> PublicKey | Certificate:
    """The key or certificate of a line ``<type> <base64> [comment]``.

    Raises:
        MalformedError: it is none, or of a type that cannot sign decisions. The words repeat nothing of the line but a
            known type: it may be a secret.
    """
    kind, encoded, *_ = (*line.split(maxsplit=2), "", "")
    if not encoded or "\n" in line.strip():
        raise MalformedError(msg("a public key is one line: <type> <base64>, as a file that ends in .pub has it"))
    if kind not in TYPES and kind not in _CERTIFICATES:
        raise MalformedError(_not_accepted(kind))
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(msg("what follows the type is not base64; copy the whole line")) from None
    return _of_type(kind, blob)


def _not_accepted(kind: str) -> str:
    accepted = ", ".join(TYPES)
    if kind in _REFUSED:
        return msg("a key of type {kind} is not accepted; these are: {accepted}", kind=kind, accepted=accepted)
    return msg("it does not begin with an accepted type of key; these are: {accepted}", accepted=accepted)


def _of_type(kind: str, blob: bytes) -> PublicKey | Certificate:
    if (inside := Wire(blob).string()) != kind.encode():
        told = next((each for each in TYPES if each.encode() == inside), msg("something else"))
        raise MalformedError(
            msg("the type before the key is {kind}, the key itself says {inside}", kind=kind, inside=told)
        )
    return read_blob(blob)


def read_blob(blob: bytes) -> PublicKey | Certificate:
    """The key or certificate in its wire form.

    Raises:
        MalformedError: it is none, or of a type that cannot sign decisions.
    """
    wire = Wire(blob)
    kind = wire.text()
    found = _certificate(wire, kind) if kind.endswith(_CERTIFICATE) else _key(wire, kind)
    wire.end()
    return found


def _key(wire: Wire, kind: str) -> PublicKey:
    if kind not in TYPES:
        accepted = ", ".join(TYPES)
        raise MalformedError(
            msg("a key of type {kind} is not accepted; these are: {accepted}", kind=kind[:60], accepted=accepted)
        )
    return PublicKey(kind, TYPES[kind](wire))


def _certificate(wire: Wire, kind: str) -> Certificate:
    plain = kind.removesuffix(_CERTIFICATE)
    wire.string()  # a nonce
    key = _key(wire, plain + "@openssh.com" if plain.startswith("sk-") else plain)
    wire.number(8)  # a serial number
    if wire.number(4) != _OF_A_USER:
        raise MalformedError(msg("the certificate is not for a user"))
    wire.string()  # a name for logs
    principals = tuple(_names(wire.string()))
    after, before = _after(wire.number(8)), _before(wire.number(8))
    critical = tuple(_options(wire.string()))
    wire.string()  # extensions, which limit nothing
    wire.string()  # reserved
    authority = read_blob(wire.string())
    if isinstance(authority, Certificate) or authority.is_passkey:
        raise MalformedError(msg("the certificate's authority is no key that signs certificates"))
    body = wire.read()
    return Certificate(key, authority, principals, after, before, critical, body, wire.string())


def _names(data: bytes) -> list[str]:
    wire, names = Wire(data), list[str]()
    while wire.more():
        names.append(wire.text())
    return names


def _options(data: bytes) -> list[str]:
    wire, names = Wire(data), list[str]()
    while wire.more():
        names.append(wire.text())
        wire.string()
    return names


def _after(second: int) -> datetime | None:
    if second > _LAST_SECOND:
        raise MalformedError(msg("the certificate never becomes valid"))
    return datetime.fromtimestamp(second, UTC) if second else None


def _before(second: int) -> datetime | None:
    return None if second == _ALWAYS or second > _LAST_SECOND else datetime.fromtimestamp(second, UTC)


def _ed25519(wire: Wire) -> tuple[bytes, ...]:
    value = wire.string()
    if len(value) != _ED25519_BYTES:
        raise MalformedError(
            msg("an Ed25519 key has {bytes} bytes, and this one has another length", bytes=_ED25519_BYTES)
        )
    return (value,)


def _ecdsa(curve: str) -> Callable[[Wire], tuple[bytes, ...]]:
    def fields(wire: Wire) -> tuple[bytes, ...]:
        if wire.text() != curve:
            raise MalformedError(msg("the key is not on the curve {curve}, which its type names", curve=curve))
        point = wire.string()
        _check_point(curve, point)
        return (curve.encode(), point)

    return fields


def _check_point(curve: str, point: bytes) -> None:
    size = CURVES[curve].point_bytes
    if len(point) != size or point[0] != _UNCOMPRESSED:
        raise MalformedError(
            msg(
                "a key on {curve} is an uncompressed point of {bytes} bytes, and this one is not",
                curve=curve,
                bytes=size,
            )
        )
    if not CURVES[curve].has(point[1:]):
        raise MalformedError(msg("the key's point does not lie on the curve {curve}: copy it anew", curve=curve))


def _rsa(wire: Wire) -> tuple[bytes, ...]:
    exponent, modulus = wire.positive(), wire.positive()
    if (bits := modulus.bit_length()) not in RSA_BITS:
        raise MalformedError(
            msg(
                "an RSA key has {least} to {most} bits, and this one has {bits}",
                least=RSA_BITS[0],
                most=RSA_BITS[-1],
                bits=bits,
            )
        )
    if exponent not in _RSA_EXPONENT:
        raise MalformedError(msg("the RSA key's exponent is not one that OpenSSH makes"))
    return tuple(number.to_bytes(number.bit_length() // 8 + 1) for number in (exponent, modulus))


def _hardware(fields: Callable[[Wire], tuple[bytes, ...]]) -> Callable[[Wire], tuple[bytes, ...]]:
    def with_application(wire: Wire) -> tuple[bytes, ...]:
        read, application = fields(wire), wire.string()
        if not application or not visible(application):
            raise MalformedError(msg("the key does not say what it was made for, as ssh: or the host of a passkey"))
        return (*read, application)

    return with_application


TYPES: dict[str, Callable[[Wire], tuple[bytes, ...]]] = {
    "ssh-ed25519": _ed25519,
    "ecdsa-sha2-nistp256": _ecdsa("nistp256"),
    "ecdsa-sha2-nistp384": _ecdsa("nistp384"),
    "ecdsa-sha2-nistp521": _ecdsa("nistp521"),
    "ssh-rsa": _rsa,
    "sk-ssh-ed25519@openssh.com": _hardware(_ed25519),
    "sk-ecdsa-sha2-nistp256@openssh.com": _hardware(_ecdsa("nistp256")),
}
"""The types of keys that may sign, each with how its fields are read."""

_CERTIFICATES = frozenset(kind.removesuffix("@openssh.com") + _CERTIFICATE for kind in TYPES)
_REFUSED = ("ssh-dss", "ssh-ed448")
