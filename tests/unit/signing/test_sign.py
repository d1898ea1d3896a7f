"""Signing as a person does it: which key is taken, how it signs, and what is said when it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.openssh import MESSAGE, TYPES, Signed, needed
from tests.unit.signing.test_verify import hardware
from unrack.model.errors import UnrackError
from unrack.model.statement import KeyKind
from unrack.signing.sign import SigningKey
from unrack.signing.verify import verify
from unrack.signing.which_key import choose_key

pytestmark = needed


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without Git's settings, an agent or a key in the environment."""
    for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "UNRACK_SIGNING_KEY", "XDG_CONFIG_HOME", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(**settings: str) -> None:
    lines = [f"[{name.split('_')[0]}]\n\t{name.split('_')[1]} = {value}" for name, value in settings.items()]
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("\n".join(lines) + "\n")


def refusal(given: str | None = None) -> str:
    with pytest.raises(UnrackError) as caught:
        SigningKey.find(given).sign(MESSAGE)
    return f"{caught.value.problem.message} {caught.value.problem.suggestion}"


@pytest.mark.parametrize("name", TYPES)
def test_a_key_file_signs_in_process(
    name: str, keys: dict[str, Path], alone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No program is needed for a file without a passphrase; OpenSSH accepts what comes out."""
    monkeypatch.setenv("PATH", "")
    key = SigningKey.find(str(keys[name]))
    signature = key.sign(MESSAGE)
    assert key.public.text == openssh.public(keys[name])
    assert openssh.accepts(tmp_path, Signed(name, key.public.text, MESSAGE, signature))


def test_the_public_file_names_its_private_one(keys: dict[str, Path], alone: Path) -> None:
    """Git's setting is usually the .pub file: the key beside it signs."""
    key = SigningKey.find(f"{keys['ed25519']}.pub")
    assert verify(MESSAGE, key.sign(MESSAGE)).fingerprint == key.fingerprint == openssh.fingerprint(keys["ed25519"])


def test_a_named_certificate_signs_in_process(keys: dict[str, Path], alone: Path) -> None:
    """A certificate is used where it was named, never because it lies beside the key."""
    path = openssh.make_key(alone, "-t", "ed25519")
    certificate = openssh.certify(keys["rsa-3072"], path, "-n", "alice")
    assert verify(MESSAGE, SigningKey.find(str(certificate)).sign(MESSAGE)).kind is KeyKind.CERTIFICATE
    assert verify(MESSAGE, SigningKey.find(str(path)).sign(MESSAGE)).kind is KeyKind.KEY


@pytest.mark.parametrize("name", TYPES)
def test_an_agent_signs(name: str, agent: dict[str, str], alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that only the agent has signs, named by its public file or by itself."""
    path = openssh.make_key(alone, *TYPES[name])
    openssh.add_to_agent(path, agent)
    path.unlink()
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    for named in (f"{path}.pub", f"key::{openssh.public(path.with_suffix('.pub'))}"):
        key = SigningKey.find(named)
        assert verify(MESSAGE, key.sign(MESSAGE)).fingerprint == key.fingerprint


def test_a_passphrase_is_openssh_s_to_ask(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a passphrase signs through ssh-keygen, which asks; here a program answers for a person."""
    path = openssh.make_key(alone, "-t", "ed25519", passphrase="of alice")
    asks = alone / "asks"
    asks.write_text("#!/bin/sh\necho of alice\n")
    asks.chmod(0o700)
    monkeypatch.setenv("SSH_ASKPASS", str(asks))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    key = SigningKey.find(str(path))
    assert verify(MESSAGE, key.sign(MESSAGE)).fingerprint == openssh.fingerprint(path)


def test_the_order_of_keys(keys: dict[str, Path], alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was named in the command, else in the environment, else Git's key, and only if Git signs with SSH."""
    git(gpg_format="openpgp", user_signingkey="ABCDEF")
    assert "no key to sign with" in refusal()
    git(gpg_format="ssh", user_signingkey=f"key::{openssh.public(keys['ecdsa-256'])} alice")
    assert choose_key(None).source == "git config user.signingkey"
    assert SigningKey.find().public.text == openssh.public(keys["ecdsa-256"])
    monkeypatch.setenv("UNRACK_SIGNING_KEY", str(keys["ecdsa-384"]))
    assert SigningKey.find().public.text == openssh.public(keys["ecdsa-384"])
    key = SigningKey.find(str(keys["ed25519"]))
    assert (key.source, key.public.text) == ("--key", openssh.public(keys["ed25519"]))


def test_a_key_in_the_home_folder(keys: dict[str, Path], alone: Path) -> None:
    """``~`` is understood, as Git does."""
    for ending in ("", ".pub"):
        (alone / f"id{ending}").write_bytes(Path(f"{keys['ed25519']}{ending}").read_bytes())
    (alone / "id").chmod(0o600)
    git(gpg_format="ssh", user_signingkey="~/id.pub")
    assert SigningKey.find().fingerprint == openssh.fingerprint(keys["ed25519"])


def test_what_is_missing_is_said(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no such file, no OpenSSH where it is needed: what happened, and what to do."""
    assert "--key PATH or UNRACK_SIGNING_KEY" in refusal()
    assert "no public key" in refusal(str(alone / "nothing"))
    path = openssh.make_key(alone, "-t", "ed25519", passphrase="of alice")
    monkeypatch.setenv("PATH", "")
    assert "openssh-client" in refusal(str(path))


def test_a_hardware_key_is_openssh_s_to_touch(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file holds no key but a handle: only OpenSSH speaks to the hardware, whether or not there is a passphrase."""
    made = hardware("ed25519").key
    path = alone / "id_ed25519_sk"
    path.write_text(openssh.hardware_file(made))
    path.chmod(0o600)
    (alone / "id_ed25519_sk.pub").write_text(made + " Ren\u00e9e's key\n")
    assert openssh.fingerprint(path) == SigningKey.find(str(path)).fingerprint
    monkeypatch.setenv("PATH", "")
    assert "needs ssh-keygen" in refusal(str(path))


def test_a_key_that_nobody_has_is_said(alone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """ssh-keygen's own words stand above ours."""
    path = openssh.make_key(alone, "-t", "ed25519")
    path.unlink()
    assert "ssh-keygen did not sign with --key" in refusal(f"{path}.pub")
    assert capfd.readouterr().err


def test_a_private_key_that_others_can_read_is_refused(alone: Path) -> None:
    """As OpenSSH does it, and nothing of the key is said."""
    path = openssh.make_key(alone, "-t", "ed25519")
    path.chmod(0o644)
    said = refusal(str(path))
    assert "other people can read" in said
    assert "chmod 600" in said
    assert path.read_text().splitlines()[1] not in said


@pytest.mark.parametrize("text", ["", "ssh-dss AAAAB3NzaC1kc3M=", "ssh-ed25519 AAAA", "words", "x" * 70_000])
def test_what_is_no_key_is_refused(alone: Path, text: str) -> None:
    """A file of something else is refused with its name."""
    (alone / "key.pub").write_text(text)
    assert "key.pub" in refusal(str(alone / "key.pub"))


@pytest.mark.parametrize("before", ["", "key::", "key::ssh-ed25519 "])
def test_a_private_key_in_place_of_its_path_is_not_repeated(before: str) -> None:
    """Somebody puts the key itself into the setting: no screen and no log shows it."""
    for secret in ("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n", "-----BEGIN PRIVATE KEY----- c2VjcmV0"):
        said = refusal(before + secret)
        assert "holds a private key" in said
        assert "c2VjcmV0" not in said
    assert "c2VjcmV0" not in refusal("key::ssh-ed25519 c2VjcmV0!")


def test_a_line_that_lies_about_its_type_is_refused(alone: Path, keys: dict[str, Path]) -> None:
    """The type before the key and the one inside must be the same."""
    inside = openssh.public(keys["ed25519"]).split()[1]
    assert "the type before the key is ssh-rsa" in refusal(f"key::ssh-rsa {inside}")


def test_another_key_that_signs_is_found_out(
    alone: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever program calls itself ssh-keygen: a signature of another key is not handed out."""
    other = alone / "ssh-keygen"
    other.write_text(f"#!/bin/sh\nexec {openssh.KEYGEN} -Y sign -n unrack-decision -f {keys['ecdsa-256']}\n")
    other.chmod(0o700)
    monkeypatch.setenv("PATH", str(alone), prepend=os.pathsep)
    path = openssh.make_key(alone, "-t", "ed25519")
    path.unlink()
    assert "another key signed" in refusal(f"{path}.pub")
    other.write_text("#!/bin/sh\necho nothing of the kind\n")
    assert "cannot be verified" in refusal(f"{path}.pub")


def test_importing_the_room_loads_no_asyncssh() -> None:
    """Commands that sign nothing do not wait for it."""
    code = "import sys, unrack.signing.sign; sys.exit('asyncssh' in sys.modules)"
    assert subprocess.run((sys.executable, "-c", code), check=False, timeout=60).returncode == 0
