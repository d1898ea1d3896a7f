"""The evidence store: content addressed by SHA-256, in a local folder or any object store that `obstore` speaks.

Content lies under ``sha256/ab/cdef…`` (the digest, split after two digits), so that the same content is kept once and
a copy of the folder can be checked with ``sha256sum`` alone. Beside it lie secrets on their way (`Handover`).
"""

import asyncio
import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url
from pydantic import ValidationError

from unrack.evidence.files import read_regular, readable
from unrack.evidence.handover import Handover, store_of_folder
from unrack.evidence.sniffing import media_type_of
from unrack.evidence.telling import first_line, takes_nothing, told
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.message import msg

LARGEST = 64 * 1024 * 1024
"""Bytes; a piece of evidence larger than this is refused."""

_AT_ONCE = 1024 * 1024
"""Bytes that are held in memory while content is checked."""


class EvidenceStore(Handover):
    """Keeps evidence and hands over secrets. Every failure is an `UnrackError`."""

    def __init__(self, url: str) -> None:
        """Open the store at `url`: ``file:///folder`` (made when missing) or ``s3://bucket/prefix``, say.

        Raises:
            UnrackError: nothing can be kept at `url`.
        """
        folder = _folder_of(url)
        with _opened(url):
            super().__init__(url, store_of_folder(folder) if folder else from_url(url), folder)

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
            with told(self.url, f"keep '{name}'"):
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
        """Keep the file at `path` under its own name, made readable; its media type is told by name and content.

        Raises:
            UnrackError: the file is missing, unreadable, no regular file, empty, too large, a program, or not what its
                name says.
        """
        content = await asyncio.to_thread(read_regular, path, LARGEST, msg("the evidence file"))
        name = readable(path.name)
        _refuse_size(name, len(content))
        media_type = media_type_of(name, content)
        return await self.put(content, type=type, name=name, media_type=media_type, source=source, taken_at=taken_at)

    async def get(self, ref: EvidenceRef) -> bytes:
        """The content of `ref`, verified against its digest and size.

        Raises:
            UnrackError: the content is missing (``NOT_FOUND``) or was altered (``INVALID``).
        """
        with told(self.url, msg("read evidence '{name}'", name=ref.name), missing=_missing(self.url, ref)):
            response = await obstore.get_async(self._store, _path(ref))
            content = bytes(await response.bytes_async())
        digest = hashlib.sha256(content).hexdigest()
        if (len(content), digest) != (ref.size, ref.sha256):
            raise UnrackError(_altered(self.url, ref, len(content), digest))
        return content

    async def get_by_digest(self, sha256: str) -> bytes:
        """The content with this digest, of which nothing else is known, verified against it.

        Raises:
            UnrackError: the store has none (``NOT_FOUND``), or what it has was altered (``INVALID``).
        """
        with told(self.url, msg("read evidence sha256:{sha}", sha=sha256), missing=_none(self.url, sha256)):
            response = await obstore.get_async(self._store, _place(sha256))
            content = bytes(await response.bytes_async())
        if (found := hashlib.sha256(content).hexdigest()) != sha256:
            raise UnrackError(_other(self.url, sha256, found))
        return content

    async def fault(self, ref: EvidenceRef) -> Problem | None:
        """Return the problem with the stored content of `ref`: missing, or altered; None if it is intact.

        The whole content is read, a piece at a time.

        Raises:
            UnrackError: the store does not answer.
        """
        size, digest = 0, hashlib.sha256()
        try:
            with told(self.url, msg("look for evidence '{name}'", name=ref.name), missing=_missing(self.url, ref)):
                response = await obstore.get_async(self._store, _path(ref))
                async for chunk in response.stream(min_chunk_size=_AT_ONCE):
                    size += len(chunk)
                    digest.update(chunk)
        except UnrackError as error:
            if error.problem.category is Category.NOT_FOUND:
                return error.problem
            raise
        return (
            None
            if (size, digest.hexdigest()) == (ref.size, ref.sha256)
            else _altered(self.url, ref, size, digest.hexdigest())
        )


def _folder_of(url: str) -> Path | None:
    """The folder that `url` names; None for an object store."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and not parts.netloc else None


@contextmanager
def _opened(url: str) -> Generator[None]:
    try:
        yield
    except (BaseError, ValueError, OSError) as error:
        raise UnrackError(
            Problem(
                category=Category.STORAGE if takes_nothing(error) else Category.INVALID,
                message=msg("evidence cannot be kept at '{url}': {first_line}", url=url, first_line=first_line(error)),
                suggestion=msg(
                    "set UNRACK_EVIDENCE_URL to a folder of your own (file:///…) or an object store "
                    "(s3://bucket/prefix)"
                ),
            )
        ) from error


def _refuse_size(name: str, size: int) -> None:
    if size == 0:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("the evidence '{name}' is empty; empty evidence proves nothing", name=name),
                suggestion=msg("attach the document itself"),
            )
        )
    if size > LARGEST:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "the evidence '{name}' has {size} bytes; at most {largest} are kept",
                    name=name,
                    size=size,
                    largest=LARGEST,
                ),
                suggestion=msg("attach a smaller scan, or the page that proves the step"),
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
                message=msg(
                    "the evidence '{name}' cannot be described: {first}: {first2}",
                    name=name,
                    first=first["loc"][0],
                    first2=first["msg"],
                ),
                suggestion=msg(
                    "an evidence type is written in lower-case letters, digits and hyphens, as removal-proof"
                ),
            )
        ) from error


def _path(ref: EvidenceRef) -> str:
    return _place(ref.sha256)


def _place(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256[2:]}"


def _none(url: str, sha256: str) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=msg("nothing with sha256:{sha} is in the store {url}", sha=sha256, url=url),
        suggestion=msg("restore it from a copy, or check UNRACK_EVIDENCE_URL"),
        reference=_place(sha256),
    )


def _other(url: str, sha256: str, found: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg("what is in {url} as sha256:{sha} has sha256:{found}", url=url, sha=sha256, found=found),
        suggestion=msg("restore it from a copy"),
        reference=_place(sha256),
    )


def _missing(url: str, ref: EvidenceRef) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=msg(
            "the evidence '{name}' (sha256:{sha}) is not in the store {url}", name=ref.name, sha=ref.sha256, url=url
        ),
        suggestion=msg("restore it from a copy, or check UNRACK_EVIDENCE_URL"),
        reference=_path(ref),
    )


def _altered(url: str, ref: EvidenceRef, size: int, sha256: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg(
            "the evidence '{name}' in {url} was altered: {size} bytes with sha256:{sha} instead of "
            "{size2} bytes with sha256:{sha2}",
            name=ref.name,
            url=url,
            size=size,
            sha=sha256,
            size2=ref.size,
            sha2=ref.sha256,
        ),
        suggestion=msg("restore it from a copy; the run's history keeps the digest that it must have"),
        reference=_path(ref),
    )
