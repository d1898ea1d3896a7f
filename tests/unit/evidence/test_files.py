"""A proof is a file that people can open: a regular one, of the kind that its name says, under a readable name."""

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from unrack.evidence import store as evidence
from unrack.evidence.files import read_regular, readable
from unrack.evidence.sniffing import media_type_of
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(40)
JPEG = bytes.fromhex("ffd8ffe000104a46494600") + bytes(40)
ELF = b"\x7fELF\x02\x01\x01" + bytes(60)
WINDOWS = b"MZ\x90\x00\x03" + bytes(80)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(20)


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


WORD = archive("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("shot.png", PNG, "image/png"),
        ("shot.jpg", JPEG, "image/jpeg"),
        ("photo.heic", HEIC, "image/heic"),
        ("order.pdf", b"%PDF-1.4 x", "application/pdf"),
        ("mail.eml", b"From: a@example.net\r\n\r\nremoved", "message/rfc822"),
        ("note.txt", "BM: câble retiré".encode(), "text/plain"),
        ("note.txt", "c\xe2ble".encode("latin-1"), "text/plain"),
        ("note.txt", "MZ is in Mozambique".encode("utf-16"), "text/plain"),
        ("list.csv", b"a;b\n1;2\n", "text/csv"),
        ("letter.docx", WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("all.zip", archive("a.txt"), "application/zip"),
        ("letter", b"removed on Monday", "text/plain"),
        ("scan", PNG, "image/png"),
        ("session.cast9", b"\x00\x01\x02", "application/octet-stream"),
    ],
)
def test_the_kind_is_told_by_name_and_content(name: str, content: bytes, kind: str) -> None:
    """What people attach as proofs."""
    assert media_type_of(name, content) == kind


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("shot.png", ELF, "a program for Linux"),
        ("proof", ELF, "a program for Linux"),
        ("notes.txt", WINDOWS, "a program for Windows"),
        ("order.pdf", WINDOWS, "a program for Windows"),
        ("shot.png", JPEG, "image/jpeg, not image/png"),
        ("shot.png", b"a screenshot", "text, not image/png"),
        ("order.pdf", PNG, "image/png, not application/pdf"),
        ("order.pdf", b"<html>please log in</html>", "text, not application/pdf"),
        ("note.txt", PNG, "image/png, not text/plain"),
        ("letter.docx", archive("a.txt"), "a ZIP archive of another kind"),
        ("sheet.xlsx", WORD, "a ZIP archive of another kind"),
        ("letter.docx", b"PK\x03\x04 cut off" + bytes(20), "a ZIP archive of another kind"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(name: str, content: bytes, said: str) -> None:
    """A program passed as a screenshot, a login page saved as a PDF: nobody could read it years later."""
    with pytest.raises(UnrackError) as raised:
        media_type_of(name, content)

    assert raised.value.problem.category is Category.INVALID
    assert said in raised.value.problem.message
    assert "rename" in raised.value.problem.suggestion


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    """A pipe would be waited for, a device never ends."""
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    link = tmp_path / "zero.txt"
    link.symlink_to("/dev/zero")

    for path in (pipe, link, Path("/dev/null"), tmp_path):
        with pytest.raises(UnrackError, match=r"is not a file|cannot be read"):
            read_regular(path, 100, "the evidence file")


def test_reading_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the most is read, whatever the file's size was said to be when it was opened."""
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * 101)

    assert read_regular(path, 101, "the file") == b"x" * 101
    with pytest.raises(UnrackError, match="more than 100 bytes"):
        read_regular(path, 100, "the file")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"Best\xe4tigung.pdf", "Best\N{REPLACEMENT CHARACTER}tigung.pdf"),
        (b"a\nb\x1b[31m.pdf", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m.pdf"),
        ("Bestätigung n° 4.pdf".encode(), "Bestätigung n° 4.pdf"),
    ],
)
async def test_odd_names_are_kept_readable(tmp_path: Path, given: bytes, shown: str) -> None:
    """Names in Latin-1 are real after unzipping: the proof is kept, and its name can be printed."""
    path = tmp_path / os.fsdecode(given)
    path.write_bytes(b"%PDF-1.4 x")

    ref = await EvidenceStore((tmp_path / "store").as_uri()).put_file(
        path, type="panel-before", source="person:ann", taken_at=NOW
    )

    assert ref.name == shown == readable(path.name)


async def test_a_long_name_is_cut(tmp_path: Path) -> None:
    """File systems allow 255 bytes, the model more; nothing fails on it."""
    path = tmp_path / ("n" * 250 + ".txt")
    path.write_bytes(b"x")

    ref = await EvidenceStore((tmp_path / "store").as_uri()).put_file(
        path, type="panel-before", source="person:ann", taken_at=NOW
    )

    assert ref.name == path.name
    assert ref.size <= evidence.LARGEST
