"""A signed decision in a file: signed here, carried, sent from elsewhere. Nothing in it is secret."""

from pathlib import Path

from pydantic import ValidationError

from unrack.model.base import Frozen
from unrack.model.decision import Decision, Envelope
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.statement import Read, SignatureRefused, Statement, read_proof
from unrack.process.files import write_new

ENDING = ".decision"

_LARGEST = 1_000_000
"""Bytes; the largest decision with its proof has some 500,000."""


class Carried(Frozen):
    """A signed decision that came in a file, and what was signed."""

    decision: Decision
    read: Read
    statement: Statement


def write_decision(path: Path, decision: Decision) -> None:
    """Write a signed decision to a file that is not there yet.

    Raises:
        UnrackError: it is there (``CONFLICT``), or cannot be written.
    """
    text = Envelope(decision=decision).model_dump_json(indent=2) + "\n"
    write_new(path, text.encode(), msg("name another file"))


def read_decision(path: Path) -> Carried:
    """The signed decision in a file. Whether the signature is genuine, the run judges.

    Raises:
        UnrackError: the file cannot be read, or holds no signed decision on a run (``INVALID``).
    """
    decision = _envelope(path).decision
    if decision.proof is None:
        raise _refused(path, msg("the decision in it is not signed"))
    try:
        read = read_proof(decision.proof)
    except SignatureRefused as error:
        raise _refused(path, error.words) from error
    if not isinstance(read.statement, Statement):
        raise _refused(path, msg("what was signed is no decision on a run"))
    return Carried(decision=decision, read=read, statement=read.statement)


def _envelope(path: Path) -> Envelope:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise _refused(path, msg("it is too large"))
        return Envelope.model_validate_json(content)
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise _refused(path, msg("{where}: {why}", where=where or "JSON", why=first["msg"][:200])) from error


def _refused(path: Path, why: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("'{path}' holds no signed decision: {why}", path=path, why=why),
            suggestion=msg("write one with: unrack sign RUN KIND … -o FILE"),
        )
    )
