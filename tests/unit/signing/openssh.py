"""OpenSSH as the second judge: keys, signatures and verdicts of ``ssh-keygen``."""

import base64
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from unrack.model.statement import NAMESPACE
from unrack.model.wire import string

KEYGEN = shutil.which("ssh-keygen") or ""
ALICE = "alice@example.org"
MESSAGE = b'{"act":{"kind":"approve"},"unrack":"decision/1"}'

needed = pytest.mark.skipif(not KEYGEN, reason="ssh-keygen is not installed (Debian: openssh-client)")

TYPES = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa-256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-521": ("-t", "ecdsa", "-b", "521"),
    "rsa-3072": ("-t", "rsa", "-b", "3072"),
}
"""Every type that ssh-keygen makes without hardware, and that may sign decisions."""


@dataclass(frozen=True)
class Signed:
    """A message and a valid signature over it."""

    name: str
    key: str
    """``<type> <base64>``."""
    message: bytes
    armored: str


def make_key(folder: Path, *options: str, passphrase: str = "", name: str = "key") -> Path:
    """The private key's path; the public one lies beside it."""
    path = folder / name
    _run("-q", "-N", passphrase, "-C", "", *options, "-f", str(path))
    return path


def public(path: Path) -> str:
    """``<type> <base64>`` of a private key's public key, or of a public file."""
    text = path.with_name(path.name + ".pub").read_text() if path.suffix != ".pub" else path.read_text()
    return " ".join(text.split()[:2])


def sign(path: Path, message: bytes = MESSAGE, namespace: str = NAMESPACE, *options: str) -> str:
    return _run("-Y", "sign", "-n", namespace, *options, "-f", str(path), message=message).stdout.decode()


def hardware_file(key: str) -> str:
    """The private file of an Ed25519 hardware key without a passphrase (OpenSSH's PROTOCOL.key and PROTOCOL.u2f)."""
    blob = base64.b64decode(key.split()[1])
    handle = b"\x01" + string(b"handle") + string(b"")
    private = bytes(8) + blob + handle + string(b"")
    private += bytes(range(1, 1 + -len(private) % 8))
    head = b"openssh-key-v1\0" + string(b"none") * 2 + string(b"") + (1).to_bytes(4)
    text = base64.encodebytes(head + string(blob) + string(private)).decode()
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}-----END OPENSSH PRIVATE KEY-----\n"


def add_to_agent(path: Path, environment: dict[str, str]) -> None:
    """Give a private key to the agent of `environment`."""
    program = shutil.which("ssh-add") or "ssh-add"
    subprocess.run((program, "-q", str(path)), env=environment, check=True, capture_output=True, timeout=60)


def blob(text: str) -> bytes:
    """The bytes of an armored signature."""
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def key_blob(signed: Signed) -> bytes:
    """The wire form of a key."""
    return base64.b64decode(signed.key.split()[1])


def fingerprint(path: Path) -> str:
    return _run("-l", "-f", str(path)).stdout.decode().split()[1]


def certify(authority: Path, key: Path, *options: str) -> Path:
    """Have `authority` certify `key`; the certificate's path."""
    _run("-q", "-s", str(authority), "-I", "for logs", *options, str(key) + ".pub")
    return key.with_name(key.name + "-cert.pub")


def accepts_export(folder: Path, row: Mapping[str, str]) -> bool:
    """Whether ``ssh-keygen -Y verify`` accepts an exported decision, by its row in the manifest."""
    when = ("-O", f"verify-time={row['verify_time']}")
    signers, signature = folder / "allowed_signers", folder / row["signature"]
    command = ("-Y", "verify", "-f", str(signers), "-I", row["principal"], "-n", NAMESPACE, "-s", str(signature), *when)
    return _verdict(command, (folder / row["statement"]).read_bytes())


def accepts(folder: Path, signed: Signed, signers: str | None = None, at: str | None = None) -> bool:
    """Whether ``ssh-keygen -Y verify`` accepts it for Alice; `signers` is her line unless others are given."""
    allowed, signature = folder / "allowed_signers", folder / "message.sig"
    allowed.write_text(signers or f'{ALICE} namespaces="{NAMESPACE}" {signed.key}\n')
    signature.write_bytes(signed.armored.encode())
    when = ("-O", f"verify-time={at}") if at else ()
    command = (*when, "-Y", "verify", "-f", str(allowed), "-I", ALICE, "-n", NAMESPACE, "-s", str(signature))
    return _verdict(command, signed.message)


def accepts_without_list(folder: Path, signed: Signed) -> bool:
    """Whether ``ssh-keygen -Y check-novalidate`` finds the signature right, whoever the signer is."""
    signature = folder / "message.sig"
    signature.write_bytes(signed.armored.encode())
    return _verdict(("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)), signed.message)


def _verdict(options: tuple[str, ...], message: bytes) -> bool:
    asked = subprocess.run((KEYGEN, *options), input=message, capture_output=True, check=False, timeout=60)
    assert asked.returncode in {0, 255}, asked
    return asked.returncode == 0


def _run(*options: str, message: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run((KEYGEN, *options), input=message, capture_output=True, check=True, timeout=60)
