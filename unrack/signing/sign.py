"""Signing with the key that a person has: its file in this process, else whatever OpenSSH reaches.

A file without a passphrase is read here. For a passphrase, an agent or a hardware key, ``ssh-keygen -Y sign`` signs: it
asks at the terminal itself, so that no passphrase ever passes through Unrack. No private key is printed or logged.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.key_blob import Certificate, PublicKey
from unrack.model.message import msg
from unrack.model.statement import NAMESPACE, SignatureRefused
from unrack.signing.verify import verify
from unrack.signing.which_key import ChosenKey, choose_key, read_small

if TYPE_CHECKING:
    import asyncssh

_OPENSSH = "ssh-keygen"


class SigningKey:
    """A key that can sign."""

    def __init__(self, chosen: ChosenKey) -> None:
        """Read the public key of `chosen`.

        Raises:
            UnrackError: there is none, or none that may sign decisions.
        """
        self._chosen = chosen
        self._in_process = _unencrypted(chosen)
        found = self._public_of_file() or chosen.public()
        self._certificate = found if isinstance(found, Certificate) else None
        self.public: PublicKey = found.key if isinstance(found, Certificate) else found
        """The key that signs; with a certificate, the one that it is for."""

    @classmethod
    def find(cls, given: str | None = None, environment: Mapping[str, str] | None = None) -> "SigningKey":
        """The key to sign with; see `choose_key`."""
        return cls(choose_key(given, environment))

    @property
    def source(self) -> str:
        """Where it was named: ``--key``, ``UNRACK_SIGNING_KEY`` or ``git config user.signingkey``."""
        return self._chosen.source

    @property
    def certificate(self) -> Certificate | None:
        """What an authority says about the key; None: its owner names it by itself."""
        return self._certificate

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as OpenSSH prints it."""
        return self.public.fingerprint

    def sign(self, message: bytes, namespace: str = NAMESPACE) -> str:
        """Sign `message`. A passphrase or a touch is asked for at the terminal, for as long as it takes.

        Returns:
            The armored SSH signature. It was verified, and is of this very key.

        Raises:
            UnrackError: the key did not sign, or OpenSSH is needed and missing.
        """
        key = self._in_process
        armored = self._by_openssh(message, namespace) if key is None else self._sign_here(key, message, namespace)
        try:
            made = verify(message, armored, namespace)
        except SignatureRefused as error:
            raise _failed(
                msg("what was signed with {source} cannot be verified: {error}", source=self.source, error=error)
            ) from error
        if made.fingerprint != self.fingerprint:
            raise _failed(
                msg("another key signed than the one of {source}: {made}", source=self.source, made=made.fingerprint)
            )
        return armored

    def _public_of_file(self) -> PublicKey | Certificate | None:
        """What the private file says itself; a certificate is used where it was named, never because it lies there."""
        if self._in_process is None or self._names_certificate:
            return None
        return ChosenKey(self._in_process.export_public_key().decode(), self.source).public()

    @property
    def _names_certificate(self) -> bool:
        return self._chosen.named.endswith("-cert.pub")

    def _sign_here(self, key: "asyncssh.SSHKey", message: bytes, namespace: str) -> str:
        import asyncssh  # noqa: PLC0415  # slow to import, and most commands sign nothing

        pair = (key, read_small(self._chosen.public_file()).encode()) if self._names_certificate else key
        return asyncssh.create_sshsig(pair, message, namespace=namespace).decode()

    def _by_openssh(self, message: bytes, namespace: str) -> str:
        program = shutil.which(_OPENSSH)
        if program is None:
            raise _failed(
                msg("this key needs {openssh} to sign, and it is not installed", openssh=_OPENSSH),
                msg(
                    "Install OpenSSH's client (Debian and Ubuntu: openssh-client, Fedora: openssh-clients, "
                    "Alpine: openssh-keygen), or name the file of a key without a passphrase."
                ),
            )
        if self._chosen.path is not None:
            return self._run(program, self._chosen.path, message, namespace)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "signing-key.pub"
            path.write_text(self.public.text + "\n")
            return self._run(program, path, message, namespace)

    def _run(self, program: str, path: Path, message: bytes, namespace: str) -> str:
        command = [program, "-Y", "sign", "-n", namespace, "-f", str(path)]
        ran = subprocess.run(command, input=message, stdout=subprocess.PIPE, check=False)  # noqa: S603  # a fixed command
        if ran.returncode:
            raise _failed(
                msg(
                    "{openssh} did not sign with {source}; what it said stands above",
                    openssh=_OPENSSH,
                    source=self.source,
                ),
                msg("See which keys the agent has: ssh-add -L. A hardware key must be plugged in."),
            )
        return ran.stdout.decode("ascii", "replace").replace("\r\n", "\n")


def _unencrypted(chosen: ChosenKey) -> "asyncssh.SSHKey | None":
    """The private key of a file without a passphrase; None: OpenSSH has to sign, as with a hardware key."""
    path = chosen.private_file()
    if path is None:
        return None
    import asyncssh  # noqa: PLC0415  # slow to import, and most commands sign nothing

    _refuse_open(path)
    try:
        key = asyncssh.import_private_key(read_small(path))
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return None
    return None if key.get_algorithm().startswith("sk-") else key


def _refuse_open(path: Path) -> None:
    """A private key that others can read is refused, as OpenSSH does."""
    found = path.stat()
    if hasattr(os, "getuid") and found.st_uid == os.getuid() and found.st_mode & 0o077:
        raise _failed(
            msg("other people can read the private key {path}", path=path),
            msg("Make it yours alone: chmod 600 {path}", path=path),
        )


def _failed(message: str, suggestion: str = "") -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
