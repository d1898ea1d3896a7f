"""Public keys are read as OpenSSH reads them; what is none is refused with what is wrong, and never repeated."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.policy.keys import ecdsa, ed25519, line, number, passkey, point, rsa, sk_ed25519, some_bytes, string
from unrack.model.ssh_key import read_public_key

GOOD = {
    "ssh-ed25519": ed25519("a"),
    "ecdsa-sha2-nistp256": ecdsa(256),
    "ecdsa-sha2-nistp384": ecdsa(384),
    "ecdsa-sha2-nistp521": ecdsa(521),
    "ssh-rsa": rsa(3072),
    "sk-ssh-ed25519@openssh.com": sk_ed25519("a"),
    "sk-ecdsa-sha2-nistp256@openssh.com": passkey("a", "unrack.example.org"),
}

MADE = (("ed25519",), ("ecdsa", "-b", "256"), ("ecdsa", "-b", "384"), ("ecdsa", "-b", "521"), ("rsa", "-b", "3072"))


@pytest.mark.parametrize("kind", GOOD)
def test_every_accepted_type_is_read(kind: str) -> None:
    """Type and bytes; a comment of any words, or none, makes no difference."""
    bare = read_public_key(GOOD[kind])

    assert bare.type == kind
    assert bare.text == GOOD[kind]
    assert read_public_key(f"  {GOOD[kind]}   alice @ the laptop \n") == bare


def test_what_a_key_of_hardware_is_for_is_read() -> None:
    """A passkey names the host that it belongs to."""
    assert read_public_key(passkey("a", "unrack.example.org")).application == "unrack.example.org"
    assert read_public_key(sk_ed25519("a", "ssh:")).application == "ssh:"
    assert read_public_key(ed25519("a")).application is None


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
@pytest.mark.parametrize("how", MADE, ids="".join)
def test_the_fingerprint_is_that_of_ssh_keygen(tmp_path: Path, how: tuple[str, ...]) -> None:
    """Of keys that ssh-keygen made itself."""
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", *how, "-N", "", "-C", "a comment", "-f", str(file)], check=True)  # noqa: S607
    told = subprocess.run(["ssh-keygen", "-lf", f"{file}.pub"], capture_output=True, text=True, check=True)  # noqa: S607

    assert read_public_key(Path(f"{file}.pub").read_text()).fingerprint == told.stdout.split()[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "one line"),
        ("ssh-ed25519", "one line"),
        (f"{ed25519('a')}\n{ed25519('b')}", "one line"),
        ("ssh-dss AAAA", "a key of type ssh-dss is not accepted"),
        (f"no-pty {ed25519('a')}", "does not begin with an accepted type"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "this is a certificate"),
        ("ssh-ed25519 not/base64!", "not base64"),
        (ed25519("a")[:-8], "ends too early"),
        ("ssh-ed25519 " + ecdsa(256).split()[1], "the key itself says ecdsa-sha2-nistp256"),
        ("ssh-ed25519 " + base64.b64encode(string(b"\xff\xfe")).decode(), "the key itself says something else"),
        (line("ssh-ed25519", some_bytes(31, "a")), "an Ed25519 key has 32 bytes"),
        (line("ssh-ed25519", some_bytes(32, "a"), b"more"), "something follows its end"),
        (line("ecdsa-sha2-nistp256", b"nistp384", b"\x04" + bytes(64)), "not on the curve nistp256"),
        (line("ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(32)), "uncompressed point of 65 bytes"),
        (line("ecdsa-sha2-nistp384", b"nistp384", point(384, "a")[:-1] + b"\0"), "not lie on the curve nistp384"),
        (rsa(2048), "3072 to 8192 bits, and this one has 2048"),
        (rsa(9600), "3072 to 8192 bits, and this one has 9600"),
        (rsa(3072, exponent=2), "not one that OpenSSH makes"),
        (line("ssh-rsa", b"\x00\x03", number(1 << 3071)), "not as SSH writes it"),
        (line("ssh-rsa", b"\xff", number(1 << 3071)), "not as SSH writes it"),
        (line("sk-ssh-ed25519@openssh.com", some_bytes(32, "a"), b""), "what it was made for"),
        (line("sk-ssh-ed25519@openssh.com", some_bytes(32, "a"), b"a\nb"), "what it was made for"),
        ("x" * 5000 + " y", "longer than any public key"),
    ],
)
def test_what_is_no_public_key_is_refused_with_the_reason(text: str, why: str) -> None:
    """In words that say what to look at."""
    with pytest.raises(ValueError, match=why):
        read_public_key(text)


@pytest.mark.parametrize("mark", ["-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"])
def test_a_private_key_is_known_and_not_repeated(mark: str) -> None:
    """Somebody takes the wrong file: the answer says so, and holds nothing of it."""
    with pytest.raises(ValueError, match="private key") as refused:
        read_public_key(f"{mark}\nc2VjcmV0\n")

    assert "c2VjcmV0" not in str(refused.value)


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: f"ssh-rsa {base64.b64encode(raw).decode()}"))
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    """Nothing else happens, and a refusal repeats none of it."""
    refusal = ""
    try:
        read_public_key(text)
    except ValueError as error:
        refusal = str(error)

    assert len(text) < 20 or text not in refusal
