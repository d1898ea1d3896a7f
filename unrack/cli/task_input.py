"""Reads a person's input for a task at the command line: files as proofs, and secrets that are never shown."""

import sys
from collections.abc import Iterable
from pathlib import Path

from unrack.cli.parsing import pairs
from unrack.cli.problems import invalid
from unrack.cli.questions import at_a_keyboard, typed
from unrack.evidence.files import read_regular
from unrack.evidence.handover import LONGEST_SECRET, secret_in
from unrack.model.message import msg, verbatim
from unrack.process.files import from_home, is_file


def files_of(texts: Iterable[str]) -> dict[str, Path]:
    """The files of ``--evidence TYPE=PATH``, by type.

    Raises:
        UnrackError: one is missing or empty (``INVALID``); nothing was sent.
    """
    files = {kind: from_home(text) for kind, text in pairs("--evidence", texts).items()}
    for kind, path in files.items():
        if not is_file(path):
            raise invalid(
                msg("the evidence file for '{kind}' is missing: {path}", kind=kind, path=path),
                msg("check the path; nothing was sent"),
            )
        if path.stat().st_size == 0:
            raise invalid(
                msg("the evidence file for '{kind}' is empty: {path}", kind=kind, path=path),
                msg("empty evidence proves nothing; nothing was sent"),
            )
    return files


def ask_secret(name: str) -> str:
    """Ask for a secret without showing it; without a keyboard it is what stdin holds.

    Raises:
        UnrackError: it is none, or a link without a token (``INVALID``).
    """
    return secret_in(typed(verbatim(name), hidden=True) if at_a_keyboard() else _line_of_stdin(name))


def _line_of_stdin(name: str) -> str:
    try:
        return sys.stdin.readline()
    except UnicodeDecodeError:
        raise invalid(
            msg("the {name} on stdin is not UTF-8 text", name=name), msg("save it as UTF-8, or type it")
        ) from None


def secret_of_file(path: Path) -> str:
    """The secret in a file.

    Raises:
        UnrackError: it cannot be read, is no UTF-8 text, or holds no secret; nothing of it is repeated.
    """
    try:
        return secret_in(read_regular(path, LONGEST_SECRET, msg("the secret's file")).decode("utf-8"))
    except UnicodeDecodeError:
        raise invalid(
            msg("the secret's file '{path}' is not UTF-8 text", path=path), msg("save it as UTF-8, or type the secret")
        ) from None
