"""What a person gives for a task at the command line: files as proofs, and secrets that are never shown."""

import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from unrack.cli.asking import at_a_keyboard, typed
from unrack.cli.context import CliContext
from unrack.cli.decide import Refused
from unrack.cli.options import pairs
from unrack.cli.problems import invalid
from unrack.evidence.files import read_regular
from unrack.evidence.handover import LONGEST_SECRET, secret_in
from unrack.model.decision import Actor
from unrack.model.evidence import EvidenceRef
from unrack.model.form import HANDOVER_PREFIX
from unrack.model.plan import FieldType, TaskForm
from unrack.process.files import from_home, is_file

_TO_COME = f"{HANDOVER_PREFIX}to-come"
"""Stands for a secret while the form is checked, before anybody is asked for it."""


def files_of(texts: Iterable[str]) -> dict[str, Path]:
    """The files of ``--evidence TYPE=PATH``, by type.

    Raises:
        UnrackError: one is missing or empty (``INVALID``); nothing was sent.
    """
    files = {kind: from_home(text) for kind, text in pairs("--evidence", texts).items()}
    for kind, path in files.items():
        if not is_file(path):
            raise invalid(f"the evidence file for '{kind}' is missing: {path}", "check the path; nothing was sent")
        if path.stat().st_size == 0:
            raise invalid(
                f"the evidence file for '{kind}' is empty: {path}", "empty evidence proves nothing; nothing was sent"
            )
    return files


async def keep(context: CliContext, files: Mapping[str, Path], by: Actor) -> tuple[EvidenceRef, ...]:
    """Put files into the evidence store."""
    store, now = context.evidence, datetime.now(UTC)
    kept = [
        await store.put_file(path, type=kind, source=f"person:{by.name}", taken_at=now) for kind, path in files.items()
    ]
    return tuple(kept)


def secrets_to_come(form: TaskForm, secrets: Iterable[str], fields: Mapping[str, str]) -> dict[str, str]:
    """Something in place of each secret, with which the form can be checked before anybody is asked.

    Raises:
        UnrackError: a name is no secret field of `form`, or is given as a field too (``INVALID``).
    """
    known = {field.name: field for field in form.fields if field.type is FieldType.HANDOVER}
    for name in secrets:
        if name not in known:
            raise invalid(f"'{name}' is no secret field of this task", f"secret fields: {', '.join(known) or 'none'}")
        if name in fields:
            raise invalid(f"'{name}' is given both as a field and as a secret")
    return dict.fromkeys(secrets, _TO_COME)


@asynccontextmanager
async def handed_over(context: CliContext, secrets: Iterable[str]) -> AsyncGenerator[dict[str, str]]:
    """Ask for each secret and put it into the store; the references that stand for them.

    What the run refuses is not kept. Where it is not known what became of the decision, the secrets stay for a while.

    Raises:
        UnrackError: one is no secret (``INVALID``).
    """
    store, given = context.evidence, dict[str, str]()
    try:
        for name in secrets:
            given[name] = await store.hand_over(ask_secret(name))
        yield given
    except Refused:
        for reference in given.values():
            await store.discard(reference)
        raise


def ask_secret(name: str) -> str:
    """Ask for a secret without showing it; without a keyboard it is what stdin holds.

    Raises:
        UnrackError: it is none, or a link without a token (``INVALID``).
    """
    return secret_in(typed(name, hidden=True) if at_a_keyboard() else _line_of_stdin(name))


def _line_of_stdin(name: str) -> str:
    try:
        return sys.stdin.readline()
    except UnicodeDecodeError:
        raise invalid(f"the {name} on stdin is not UTF-8 text", "save it as UTF-8, or type it") from None


def secret_of_file(path: Path) -> str:
    """The secret in a file.

    Raises:
        UnrackError: it cannot be read, is no UTF-8 text, or holds no secret; nothing of it is repeated.
    """
    try:
        return secret_in(read_regular(path, LONGEST_SECRET, "the secret's file").decode("utf-8"))
    except UnicodeDecodeError:
        raise invalid(f"the secret's file '{path}' is not UTF-8 text", "save it as UTF-8, or type the secret") from None
