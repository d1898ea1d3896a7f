"""What ssh-keygen signed verifies in process, with every type of key, and nothing else does."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.signing import openssh
from tests.unit.signing.openssh import MESSAGE, TYPES, Signed, needed
from unrack.model.key_blob import PublicKey
from unrack.model.sshsig import SshSignature, armored
from unrack.model.statement import MOST_MANIFEST, MOST_SIGNATURE, NAMESPACE, KeyKind, Refusal, SignatureRefused
from unrack.model.wire import MalformedError, Wire, string
from unrack.signing.inner import check_inner
from unrack.signing.verify import verify


def refused(message: bytes, signature: str, namespace: str = NAMESPACE) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        verify(message, signature, namespace)
    return caught.value


@needed
@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_key_verifies(name: str, keys: dict[str, Path], signed: dict[str, Signed]) -> None:
    """A signature of ssh-keygen is genuine, of the key whose fingerprint ssh-keygen prints."""
    verified = verify(MESSAGE, signed[name].armored)
    assert verified.kind is KeyKind.KEY
    assert verified.key == openssh.public(keys[name])
    assert verified.fingerprint == openssh.fingerprint(keys[name])
    assert verified.certificate is None


@needed
@pytest.mark.parametrize("name", TYPES)
def test_sha256_verifies_too(name: str, keys: dict[str, Path]) -> None:
    """The other digest that OpenSSH offers is as good."""
    assert verify(MESSAGE, openssh.sign(keys[name], MESSAGE, NAMESPACE, "-O", "hashalg=sha256")).kind is KeyKind.KEY


@needed
@pytest.mark.parametrize("name", TYPES)
def test_another_message_is_altered(name: str, signed: dict[str, Signed]) -> None:
    """One byte more, less or other: the signature does not count."""
    for message in (MESSAGE + b" ", MESSAGE[:-1], MESSAGE.replace(b"approve", b"approvf"), b""):
        assert refused(message, signed[name].armored).refusal is Refusal.ALTERED


@needed
def test_another_namespace_is_told_apart(keys: dict[str, Path]) -> None:
    """What was signed for Git or a file is no decision, and the words say for what it was signed."""
    why = refused(MESSAGE, openssh.sign(keys["ed25519"], MESSAGE, "git"))
    assert why.refusal is Refusal.NAMESPACE
    assert "'git'" in why.words
    assert verify(MESSAGE, openssh.sign(keys["ed25519"], MESSAGE, "git"), "git")


@needed
def test_the_namespace_is_signed(keys: dict[str, Path]) -> None:
    """Writing our namespace into a signature for something else does not make it one of ours."""
    other = openssh.sign(keys["ed25519"], MESSAGE, "unrack-decisiom")
    blob = openssh.blob(other).replace(b"unrack-decisiom", b"unrack-decision")
    assert refused(MESSAGE, armored(blob)).refusal is Refusal.ALTERED


@needed
def test_the_signature_of_another_key_is_altered(signed: dict[str, Signed]) -> None:
    """Whoever puts another person's key into a signature has no signature of that person."""
    blob = openssh.blob(signed["ecdsa-256"].armored)
    mine, other = openssh.key_blob(signed["ecdsa-256"]), openssh.key_blob(signed["ed25519"])
    changed = blob.replace(string(mine), string(other))
    assert changed != blob
    assert refused(MESSAGE, armored(changed)).refusal is Refusal.ALTERED


@needed
@pytest.mark.parametrize("name", ["ecdsa-256", "ecdsa-384", "ecdsa-521"])
def test_a_key_beside_its_curve_is_altered(name: str, signed: dict[str, Signed]) -> None:
    """The key of a signature is anybody's word: a point that is no key is refused, in words."""
    made = openssh.key_blob(signed[name])
    beside = made[:-1] + bytes([made[-1] ^ 1])
    changed = openssh.blob(signed[name].armored).replace(string(made), string(beside))
    assert "does not lie on the curve" in refused(MESSAGE, armored(changed)).words


@needed
def test_rsa_never_signs_with_sha1(signed: dict[str, Signed]) -> None:
    """``ssh-rsa`` names a signature over SHA-1: refused by its name."""
    weak = with_inner(signed["rsa-3072"], lambda inner: string(b"ssh-rsa") + inner[4 + len("rsa-sha2-512") :])
    assert "ssh-rsa" in refused(MESSAGE, weak).words


@needed
@pytest.mark.parametrize("name", TYPES)
def test_nothing_follows_a_signature(name: str, signed: dict[str, Signed]) -> None:
    """A byte more inside the inner signature, with every length as it should be."""
    assert "follows its end" in refused(MESSAGE, with_inner(signed[name], lambda inner: inner + b"\0")).words


def test_an_ecdsa_signature_is_two_numbers() -> None:
    """Nothing follows the second one."""
    _, key = _ecdsa_key("ssh:")
    plain = PublicKey("ecdsa-sha2-nistp256", key.fields[:2])
    numbers = string(b"\x01") * 3
    with pytest.raises(MalformedError, match="follows its end"):
        check_inner(plain, plain.type, string(numbers), b"")


@needed
def test_the_algorithm_is_the_keys(signed: dict[str, Signed]) -> None:
    """A signature that calls itself another type than its key is none, whatever is in it."""
    other = with_inner(signed["ed25519"], lambda inner: inner.replace(b"ssh-ed25519", b"ssh-ed25518"))
    assert "makes no signature ssh-ed25518" in refused(MESSAGE, other).words


@needed
def test_short_rsa_keys_do_not_sign(tmp_path: Path) -> None:
    """An RSA key below 3072 bits is refused with its size."""
    signature = openssh.sign(openssh.make_key(tmp_path, "-t", "rsa", "-b", "2048"))
    assert "3072 to 8192 bits, and this one has 2048" in refused(MESSAGE, signature).words


@needed
def test_bounds_come_before_any_reading(signed: dict[str, Signed]) -> None:
    """A large message and a large signature are refused for their size."""
    assert str(MOST_MANIFEST) in refused(b" " * (MOST_MANIFEST + 1), signed["ed25519"].armored).words
    assert str(MOST_SIGNATURE) in refused(MESSAGE, signed["ed25519"].armored + "\n" * MOST_SIGNATURE).words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unsigned",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\n=U1N\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nU1NIU0lH\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nü\n-----END SSH SIGNATURE-----\n",
    ],
)
def test_what_is_no_signature_is_altered(text: str) -> None:
    """Anything that is not armored as OpenSSH does it is refused, in words."""
    why = refused(MESSAGE, text)
    assert why.refusal is Refusal.ALTERED
    assert why.words.startswith("the signature cannot be read: ")


@needed
def test_only_what_ssh_keygen_prints_is_read(signed: dict[str, Signed]) -> None:
    """One signature has one text: text before or after it, or a cut, is refused."""
    good = signed["ed25519"].armored
    for text in ("\n" + good, good + "more\n", good + good, good.replace("\n", "\r\n"), good[:-40], good.upper()):
        assert refused(MESSAGE, text).refusal is Refusal.ALTERED


def with_inner(good: Signed, change: Callable[[bytes], bytes]) -> str:
    """The signature with its last string, the inner signature, changed."""
    blob = openssh.blob(good.armored)
    wire = Wire(blob[10:])  # after magic and version
    before = [wire.string() for _ in range(4)]
    return armored(blob[:10] + b"".join(string(each) for each in (*before, change(wire.string()))))


def hardware(kind: str, application: str = "ssh:", flags: int = 1) -> Signed:
    """A signature as a hardware key makes it; the key is in software, the form is that of PROTOCOL.u2f."""
    inner, key = _ed25519_key(application) if kind == "ed25519" else _ecdsa_key(application)
    parts = SshSignature(NAMESPACE, key, None, "sha512", key.type, b"")
    counter = (7).to_bytes(4)
    data = (
        hashlib.sha256(application.encode()).digest()
        + bytes([flags])
        + counter
        + hashlib.sha256(parts.covered(MESSAGE)).digest()
    )
    made = string(key.type.encode()) + string(inner(data)) + bytes([flags]) + counter
    blob = b"".join(string(each) for each in (key.blob, NAMESPACE.encode(), b"", b"sha512", made))
    return Signed(kind, key.text, MESSAGE, armored(b"SSHSIG" + (1).to_bytes(4) + blob))


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_hardware_keys_verify(kind: str) -> None:
    """A signature in the form of a hardware key is genuine when somebody touched it."""
    made = hardware(kind)
    assert verify(MESSAGE, made.armored).key == made.key
    assert verify(MESSAGE, made.armored).kind is KeyKind.KEY
    assert "touched" in refused(MESSAGE, hardware(kind, flags=0).armored).words


@needed
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_openssh_accepts_the_same_hardware_signatures(kind: str, tmp_path: Path) -> None:
    """The second judge finds them genuine, too."""
    assert openssh.accepts(tmp_path, hardware(kind))


def test_a_passkey_signs_in_a_browser_only() -> None:
    """A key that belongs to a site must say that its user was verified, and only a browser's assertion does."""
    assert "browser" in refused(MESSAGE, hardware("ecdsa", "unrack.example.org").armored).words


def _ed25519_key(application: str) -> tuple[Callable[[bytes], bytes], PublicKey]:
    private = ed25519.Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return private.sign, PublicKey("sk-ssh-ed25519@openssh.com", (raw, application.encode()))


def _ecdsa_key(application: str) -> tuple[Callable[[bytes], bytes], PublicKey]:
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(data: bytes) -> bytes:
        numbers = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(string(each.to_bytes(each.bit_length() // 8 + 1)) for each in numbers)

    key = PublicKey("sk-ecdsa-sha2-nistp256@openssh.com", (b"nistp256", point, application.encode()))
    return sign, key
