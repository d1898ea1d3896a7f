"""A key that an authority certified: what the certificate says comes out."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.assertions import recorded
from tests.unit.signing.openssh import ALICE, MESSAGE, TYPES, Signed, needed
from tests.unit.signing.test_verify import refused
from unrack.model.sshsig import armored
from unrack.model.statement import KeyKind, Refusal
from unrack.model.wire import string
from unrack.signing.sign import SigningKey
from unrack.signing.signers import AllowedSigner, allowed_signers
from unrack.signing.verify import verify

pytestmark = needed
VALID = ("-n", f"{ALICE},alice", "-V", "20260101000000Z:20270101000000Z")


@pytest.mark.parametrize("of", TYPES)
@pytest.mark.parametrize("authority", ["ed25519", "rsa-3072"])
def test_every_type_of_certificate_verifies(of: str, authority: str, keys: dict[str, Path], tmp_path: Path) -> None:
    """Key, authority, principals and validity come out as ssh-keygen wrote them."""
    key = openssh.make_key(tmp_path, *TYPES[of])
    verified = verify(MESSAGE, openssh.sign(openssh.certify(keys[authority], key, *VALID)))
    assert (verified.kind, verified.key) == (KeyKind.CERTIFICATE, openssh.public(key))
    assert verified.fingerprint == openssh.fingerprint(key)
    assert verified.certificate is not None
    assert verified.certificate.authority == openssh.fingerprint(keys[authority])
    assert verified.certificate.principals == (ALICE, "alice")
    assert verified.certificate.valid_after == datetime(2026, 1, 1, tzinfo=UTC)
    assert verified.certificate.valid_before == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_certificate_for_ever_has_no_times(keys: dict[str, Path], tmp_path: Path) -> None:
    """Without ``-V`` and ``-n``, it is always valid, and of nobody."""
    key = openssh.make_key(tmp_path, "-t", "ed25519")
    said = verify(MESSAGE, openssh.sign(openssh.certify(keys["ed25519"], key))).certificate
    assert said is not None
    assert (said.valid_after, said.valid_before, said.principals) == (None, None, ())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-h", "-n", "host.example.org"), "not for a user"),
        (("-n", ALICE, "-O", "force-command=true"), "limited to other uses: force-command"),
        (("-n", ALICE, "-O", "source-address=192.0.2.0/24"), "limited to other uses: source-address"),
    ],
)
def test_a_certificate_for_something_else_is_refused(
    options: tuple[str, ...], words: str, keys: dict[str, Path], tmp_path: Path
) -> None:
    """A certificate of a host, or one limited to a command or an address, signs no decision."""
    key = openssh.make_key(tmp_path, "-t", "ed25519")
    why = refused(MESSAGE, openssh.sign(openssh.certify(keys["ed25519"], key, *options)))
    assert why.refusal is Refusal.ALTERED
    assert words in why.words


def test_a_passkey_has_no_certificate(keys: dict[str, Path], tmp_path: Path) -> None:
    """The policy names passkeys by themselves: whom an authority calls one is not asked."""
    made = recorded("device-bound")
    (tmp_path / "key.pub").write_text(made.key.text + "\n")
    certificate = openssh.certify(keys["ed25519"], tmp_path / "key", *VALID)
    blob = base64.b64decode(certificate.read_text().split()[1])
    with_certificate = openssh.blob(made.armored()).replace(string(made.key.blob), string(blob))
    assert "a passkey has no certificate" in refused(made.message, armored(with_certificate)).words


def test_a_changed_certificate_is_refused(keys: dict[str, Path], tmp_path: Path) -> None:
    """The authority signed whom the key is of: another name in the certificate makes it worthless."""
    key = openssh.make_key(tmp_path, "-t", "ed25519")
    good = openssh.sign(openssh.certify(keys["ed25519"], key, *VALID))
    other = armored(openssh.blob(good).replace(b"alice@example.org", b"malle@example.org"))
    assert other != good
    assert refused(MESSAGE, other).refusal is Refusal.ALTERED


def test_openssh_accepts_it_while_it_is_valid(keys: dict[str, Path], tmp_path: Path) -> None:
    """With the authority in the list of signers, at a time inside the certificate's validity and at none outside."""
    key = openssh.make_key(tmp_path, "-t", "ed25519")
    signature = openssh.sign(openssh.certify(keys["ecdsa-256"], key, *VALID))
    made = Signed("certificate", "", MESSAGE, signature)
    signers = allowed_signers([AllowedSigner(principal=ALICE, key=openssh.public(keys["ecdsa-256"]), authority=True)])
    assert openssh.accepts(tmp_path, made, signers, at="20260601000000Z")
    assert not openssh.accepts(tmp_path, made, signers, at="20270601000000Z")


def test_an_agent_signs_with_a_certificate(
    keys: dict[str, Path], agent: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate whose key only the agent has is as good."""
    key = openssh.make_key(tmp_path, "-t", "ed25519")
    certificate = openssh.certify(keys["ed25519"], key, *VALID)
    openssh.add_to_agent(key, agent)
    key.unlink()
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    signature = SigningKey.find(str(certificate)).sign(MESSAGE)
    assert verify(MESSAGE, signature).kind is KeyKind.CERTIFICATE
