"""Public keys as OpenSSH writes them: taken apart without any library of keys. Pure.

A line is ``<type> <base64> <comment>``. The base64 holds strings, each with its length before it (RFC 4253, 6.6;
keys of hardware and passkeys: OpenSSH's PROTOCOL.u2f). No error repeats what was given: it may be a private key.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from unrack.model.message import msg

ED25519 = "ssh-ed25519"
RSA = "ssh-rsa"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
"""The type of a passkey, too."""

LEAST_RSA_BITS = 3072
MOST_RSA_BITS = 16384
"""OpenSSH takes no longer ones."""

LONGEST = 4000
"""Characters of a line with a key; the longest RSA key has some 2,800."""

_LENGTH = 4
_ED25519_BYTES = 32
_CURVES = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""Bytes of a point, uncompressed."""

_UNCOMPRESSED = 4
_SIGN = 0x80
_SMALLEST_EXPONENT = 3
_REFUSED = ("ssh-dss", "ssh-ed448")
_PRIVATE = ("PRIVATE KEY", "PuTTY-User-Key-File", "openssh-key-v1", "b3BlbnNzaC1rZXktdjE")
"""What files of private keys hold; the last is ``openssh-key-v1`` in base64."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that was understood."""

    type: str
    blob: bytes
    application: str | None = None
    """Of a key of hardware, and of a passkey, where it is the relying party id: what it was made for."""

    @property
    def text(self) -> str:
        """``<type> <base64>``, without a comment."""
        return f"{self.type} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """``SHA256:<base64>`` as ``ssh-keygen -l`` prints it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def read_public_key(text: str) -> PublicKey:
    """Take a line with a public key apart; its comment is ignored.

    Raises:
        ValueError: it is none that is accepted, in words that repeat nothing of it but a known type.
    """
    if looks_private(text):
        raise ValueError(msg("this is a private key: the public one is in the file that ends in .pub"))
    if len(text) > LONGEST:
        raise ValueError(msg("it is longer than any public key"))
    kind, _, rest = text.strip().partition(" ")
    if "\n" in text.strip() or not rest:
        raise ValueError(msg("a public key is one line: <type> <base64>, as a file that ends in .pub has it"))
    if kind not in _READERS:
        raise ValueError(_not_accepted(kind))
    blob = _decoded(rest.split(maxsplit=1)[0] if rest.strip() else "")
    return _taken_apart(kind, blob)


def looks_private(text: str) -> bool:
    """Whether `text` holds a private key in any form that OpenSSH, OpenSSL or PuTTY write."""
    return any(mark in text for mark in _PRIVATE)


def _not_accepted(kind: str) -> str:
    accepted = ", ".join(ACCEPTED)
    if kind in _REFUSED:
        return msg("a key of type {kind} is not accepted; these are: {accepted}", kind=kind, accepted=accepted)
    if kind.endswith("-cert-v01@openssh.com"):
        return msg("this is a certificate: name the public key of the authority that signed it, with 'authority: true'")
    return msg("it does not begin with an accepted type of key; these are: {accepted}", accepted=accepted)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(msg("what follows the type is not base64; copy the whole line")) from error


def _taken_apart(kind: str, blob: bytes) -> PublicKey:
    parts = _Parts(blob)
    if (inside := parts.string()) != kind.encode():
        told = inside.decode() if inside.decode("ascii", "replace") in _READERS else msg("something else")
        raise ValueError(msg("the type before the key is {kind}, the key itself says {inside}", kind=kind, inside=told))
    application = _READERS[kind](parts)
    if not parts.at_end:
        raise ValueError(msg("something follows the key inside its base64"))
    return PublicKey(kind, blob, application)


class _Parts:
    """The strings of a blob, first to last."""

    def __init__(self, blob: bytes) -> None:
        self._left = blob

    @property
    def at_end(self) -> bool:
        return not self._left

    def string(self) -> bytes:
        """The next string.

        Raises:
            ValueError: the blob ends before.
        """
        size = int.from_bytes(self._left[:_LENGTH])
        if len(self._left) < _LENGTH + size:
            raise ValueError(msg("the key is cut off: its base64 ends too early; copy the whole line"))
        found, self._left = self._left[_LENGTH : _LENGTH + size], self._left[_LENGTH + size :]
        return found

    def number(self) -> int:
        """The next number, positive and written in its one form.

        Raises:
            ValueError: it is not.
        """
        found = self.string()
        if not found or found[0] & _SIGN or (found[0] == 0 and not (found[1:] and found[1] & _SIGN)):
            raise ValueError(msg("a number in the key is not positive, or not written as OpenSSH does"))
        return int.from_bytes(found)


def _ed25519(parts: _Parts) -> None:
    if len(parts.string()) != _ED25519_BYTES:
        raise ValueError(msg("an Ed25519 key has {bytes} bytes, and this one has another number", bytes=_ED25519_BYTES))


def _ecdsa(curve: str) -> Callable[[_Parts], None]:
    def read(parts: _Parts) -> None:
        if parts.string() != curve.encode():
            raise ValueError(msg("the key is not on the curve {curve}, which its type names", curve=curve))
        point = parts.string()
        if len(point) != _CURVES[curve] or point[0] != _UNCOMPRESSED:
            raise ValueError(
                msg(
                    "a key on {curve} is an uncompressed point of {bytes} bytes, and this one is not",
                    curve=curve,
                    bytes=_CURVES[curve],
                )
            )

    return read


def _rsa(parts: _Parts) -> None:
    exponent, bits = parts.number(), parts.number().bit_length()
    if bits < LEAST_RSA_BITS or bits > MOST_RSA_BITS:
        raise ValueError(
            msg(
                "an RSA key has {least} to {most} bits, and this one has {bits}",
                least=LEAST_RSA_BITS,
                most=MOST_RSA_BITS,
                bits=bits,
            )
        )
    if exponent < _SMALLEST_EXPONENT or exponent % 2 == 0:
        raise ValueError(msg("the exponent of the RSA key is not an odd number from 3"))


def _application(parts: _Parts) -> str:
    try:
        found = parts.string().decode("ascii")
    except UnicodeDecodeError:
        found = ""
    if not found or not found.isprintable() or " " in found:
        raise ValueError(msg("the key does not say what it was made for, as ssh: or the host of a passkey"))
    return found


def _sk_ed25519(parts: _Parts) -> str:
    _ed25519(parts)
    return _application(parts)


def _sk_ecdsa(parts: _Parts) -> str:
    _ecdsa("nistp256")(parts)
    return _application(parts)


_READERS: dict[str, Callable[[_Parts], str | None]] = {
    ED25519: _ed25519,
    "ecdsa-sha2-nistp256": _ecdsa("nistp256"),
    "ecdsa-sha2-nistp384": _ecdsa("nistp384"),
    "ecdsa-sha2-nistp521": _ecdsa("nistp521"),
    RSA: _rsa,
    SK_ED25519: _sk_ed25519,
    SK_ECDSA: _sk_ecdsa,
}

ACCEPTED = tuple(_READERS)
"""Every type of key that a policy may name."""
