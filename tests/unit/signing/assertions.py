"""Assertions of passkeys as SSH signatures: those of a real browser, and the form that they take."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.unit.signing.openssh import Signed
from unrack.model.key_blob import PublicKey
from unrack.model.sshsig import armored
from unrack.model.statement import NAMESPACE
from unrack.model.wire import string

FOLDER = Path(__file__).parent / "passkeys"
RECORDED = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@dataclass(frozen=True)
class Assertion:
    """What a browser hands to a page that asked a passkey to sign."""

    key: PublicKey
    message: bytes
    origin: str
    flags: int
    counter: bytes
    extensions: bytes
    client_data: bytes
    signature: bytes
    """In DER."""

    def armored(self, namespace: str = NAMESPACE) -> str:
        """The SSH signature that it is (OpenSSH's PROTOCOL.u2f)."""
        r, s = decode_dss_signature(self.signature)
        inner = (
            string(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com")
            + string(string(_mpint(r)) + string(_mpint(s)))
            + bytes([self.flags])
            + self.counter
            + string(self.origin.encode())
            + string(self.client_data)
            + string(self.extensions)
        )
        parts = (self.key.blob, namespace.encode(), b"", b"sha512", inner)
        return armored(b"SSHSIG" + (1).to_bytes(4, "big") + b"".join(string(part) for part in parts))

    def signed(self, name: str = "passkey") -> Signed:
        """It with its message, as the other signatures."""
        return Signed(name, self.key.text, self.message, self.armored())


def recorded(name: str) -> Assertion:
    """The assertion in ``passkeys/<name>.json``."""
    kept = json.loads((FOLDER / f"{name}.json").read_text())
    data = base64.b64decode(kept["authenticatorData"])
    return Assertion(
        key=passkey(load_der_public_key(base64.b64decode(kept["publicKey"])), kept["rp"]),
        message=kept["message"].encode(),
        origin=kept["origin"],
        flags=data[32],
        counter=data[33:37],
        extensions=data[37:],
        client_data=base64.b64decode(kept["clientDataJSON"]),
        signature=base64.b64decode(kept["signature"]),
    )


def passkey(key: object, site: str) -> PublicKey:
    assert isinstance(key, ec.EllipticCurvePublicKey)
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PublicKey("sk-ecdsa-sha2-nistp256@openssh.com", (b"nistp256", point, site.encode()))


def _mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")
