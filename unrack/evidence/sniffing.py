"""Checks a file's content against its name: a proof that nobody can open proves nothing."""

import io
import mimetypes
import zipfile
from pathlib import PurePath

import puremagic

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

_HEAD = 64 * 1024
"""Bytes at the beginning by which a kind is told."""

_UNKNOWN = "application/octet-stream"

_PROGRAMS = {
    b"\x7fELF": msg("a program for Linux"),
    b"MZ": msg("a program for Windows"),
    b"\xfe\xed\xfa": msg("a program for macOS"),
    b"\xcf\xfa\xed\xfe": msg("a program for macOS"),
    b"\xce\xfa\xed\xfe": msg("a program for macOS"),
    b"\xca\xfe\xba\xbe": "a program",
}

_TEXTS = frozenset({"message/rfc822", "application/json", "application/xml", "image/svg+xml", "application/x-yaml"})

_IN_CONTAINERS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word/",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xl/",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "ppt/",
    "application/vnd.oasis.opendocument.text": "content.xml",
    "application/vnd.oasis.opendocument.spreadsheet": "content.xml",
    "application/zip": "",
}
"""Kinds that are ZIP archives, with what stands in them: magic numbers take any archive for a Word document."""

_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")

_SAME = {"image/heic": "image/heif", "image/x-ms-bmp": "image/bmp", "image/jpg": "image/jpeg"}
"""Two words for one kind."""


def media_type_of(name: str, content: bytes) -> str:
    """The media type of `content`, as its name says and its content bears out.

    Raises:
        UnrackError: it is a program, or not what its name says (``INVALID``).
    """
    text = _is_text(content)
    program = None if text else next((what for magic, what in _PROGRAMS.items() if content.startswith(magic)), None)
    if program is not None:
        raise _refused(name, msg("its content is {program}", program=program))
    claimed = mimetypes.guess_type(name)[0]
    if claimed is None:
        return "text/plain" if text else _seen(content)[0]
    if not _bears_out(claimed, content, text=text):
        raise _refused(
            name, msg("its content is {named}, not {claimed}", named=_named(content, text=text), claimed=claimed)
        )
    return claimed


def _bears_out(claimed: str, content: bytes, *, text: bool) -> bool:
    """Whether `content` may be `claimed`; what nobody can tell by its content is believed."""
    if claimed in _IN_CONTAINERS:
        return _holds(content, _IN_CONTAINERS[claimed])
    if claimed.startswith("text/") or claimed in _TEXTS:
        return text
    if claimed.startswith("image/") or claimed == "application/pdf":
        return _SAME.get(claimed, claimed) in _seen(content)
    return True


def _is_text(content: bytes) -> bool:
    """Whether a person can read it: text in Unicode, or in an older encoding without control characters."""
    head = content[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not _CONTROL.intersection(head) and not head.startswith(b"%PDF")


def _seen(content: bytes) -> tuple[str, ...]:
    """The media types that the first bytes allow, likeliest first."""
    try:
        found = puremagic.magic_string(content[:_HEAD])  # pyright: ignore[reportUnknownMemberType]  # not fully typed
    except (puremagic.PureError, ValueError):
        return (_UNKNOWN,)
    kinds = [str(match.mime_type) for match in found if match.mime_type]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return tuple(_SAME.get(kind, kind) for kind in kinds) or (_UNKNOWN,)


def _holds(content: bytes, part: str) -> bool:
    """Whether it is a ZIP archive with something under `part`; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(entry.startswith(part) for entry in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _named(content: bytes, *, text: bool) -> str:
    kind = _seen(content)[0]
    if text:
        return "text"
    return (
        msg("a ZIP archive of another kind") if content.startswith(b"PK\x03\x04") else kind.replace(_UNKNOWN, "unknown")
    )


def _refused(name: str, what: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("the evidence '{name}' is not what its name says: {what}", name=PurePath(name).name, what=what),
            suggestion=msg("attach the document itself; where only the name is wrong, rename the file"),
        )
    )
