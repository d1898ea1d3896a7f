"""Whether a key made an inner signature: the cryptography under an SSH signature, by the library ``cryptography``.

RFC 8332 (RSA), RFC 5656 (ECDSA), RFC 8709 (Ed25519), OpenSSH's PROTOCOL.u2f (hardware keys).
"""

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from unrack.model.key_blob import PublicKey
from unrack.model.message import msg
from unrack.model.wire import MalformedError, Wire

USER_PRESENT = 0x01
USER_VERIFIED = 0x04

_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_RSA: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
"""Never ``ssh-rsa``, which signs SHA-1."""


class NotGenuineError(ValueError):
    """The key did not make this signature over these bytes."""


def check_inner(key: PublicKey, algorithm: str, inner: bytes, covered: bytes) -> None:
    """Verify that `key` made `inner`, a signature of `algorithm`, over `covered`.

    Raises:
        NotGenuineError: it did not.
        MalformedError: it is no signature of that algorithm, or the algorithm is not one of this key's.
    """
    wire = Wire(inner)
    if key.type == "ssh-rsa":
        checked = _rsa(key, algorithm, wire.string())
    elif algorithm != key.type:
        raise MalformedError(msg("a key of type {type} makes no signature {name}", type=key.type, name=algorithm[:60]))
    else:
        checked = _by_type(key, wire)
    wire.end()
    genuine(lambda: checked(covered))


def ecdsa_signature(wire: Wire) -> bytes:
    """An ECDSA signature of SSH's wire form (mpint r, mpint s) in DER."""
    numbers = Wire(wire.string())
    r, s = numbers.positive(), numbers.positive()
    numbers.end()
    return encode_dss_signature(r, s)


def check_ecdsa(key: PublicKey, signature: bytes, covered: bytes) -> None:
    """Verify an ECDSA signature in DER; the key's first two fields are its curve and its point."""
    curve, digest = _CURVES[key.fields[0].decode()]
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, key.fields[1])
    public.verify(signature, covered, ec.ECDSA(digest))


def genuine(check: Callable[[], None]) -> None:
    """Run `check`; whatever the library says against key or signature is that it is not genuine.

    Raises:
        NotGenuineError: the library refuses it.
    """
    try:
        check()
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise NotGenuineError(msg("the signature is not over what was sent, or not made with this key")) from error


_Check = Callable[[bytes], None]


def _by_type(key: PublicKey, wire: Wire) -> _Check:
    if key.type.startswith("sk-"):
        return _hardware(key, wire)
    return _ed25519(key, wire.string()) if key.type == "ssh-ed25519" else _ecdsa(key, ecdsa_signature(wire))


def _hardware(key: PublicKey, wire: Wire) -> _Check:
    """A hardware key signs its application, flags, a counter and the digest of what is signed."""
    if key.is_passkey:
        raise MalformedError(msg("a passkey signs in a browser only, which asks who uses it"))
    checked = (
        _ed25519(key, wire.string()) if key.type.startswith("sk-ssh-ed25519") else _ecdsa(key, ecdsa_signature(wire))
    )
    flags, counter = wire.take(1), wire.take(4)
    if not flags[0] & USER_PRESENT:
        raise MalformedError(msg("nobody touched the hardware key"))
    before = hashlib.sha256(key.fields[-1]).digest() + flags + counter
    return lambda covered: checked(before + hashlib.sha256(covered).digest())


def _ed25519(key: PublicKey, signature: bytes) -> _Check:
    return lambda covered: ed25519.Ed25519PublicKey.from_public_bytes(key.fields[0]).verify(signature, covered)


def _ecdsa(key: PublicKey, signature: bytes) -> _Check:
    return lambda covered: check_ecdsa(key, signature, covered)


def _rsa(key: PublicKey, algorithm: str, signature: bytes) -> _Check:
    if algorithm not in _RSA:
        raise MalformedError(
            msg("an RSA key signs with rsa-sha2-256 or rsa-sha2-512, not with {name}", name=algorithm[:60])
        )
    exponent, modulus = (int.from_bytes(each) for each in key.fields)
    public = rsa.RSAPublicNumbers(exponent, modulus)
    return lambda covered: public.public_key().verify(signature, covered, padding.PKCS1v15(), _RSA[algorithm])
