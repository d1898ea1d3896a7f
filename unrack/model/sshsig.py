"""An armored SSH signature (OpenSSH's PROTOCOL.sshsig), read strictly. Pure: nothing is verified here.

A workflow reads from it for what the signature was made and with which key, before it asks anybody to verify it.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from unrack.model.key_blob import Certificate, PublicKey, read_blob
from unrack.model.message import msg
from unrack.model.statement import MOST_SIGNATURE, Refusal, SignatureRefused
from unrack.model.wire import MalformedError, Wire, string

_ARMOR = re.compile(r"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n*")
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class SshSignature:
    """The parts of a signature."""

    namespace: str
    key: PublicKey
    """The key that signed; of a certificate, the key that it is for."""
    certificate: Certificate | None
    hash: str
    algorithm: str
    """The algorithm of the inner signature."""
    inner: bytes
    """What follows the algorithm's name in the inner signature."""

    def covered(self, message: bytes) -> bytes:
        """The bytes that the key signs for `message`."""
        digest = _HASHES[self.hash](message).digest()
        parts = (self.namespace.encode(), b"", self.hash.encode(), digest)
        return _MAGIC + b"".join(string(each) for each in parts)


def read_signature(armored: str) -> SshSignature:
    """The parts of an armored signature.

    Raises:
        SignatureRefused: it is too large, or not as OpenSSH writes one (``altered``).
    """
    try:
        return _read(_blob(armored))
    except MalformedError as error:
        why = str(error) if not error.args else error.args[0]
        raise SignatureRefused(Refusal.ALTERED, msg("the signature cannot be read: {why}", why=why)) from None


def armored(blob: bytes) -> str:
    """A signature's bytes as text, as ``ssh-keygen -Y sign`` prints it."""
    text = base64.b64encode(blob).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


def _blob(text: str) -> bytes:
    if len(text) > MOST_SIGNATURE:
        raise MalformedError(msg("it has more than {most} characters", most=MOST_SIGNATURE))
    found = _ARMOR.fullmatch(text)
    if found is None:
        raise MalformedError(msg("it is not what ssh-keygen -Y sign prints, from the BEGIN line to the END line"))
    encoded = found[1].replace("\n", "")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise MalformedError(msg("it is no base64")) from None
    if base64.b64encode(blob).decode() != encoded:
        raise MalformedError(msg("it is no base64"))
    return blob


def _read(blob: bytes) -> SshSignature:
    wire = Wire(blob)
    if wire.take(len(_MAGIC)) != _MAGIC or wire.number(4) != _VERSION:
        raise MalformedError(msg("it is no SSH signature of version 1"))
    signer = read_blob(wire.string())
    namespace = wire.text()
    if wire.string():
        raise MalformedError(msg("it has a part that nobody knows"))
    digest = wire.text()
    if digest not in _HASHES:
        raise MalformedError(msg("its digest is neither sha256 nor sha512"))
    inner = Wire(wire.string())
    wire.end()
    return _parts(signer, namespace, digest, inner)


def _parts(signer: PublicKey | Certificate, namespace: str, digest: str, inner: Wire) -> SshSignature:
    certificate = signer if isinstance(signer, Certificate) else None
    key = signer.key if isinstance(signer, Certificate) else signer
    algorithm = inner.text()
    return SshSignature(namespace, key, certificate, digest, algorithm, inner.rest())
