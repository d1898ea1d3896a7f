"""The evidence store: content addressed by SHA-256, in a local folder or any object store that `obstore` speaks.

Content lies under ``sha256/ab/cdef…`` (the digest, split after two digits), so that the same content is kept once and
a copy of the folder can be checked with ``sha256sum`` alone. Beside it, ``handover/`` holds secrets that a person hands
to a worker for one call; they are taken and discarded, and only a reference to them ever enters a history.
"""

import asyncio
import hashlib
import mimetypes
import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from pydantic import ValidationError

from unrack.model.errors import NO_ROOM, Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.form import HANDOVER_PREFIX

LARGEST = 64 * 1024 * 1024
"""Bytes; a piece of evidence larger than this is refused."""

_SYSTEM_ERROR = re.compile(r"\(os error ([0-9]+)\)$")

_REFERENCE = re.compile(rf"{HANDOVER_PREFIX}([0-9a-f]{{32}})")


class EvidenceStore:
    """Keeps evidence and hands over secrets. Every failure is an `UnrackError`."""

    def __init__(self, url: str) -> None:
        """Open the store at `url`: ``file:///folder`` (made when missing) or ``s3://bucket/prefix``, say.

        Raises:
            UnrackError: nothing can be kept at `url`.
        """
        self.url = url
        self._store = _open(url)

    async def put(  # noqa: PLR0913  one argument per field of the reference
        self,
        content: bytes,
        *,
        type: str,  # noqa: A002  the word of the evidence model
        name: str,
        media_type: str,
        source: str,
        taken_at: datetime,
    ) -> EvidenceRef:
        """Keep `content`. The same content twice is kept once.

        Raises:
            UnrackError: the content is empty or too large, cannot be described, what the store holds under its digest
                was altered, or the store does not answer.
        """
        _refuse_size(name, len(content))
        digest = hashlib.sha256(content).hexdigest()
        with _described(name):
            reference = EvidenceRef(
                type=type,
                sha256=digest,
                size=len(content),
                media_type=media_type,
                name=name,
                taken_at=taken_at,
                source=source,
            )
        try:
            with _told(self.url, f"keep '{name}'"):
                await obstore.put_async(self._store, _path(reference), content, mode="create")
        except UnrackError as error:
            if error.problem.category is not Category.CONFLICT:
                raise
            await self.get(reference)  # kept before: what is there must be the same
        return reference

    async def put_file(
        self,
        path: Path,
        *,
        type: str,  # noqa: A002  the word of the evidence model
        source: str,
        taken_at: datetime,
    ) -> EvidenceRef:
        """Keep the file at `path` under its own name; the media type is guessed from it.

        Raises:
            UnrackError: the file is missing, unreadable, empty or too large.
        """
        content = await asyncio.to_thread(_read, path)
        guessed, _ = mimetypes.guess_type(path.name)
        media_type = guessed or "application/octet-stream"
        return await self.put(
            content, type=type, name=path.name, media_type=media_type, source=source, taken_at=taken_at
        )

    async def get(self, ref: EvidenceRef) -> bytes:
        """The content of `ref`, verified against its digest and size.

        Raises:
            UnrackError: the content is missing (``NOT_FOUND``) or was altered (``INVALID``).
        """
        with _told(self.url, f"read evidence '{ref.name}'", missing=_missing(self.url, ref)):
            response = await obstore.get_async(self._store, _path(ref))
            content = bytes(await response.bytes_async())
        if len(content) != ref.size or hashlib.sha256(content).hexdigest() != ref.sha256:
            raise UnrackError(_altered(self.url, ref, content))
        return content

    async def has(self, ref: EvidenceRef) -> bool:
        """Whether content of the digest and size of `ref` is kept; the content itself is not read."""
        try:
            with _told(self.url, f"look for evidence '{ref.name}'"):
                meta = await obstore.head_async(self._store, _path(ref))
        except UnrackError as error:
            if error.problem.category is Category.NOT_FOUND:
                return False
            raise
        return meta["size"] == ref.size

    async def hand_over(self, secret: str) -> str:
        """Keep `secret` until it is discarded; returns the reference that may be written into a task's field.

        Raises:
            UnrackError: the secret is empty or the store does not answer.
        """
        if not secret.strip():
            raise UnrackError(Problem(category=Category.INVALID, message="the secret to hand over is empty"))
        name = secrets.token_hex(16)
        with _told(self.url, "hand a secret over"):
            await obstore.put_async(self._store, f"handover/{name}", secret.encode(), mode="create")
        return f"{HANDOVER_PREFIX}{name}"

    async def take(self, reference: str) -> str:
        """The secret behind `reference`. It stays until `discard`, so that a second attempt finds it too.

        Raises:
            UnrackError: `reference` is not one, or its secret was discarded.
        """
        path = _handover_path(reference)
        with _told(self.url, "take a handed-over secret", missing=_nothing_handed_over(reference)):
            response = await obstore.get_async(self._store, path)
            return bytes(await response.bytes_async()).decode()

    async def discard(self, reference: str) -> None:
        """Forget the secret behind `reference`; forgetting it twice is fine."""
        path = _handover_path(reference)
        try:
            with _told(self.url, "discard a handed-over secret"):
                await obstore.delete_async(self._store, path)
        except UnrackError as error:
            if error.problem.category is not Category.NOT_FOUND:
                raise


def _open(url: str) -> ObjectStore:
    parts = urlsplit(url)
    try:
        folder = parts.scheme == "file" and not parts.netloc
        return _open_folder(Path(url2pathname(parts.path))) if folder else from_url(url)
    except (BaseError, ValueError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.STORAGE if _takes_nothing(error) else Category.INVALID,
                message=f"evidence cannot be kept at '{url}': {_first_line(error)}",
                suggestion="set UNRACK_EVIDENCE_URL to a folder (file:///…) or an object store (s3://bucket/prefix)",
            )
        ) from error


def _open_folder(folder: Path) -> LocalStore:
    for kept in (folder, folder / "handover"):  # both hold what only their owner may read
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)


def _read(path: Path) -> bytes:
    problem = f"the evidence file '{path}'"
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise UnrackError(Problem(category=Category.INVALID, message=f"{problem} is not a file"))
        _refuse_size(str(path), size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND, message=f"there is no such file: {problem}", suggestion="check the path"
            )
        ) from error
    except OSError as error:
        raise UnrackError(
            Problem(category=Category.DENIED, message=f"{problem} cannot be read: {error.strerror}")
        ) from error


def _refuse_size(name: str, size: int) -> None:
    if size == 0:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"the evidence '{name}' is empty; empty evidence proves nothing",
                suggestion="attach the document itself",
            )
        )
    if size > LARGEST:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"the evidence '{name}' has {size} bytes; at most {LARGEST} are kept",
                suggestion="attach a smaller scan, or the page that proves the step",
            )
        )


@contextmanager
def _described(name: str) -> Generator[None]:
    """Say in words which part of a description the evidence model refuses."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"the evidence '{name}' cannot be described: {first['loc'][0]}: {first['msg']}",
                suggestion="an evidence type is written in lower-case letters, digits and hyphens, as removal-proof",
            )
        ) from error


def _path(ref: EvidenceRef) -> str:
    return f"sha256/{ref.sha256[:2]}/{ref.sha256[2:]}"


def _handover_path(reference: str) -> str:
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:
        raise UnrackError(
            Problem(  # the text itself is not repeated: it may be the secret
                category=Category.INVALID,
                message="this is not a reference to a handed-over secret",
                suggestion="hand the secret over first (`unrack handover`) and use the reference it prints",
            )
        )
    return f"handover/{matched[1]}"


def _missing(url: str, ref: EvidenceRef) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=f"the evidence '{ref.name}' (sha256:{ref.sha256}) is not in the store {url}",
        suggestion="restore it from a copy, or check UNRACK_EVIDENCE_URL",
        reference=_path(ref),
    )


def _altered(url: str, ref: EvidenceRef, content: bytes) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=f"the evidence '{ref.name}' in {url} was altered: {len(content)} bytes with "
        f"sha256:{hashlib.sha256(content).hexdigest()} instead of {ref.size} bytes with sha256:{ref.sha256}",
        suggestion="restore it from a copy; the run's history keeps the digest that it must have",
        reference=_path(ref),
    )


def _nothing_handed_over(reference: str) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=f"no secret is kept under {reference}: it was used, discarded, or handed to another store",
        suggestion="hand it over again (`unrack handover`)",
        reference=reference,
    )


@contextmanager
def _told(url: str, doing: str, missing: Problem | None = None) -> Generator[None]:
    """Translate the store's errors, once, into ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnrackError(
            missing or Problem(category=Category.NOT_FOUND, message=f"cannot {doing}: not in {url}")
        ) from error
    except AlreadyExistsError as error:
        raise UnrackError(Problem(category=Category.CONFLICT, message=f"cannot {doing}: it exists")) from error
    except (BaseError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.STORAGE if _takes_nothing(error) else Category.UNAVAILABLE,
                message=f"cannot {doing} in {url}: {_first_line(error)}",
                suggestion="check UNRACK_EVIDENCE_URL, the credentials of the store, and that it has space",
            )
        ) from error


def _takes_nothing(error: Exception) -> bool:
    """Whether the store's disk is full or read-only. `obstore` names the system's error by its number only."""
    told = _SYSTEM_ERROR.search(_first_line(error))
    number = error.errno if isinstance(error, OSError) else int(told[1]) if told else None
    return number in NO_ROOM


def _first_line(error: Exception) -> str:
    """The first line of an error; the rest of the library's text is its debug print."""
    return (str(error).splitlines() or [type(error).__name__])[0]
