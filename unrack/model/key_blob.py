"""Public keys and certificates in OpenSSH's wire form, read strictly. Pure: nothing is verified here.

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

from unrack.model.message import msg

_RSA_BITS = range(3072, 8192 + 1)
_RSA_EXPONENT = range(3, 2**32, 2)
_CURVES = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""Bytes of an uncompressed point."""

_CERTIFICATE = "-cert-v01@openssh.com"
_OF_A_USER = 1
_ALWAYS = 2**64 - 1
_LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z, the last one that Python knows."""

HARDWARE = "ssh:"
"""How the application of a hardware key begins; a passkey's is the name of a site."""


class MalformedError(ValueError):
    """These bytes are not what they are said to be."""


class Wire:
    """Reads values of SSH's wire form, one after the other."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            MalformedError: so many are not left.
        """
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise MalformedError(msg("it ends too early"))
        self._at += count
        return taken

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size))

    def string(self) -> bytes:
        """A ``string``: its length in four bytes, then its bytes."""
        return self.take(self.number(4))

    def text(self) -> str:
        """A ``string`` of visible ASCII."""
        value = self.string()
        if not all(0x21 <= byte <= 0x7E for byte in value):  # noqa: PLR2004  # the range of visible ASCII
            raise MalformedError(msg("a name in it is not visible ASCII"))
        return value.decode()

    def positive(self) -> int:
        """An ``mpint`` above zero, in its shortest form."""
        value = self.string()
        number = int.from_bytes(value)
        if not number or len(value) != number.bit_length() // 8 + 1:
            raise MalformedError(msg("a number in it is not as SSH writes it"))
        return number

    def read(self) -> bytes:
        """All bytes that were read so far."""
        return self._data[: self._at]

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self._data[self._at :]

    def more(self) -> bool:
        """Whether bytes are left."""
        return self._at < len(self._data)

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            MalformedError: something does.
        """
        if self.more():
            raise MalformedError(msg("something follows its end"))


def string(value: bytes) -> bytes:
    """A ``string`` of SSH's wire form."""
    return len(value).to_bytes(4) + value


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
        MalformedError: it is none, or of a type that cannot sign decisions.
    """
    kind, _, rest = line.strip().partition(" ")
    encoded = rest.strip().partition(" ")[0]
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(msg("it is no line of a public key file: <type> <base64> [comment]")) from None
    found = read_blob(blob)
    named = found.key.type.replace("@openssh.com", "") + _CERTIFICATE if isinstance(found, Certificate) else found.type
    if kind != named:
        raise MalformedError(msg("the line says {kind}, and the key in it is {named}", kind=kind[:60], named=named))
    return found


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
    if kind not in _TYPES:
        known = ", ".join(_TYPES)
        raise MalformedError(
            msg("keys of type {kind} do not sign decisions; these do: {known}", kind=kind[:60], known=known)
        )
    return PublicKey(kind, _TYPES[kind](wire))


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
    return (_exactly(wire.string(), 32),)


def _ecdsa(curve: str) -> Callable[[Wire], tuple[bytes, ...]]:
    def fields(wire: Wire) -> tuple[bytes, ...]:
        if wire.text() != curve:
            raise MalformedError(msg("the key is of another curve than its type says"))
        point = _exactly(wire.string(), _CURVES[curve])
        if point[0] != 4:  # noqa: PLR2004  # SEC 1: an uncompressed point
            raise MalformedError(msg("the key's point is not as SSH writes it"))
        return (curve.encode(), point)

    return fields


def _rsa(wire: Wire) -> tuple[bytes, ...]:
    exponent, modulus = wire.positive(), wire.positive()
    if modulus.bit_length() not in _RSA_BITS:
        bits = modulus.bit_length()
        raise MalformedError(msg("an RSA key has 3072 to 8192 bits, and this one has {bits}", bits=bits))
    if exponent not in _RSA_EXPONENT:
        raise MalformedError(msg("the RSA key's exponent is not one that OpenSSH makes"))
    return tuple(number.to_bytes(number.bit_length() // 8 + 1) for number in (exponent, modulus))


def _hardware(fields: Callable[[Wire], tuple[bytes, ...]]) -> Callable[[Wire], tuple[bytes, ...]]:
    def with_application(wire: Wire) -> tuple[bytes, ...]:
        return (*fields(wire), wire.text().encode())

    return with_application


def _exactly(value: bytes, count: int) -> bytes:
    if len(value) != count:
        raise MalformedError(msg("the key has another length than its type says"))
    return value


_TYPES: dict[str, Callable[[Wire], tuple[bytes, ...]]] = {
    "ssh-ed25519": _ed25519,
    "ecdsa-sha2-nistp256": _ecdsa("nistp256"),
    "ecdsa-sha2-nistp384": _ecdsa("nistp384"),
    "ecdsa-sha2-nistp521": _ecdsa("nistp521"),
    "ssh-rsa": _rsa,
    "sk-ssh-ed25519@openssh.com": _hardware(_ed25519),
    "sk-ecdsa-sha2-nistp256@openssh.com": _hardware(_ecdsa("nistp256")),
}
"""The types of keys that may sign, each with how its fields are read."""
