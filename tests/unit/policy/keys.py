"""Public keys by name, the same ones each time; nobody signs with them."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVES = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}


def string(content: bytes) -> bytes:
    """A string as keys hold it: its length before it."""
    return len(content).to_bytes(4) + content


def line(kind: str, *parts: bytes) -> str:
    """A public key as OpenSSH writes it, without a comment."""
    return f"{kind} " + base64.b64encode(b"".join(map(string, (kind.encode(), *parts)))).decode()


def number(value: int) -> bytes:
    """A number as keys hold it."""
    return value.to_bytes(value.bit_length() // 8 + 1)


def some_bytes(size: int, of: str) -> bytes:
    """Bytes that differ by `of`."""
    return hashlib.shake_256(of.encode()).digest(size)


def ed25519(of: str) -> str:
    """An Ed25519 key of its own for each word."""
    return line("ssh-ed25519", some_bytes(32, of))


def rsa(bits: int, of: str = "", exponent: int = 65537) -> str:
    """An RSA key of so many bits."""
    modulus = int.from_bytes(some_bytes(bits // 8, of)) | 1 | 1 << (bits - 1)
    return line("ssh-rsa", number(exponent), number(modulus))


def ecdsa(size: int, of: str = "") -> str:
    """A key on a curve of NIST."""
    curve = f"nistp{size}"
    return line(f"ecdsa-sha2-{curve}", curve.encode(), point(size, of))


def point(size: int, of: str) -> bytes:
    """A point on a curve of NIST, as keys hold it."""
    secret = int.from_bytes(some_bytes(31, of)) + 1
    public = ec.derive_private_key(secret, _CURVES[size]).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def passkey(of: str, host: str) -> str:
    """A passkey of the host."""
    return line("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", point(256, of), host.encode())


def sk_ed25519(of: str, application: str = "ssh:") -> str:
    """A key of hardware."""
    return line("sk-ssh-ed25519@openssh.com", some_bytes(32, of), application.encode())
