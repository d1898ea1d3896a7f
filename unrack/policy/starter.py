"""A first policy: everybody who is named, by their keys, in one group that may do everything."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from unrack.documents.diagnostics import InputError
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.key_blob import PublicKey
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.model.ssh_key import looks_private, read_public_key
from unrack.policy.load import parse_policy

_LARGEST = 1 << 16
_PLAIN = re.compile(r"[A-Za-z]+([._+@-]?[A-Za-z0-9]+)*")
_HEAD = """\
# Who may decide what in this installation. Reviewed like a runbook; raise `version` with every change.
# `unrack policy check FILE` says what is wrong in it, docs/policy.md explains every field.
version: 1
# Signatures bind this name: what was signed for one installation counts in no other.
installation: {installation}

people:
"""
_RIGHTS = """
groups:
  # Everybody may do everything. Make smaller groups before you rely on it.
  operations: [{principals}]

grants:
  - groups: [operations]
    actions:
{actions}
# Separation of duties.
duties:
  # Who launched a run does not approve it.
  launcher: true
  # Who rejected a task does not complete it.
  rejecter: true
  # Who launched a run skips none of its steps.
  skipper: true
"""


def starter(keys: Mapping[str, Sequence[PublicKey]], installation: str = "unrack") -> str:
    """The text of a first policy, which passes the check.

    Args:
        keys: The keys of each principal.
        installation: The name of the installation.

    Raises:
        InputError: a principal or the name of the installation is none, two are one, or a key is of two people.
    """
    head = _HEAD.format(installation=_scalar(installation))
    people = "".join(_person(principal, those) for principal, those in keys.items())
    principals = ", ".join(_scalar(principal) for principal in keys)
    actions = "".join(f"      - {action.value}\n" for action in Action)
    text = head + people + _RIGHTS.format(principals=principals, actions=actions)
    try:
        parse_policy(text)
    except InputError as error:  # a place in a text that nobody has seen helps nobody
        bare = [type(each)("", 0, 0, each.message, each.suggestion) for each in error.diagnostics]
        raise InputError(bare) from error
    return text


def key_in_file(path: Path) -> PublicKey:
    """The public key in a file as ``ssh-keygen`` writes it.

    Raises:
        UnrackError: there is no such file, or it holds no public key (``INVALID``); nothing of it is repeated.
    """
    lines = [line.strip() for line in _content(path).splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) != 1:
        raise _refused(path, msg("it has {count} lines, and a public key is one", count=len(lines)))
    try:
        return read_public_key(lines[0])
    except ValueError as error:
        raise _refused(path, str(error)) from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:  # no more than could be a key: a device has no end
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise _refused(path, error.strerror if isinstance(error, OSError) else str(error)) from error
    text = content.decode("utf-8", "replace")
    if looks_private(text):
        raise _refused(path, msg("this is a private key, and stays where it is"), _beside(path))
    if len(content) > _LARGEST:
        raise _refused(path, msg("it is too long for a public key"))
    return text


def _beside(path: Path) -> str:
    return msg("name the file of the public key, as {path}.pub; ssh-keygen -y writes it anew", path=path)


def _refused(path: Path, why: str | None, suggestion: str = msg("name a file that ends in .pub")) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("'{path}' gives no public key: {why}", path=path, why=why),
            suggestion=suggestion,
        )
    )


def _person(principal: str, keys: Sequence[PublicKey]) -> str:
    lines = "".join(f"      # {key.fingerprint}\n      - key: {key.text}\n" for key in keys)
    return f"  - principal: {_scalar(principal)}\n    keys:\n{lines}"


def _scalar(text: str) -> str:
    """`text` as YAML, in quotes where it could be read as anything but text."""
    if _PLAIN.fullmatch(text) and text not in ("true", "false", "null"):
        return text
    return "'" + text.replace("'", "''") + "'"
