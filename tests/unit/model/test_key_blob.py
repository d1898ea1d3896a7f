"""A key has one spelling in SSH's wire form: whatever else stands there is no key, in words that say why."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from tests.unit.policy.keys import point
from unrack.model.key_blob import Certificate, PublicKey, read_blob, read_line
from unrack.model.wire import MalformedError, Wire, string

POINT = point(256, "a")
ED25519 = string(b"ssh-ed25519") + string(b"\x02" * 32)
MODULUS = b"\x00" + b"\xc3" * 384


def rsa(exponent: bytes = b"\x01\x00\x01", modulus: bytes = MODULUS) -> bytes:
    return string(b"ssh-rsa") + string(exponent) + string(modulus)


def test_a_key_is_written_as_it_was_read() -> None:
    """So its fingerprint is that of OpenSSH: SHA-256 of the wire form, without the signs that fill base64 up."""
    for blob in (ED25519, rsa(), string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(POINT)):
        key = read_blob(blob)
        assert isinstance(key, PublicKey)
        assert key.blob == blob
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
        assert key.fingerprint == "SHA256:" + digest.rstrip("=")
        assert read_line(f"{key.text} alice@laptop") == key


def test_hardware_keys_and_passkeys_are_told_apart() -> None:
    """By what they are bound to: ``ssh:`` or a site."""
    fields = string(b"nistp256") + string(POINT)
    for application, is_passkey in (("ssh:", False), ("ssh:unrack", False), ("unrack.example.org", True)):
        blob = string(b"sk-ecdsa-sha2-nistp256@openssh.com") + fields + string(application.encode())
        key = read_blob(blob)
        assert isinstance(key, PublicKey)
        assert (key.application, key.is_passkey) == (application, is_passkey)
    plain = read_blob(ED25519)
    assert isinstance(plain, PublicKey)
    assert (plain.application, plain.is_passkey) == (None, False)


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "too early"),
        (ED25519[:-1], "too early"),
        (ED25519 + b"\0", "follows its end"),
        (string(b"ssh-ed25519") + string(b"\x02" * 31), "another length"),
        (string(b"ssh-ed25519") + string(b"\x02" * 33), "another length"),
        (string(b"ssh-dss") + string(b"\x02"), "a key of type ssh-dss is not accepted"),
        (string(b"ssh ed25519") + string(b"\x02" * 32), "visible ASCII"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(POINT), "not on the curve nistp256"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\x02" + POINT[1:]), "uncompressed point"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(POINT + b"\0"), "uncompressed point"),
        (string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(POINT[:-1]), "uncompressed point"),
        (string(b"sk-ssh-ed25519@openssh.com") + string(b"\x02" * 32) + string(b""), "what it was made for"),
        (rsa(modulus=b"\x00" + b"\xc3" * 256), "has 2048"),
        (rsa(modulus=b"\x00" + b"\xc3" * 1200), "has 9600"),
        (rsa(modulus=b"\x00" + MODULUS), "not as SSH writes"),
        (rsa(modulus=MODULUS[1:]), "not as SSH writes"),
        (rsa(exponent=b"\x01"), "exponent"),
        (rsa(exponent=b"\x02"), "exponent"),
        (rsa(exponent=b""), "not as SSH writes"),
    ],
)
def test_what_is_no_key_is_refused(blob: bytes, words: str) -> None:
    """Cut, longer, weaker, or spelt in a second way."""
    with pytest.raises(MalformedError, match=words):
        read_blob(blob)


@pytest.mark.parametrize("kind", ["ecdsa-sha2-nistp256", "sk-ecdsa-sha2-nistp256@openssh.com"])
@pytest.mark.parametrize("x", [b"\x01" * 32, b"\xff" * 32])
def test_a_point_beside_the_curve_is_no_key(kind: str, x: bytes) -> None:
    """Nobody can have its private half; ssh-keygen reads no list in which it stands."""
    application = string(b"ssh:") if kind.startswith("sk-") else b""
    with pytest.raises(MalformedError, match="does not lie on the curve nistp256"):
        read_blob(string(kind.encode()) + string(b"nistp256") + string(b"\x04" + x + POINT[33:]) + application)


@pytest.mark.parametrize("size", [256, 384, 521])
def test_every_point_of_a_curve_is_a_key(size: int) -> None:
    """As another library makes them."""
    for of in map(str, range(20)):
        curve = f"nistp{size}".encode()
        blob = string(b"ecdsa-sha2-" + curve) + string(curve) + string(point(size, of))
        assert read_blob(blob)


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 !", "ssh-ed25519 AAAA", "ssh-ed25519 ü"])
def test_a_line_without_a_key_is_refused(line: str) -> None:
    """Whatever somebody pastes."""
    with pytest.raises(MalformedError):
        read_line(line)


def test_nothing_is_read_past_the_end() -> None:
    """A length that promises more than there is."""
    with pytest.raises(MalformedError):
        Wire(b"\xff\xff\xff\xff").string()


def certificate(authority: bytes, kind: int = 1, until: int = 2**64 - 1, after: int = 0) -> bytes:
    """A certificate by its form; its signature is none."""
    times = after.to_bytes(8) + until.to_bytes(8)
    begin = string(b"ssh-ed25519-cert-v01@openssh.com") + string(b"nonce") + string(b"\x02" * 32) + bytes(8)
    middle = kind.to_bytes(4) + string(b"for logs") + string(string(b"alice")) + times
    return begin + middle + string(b"") * 3 + string(authority) + string(b"none")


def test_a_certificate_says_who_vouches_for_whom() -> None:
    """Read only: whether the authority signed it, somebody else verifies."""
    found = read_blob(certificate(ED25519, until=60))
    assert isinstance(found, Certificate)
    assert (found.key.blob, found.authority.blob, found.principals) == (ED25519, ED25519, ("alice",))
    assert found.valid_after is None
    assert found.valid_before == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    for_ever = read_blob(certificate(ED25519, until=2**63))
    assert isinstance(for_ever, Certificate)
    assert for_ever.valid_before is None


def test_an_authority_is_a_plain_key() -> None:
    """Neither a passkey nor a certificate vouches for others; a certificate is for a user, and becomes valid once."""
    fields = string(b"nistp256") + string(POINT)
    passkey = string(b"sk-ecdsa-sha2-nistp256@openssh.com") + fields + string(b"unrack.example.org")
    for authority in (passkey, certificate(ED25519)):
        with pytest.raises(MalformedError, match="no key that signs certificates"):
            read_blob(certificate(authority))
    with pytest.raises(MalformedError, match="not for a user"):
        read_blob(certificate(ED25519, kind=2))
    with pytest.raises(MalformedError, match="never becomes valid"):
        read_blob(certificate(ED25519, after=2**63))
