"""What a person gives for a task at the command line: files as proofs, and secrets that are never shown."""

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from unrack.cli.asking import at_a_keyboard, typed
from unrack.cli.desk import Desk
from unrack.cli.options import pairs
from unrack.cli.problems import invalid
from unrack.model.decision import Actor
from unrack.model.evidence import EvidenceRef
from unrack.model.form import HANDOVER_PREFIX
from unrack.model.plan import FieldType, TaskForm
from unrack.runtime.files import from_home, is_file

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


async def keep(desk: Desk, files: Mapping[str, Path], by: Actor) -> tuple[EvidenceRef, ...]:
    """Put files into the evidence store."""
    store, now = desk.evidence, datetime.now(UTC)
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


async def hand_over(desk: Desk, secrets: Iterable[str]) -> dict[str, str]:
    """Ask for each secret and put it into the store; the references that stand for them.

    Raises:
        UnrackError: one is empty (``INVALID``).
    """
    return {name: await desk.evidence.hand_over(ask_secret(name)) for name in secrets}


def ask_secret(name: str) -> str:
    """Ask for a secret without showing it; without a keyboard it is one line of stdin.

    Raises:
        UnrackError: it is empty (``INVALID``).
    """
    secret = typed(name, hidden=True) if at_a_keyboard() else sys.stdin.readline().strip()
    if not secret:
        raise invalid(f"the {name} is empty", "type it, or give it on stdin")
    return secret
