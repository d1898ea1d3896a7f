"""An armored signature has one form, and is read without any library. None here is genuine: only the form is judged."""

import pytest

from unrack.model.sshsig import armored, read_signature
from unrack.model.statement import Refusal, SignatureRefused
from unrack.model.wire import string

KEY = string(b"ssh-ed25519") + string(b"\x02" * 32)
INNER = string(b"ssh-ed25519") + string(b"\x03" * 64)


def text(
    *, version: int = 1, namespace: bytes = b"git", reserved: bytes = b"", digest: bytes = b"sha512", more: bytes = b""
) -> str:
    parts = (KEY, namespace, reserved, digest, INNER)
    return armored(b"SSHSIG" + version.to_bytes(4) + b"".join(string(part) for part in parts) + more)


def test_namespace_and_key_are_read() -> None:
    """Enough to refuse it for its namespace or its key before anybody verifies it."""
    read = read_signature(text())
    assert (read.namespace, read.hash, read.algorithm, read.certificate) == ("git", "sha512", "ssh-ed25519", None)
    assert read.key.blob == KEY
    assert read.covered(b"")[:17] == b"SSHSIG" + string(b"git") + string(b"")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (text(version=2), "version 1"),
        (text(reserved=b"x"), "nobody knows"),
        (text(digest=b"sha1"), "neither sha256 nor sha512"),
        (text(namespace=b"two words"), "visible ASCII"),
        (text(more=b"\0"), "follows its end"),
        (text(more=b"\0\0").replace("AA==", "AB=="), "no base64"),
        (text(more=b"\0\0").replace("AA==", "AA=="[:-1]), "no base64"),
        (armored(b"SSHSIG"), "too early"),
        (armored(b"GPGSIG" + bytes(20)), "version 1"),
    ],
)
def test_every_other_form_is_refused(made: str, words: str) -> None:
    """Each in its own words, as ``altered``."""
    with pytest.raises(SignatureRefused, match=words) as caught:
        read_signature(made)
    assert caught.value.refusal is Refusal.ALTERED
