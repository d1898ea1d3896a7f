"""Which key a person signs with: the one they name, else the environment's, else the one that Git signs with."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.key_blob import Certificate, PublicKey, read_line
from unrack.model.message import msg
from unrack.model.ssh_key import looks_private
from unrack.model.wire import MalformedError

VARIABLE = "UNRACK_SIGNING_KEY"

_MOST_BYTES = 64_000
_LITERAL = "key::"
_GIT_LIMIT = 10
"""Seconds; Git answers in a few milliseconds."""


@dataclass(frozen=True, slots=True)
class ChosenKey:
    """A key that somebody named, and where."""

    named: str
    """A path, or the public key itself as ``key::ssh-ed25519 …``."""
    source: str
    """``--key``, ``UNRACK_SIGNING_KEY`` or ``git config user.signingkey``."""

    @property
    def path(self) -> Path | None:
        """The file; None when the public key itself was named."""
        return None if self._literal else Path(self.named).expanduser()

    @property
    def _literal(self) -> str:
        is_line = self.named.startswith(("ssh-", "ecdsa-", "sk-")) and " " in self.named
        return self.named.removeprefix(_LITERAL) if is_line or self.named.startswith(_LITERAL) else ""

    def public(self) -> PublicKey | Certificate:
        """The public key, or the certificate, that signatures will carry.

        Raises:
            UnrackError: there is none, or none that may sign decisions.
        """
        if self._literal:
            return self._parsed(self._literal)
        path = self.public_file()
        return self._parsed(read_small(path))

    def public_file(self) -> Path:
        """The file with the public key: the one that was named, or the one beside it.

        Raises:
            UnrackError: neither is there.
        """
        path = self.path or Path()
        beside = path.with_name(path.name + ".pub")
        found = path if path.suffix == ".pub" else beside
        if not found.is_file():
            raise _unusable(
                msg("{source}: there is no public key {found}", source=self.source, found=found),
                msg("Name the key's file, with its public key beside it as ssh-keygen puts it."),
            )
        return found

    def private_file(self) -> Path | None:
        """The file with the private key, when there is one: without it, an agent or a hardware key has it."""
        if self.path is None:
            return None
        name = self.path.name
        for ending in ("-cert.pub", ".pub"):
            name = name.removesuffix(ending)
        found = self.path.with_name(name)
        return found if found.is_file() else None

    def _parsed(self, line: str) -> PublicKey | Certificate:
        try:
            return read_line(line)
        except MalformedError as error:
            named = self.path or _LITERAL  # nothing of what was named: it may be a private key
            message = msg("{source}: {named}: {error}", source=self.source, named=named, error=error)
            raise _unusable(message, msg("Name an SSH key, as ssh-keygen -t ed25519 makes one.")) from error


def choose_key(given: str | None, environment: Mapping[str, str] | None = None) -> ChosenKey:
    """The key to sign with: `given` (``--key``), else ``UNRACK_SIGNING_KEY``, else Git's with ``gpg.format=ssh``.

    Raises:
        UnrackError: nobody named one.
    """
    known = os.environ if environment is None else environment
    if given:
        return _chosen(given, "--key")
    if known.get(VARIABLE):
        return _chosen(known[VARIABLE], VARIABLE)
    if named := _of_git():
        return _chosen(named, "git config user.signingkey")
    raise _unusable(
        msg("no key to sign with is known"),
        msg(
            "Make one with ssh-keygen -t ed25519 and have its .pub file put into the policy. Name it with --key PATH "
            "or {variable}, or let Git sign with it: git config --global gpg.format ssh; "
            "git config --global user.signingkey ~/.ssh/id_ed25519.pub",
            variable=VARIABLE,
        ),
    )


def _chosen(named: str, source: str) -> ChosenKey:
    if looks_private(named) and ("-----" in named or "\n" in named):  # a path may be called so
        raise _unusable(
            msg("{source} holds a private key, and takes the path of its file", source=source),
            msg("Name the key's file, with its public key beside it as ssh-keygen puts it."),
        )
    return ChosenKey(named, source)


def read_small(path: Path) -> str:
    """The text of a key's file.

    Raises:
        UnrackError: it cannot be read, or is no file of a key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            return content.decode()  # a comment may be in any language
    except OSError as error:
        raise _unusable(msg("{path} cannot be read: {why}", path=path, why=error.strerror or error)) from error
    except UnicodeDecodeError:
        pass
    raise _unusable(msg("{path} is no file of an SSH key", path=path))


def _of_git() -> str:
    return _git("user.signingkey") if _git("gpg.format") == "ssh" else ""


def _git(name: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603  # a fixed command; what Git is set to is only printed
            [program, "config", "--get", name], capture_output=True, check=False, timeout=_GIT_LIMIT, text=True
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _unusable(message: str, suggestion: str = "") -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
