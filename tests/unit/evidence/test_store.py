"""The evidence store keeps what proves a step, and notices when it is not what it was (S2.13)."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from unrack.evidence import store as evidence
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError
from unrack.model.evidence import EvidenceRef

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LETTER = b"%PDF-1.7 letter of authorisation"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def store(folder: Path) -> EvidenceStore:
    return EvidenceStore(folder.as_uri())


async def kept(store: EvidenceStore, content: bytes = LETTER) -> EvidenceRef:
    return await store.put(
        content, type="loa", name="loa.pdf", media_type="application/pdf", source="person:ann", taken_at=NOW
    )


def file_of(folder: Path, ref: EvidenceRef) -> Path:
    return folder / "sha256" / ref.sha256[:2] / ref.sha256[2:]


async def refusal(awaitable: object) -> Category:
    with pytest.raises(UnrackError) as raised:
        await awaitable  # type: ignore[misc]
    return raised.value.problem.category


async def test_what_was_put_is_got_back(store: EvidenceStore, folder: Path) -> None:
    """Content comes back byte for byte, and lies where its digest says."""
    ref = await kept(store)

    assert await store.get(ref) == LETTER
    assert await store.fault(ref) is None
    assert file_of(folder, ref).read_bytes() == LETTER
    assert (ref.size, ref.source, ref.taken_at) == (len(LETTER), "person:ann", NOW)


async def test_putting_twice_keeps_once(store: EvidenceStore, folder: Path) -> None:
    """The same content, put again, is the same reference and the same single file."""
    first, second = await kept(store), await kept(store)

    assert first == second
    assert [path for path in (folder / "sha256").rglob("*") if path.is_file()] == [file_of(folder, first)]


@pytest.mark.parametrize("altered", [b"#" + LETTER[1:], LETTER + b"!", b""])
async def test_altered_content_is_noticed(store: EvidenceStore, folder: Path, altered: bytes) -> None:
    """Content of another digest or size is refused when read, and not taken for kept when put again."""
    ref = await kept(store)
    file_of(folder, ref).write_bytes(altered)

    assert await refusal(store.get(ref)) is Category.INVALID
    assert await refusal(kept(store)) is Category.INVALID


async def test_missing_content_is_named(store: EvidenceStore, folder: Path) -> None:
    """Lost content is an error that names the evidence; asking whether it is there is not."""
    ref = await kept(store)
    file_of(folder, ref).unlink()

    with pytest.raises(UnrackError, match=r"loa\.pdf") as raised:
        await store.get(ref)

    assert raised.value.problem.category is Category.NOT_FOUND
    assert await store.fault(ref) is not None


async def test_empty_evidence_is_refused(store: EvidenceStore) -> None:
    """Nothing proves nothing."""
    assert await refusal(kept(store, b"")) is Category.INVALID


async def test_too_large_evidence_is_refused(
    store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece beyond the limit is refused before it is read."""
    monkeypatch.setattr(evidence, "LARGEST", 8)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(LETTER)

    assert await refusal(store.put_file(scan, type="loa", source="person:ann", taken_at=NOW)) is Category.INVALID


async def test_a_file_is_kept_under_its_name(store: EvidenceStore, tmp_path: Path) -> None:
    """A person's file brings its name and its media type along (S2.11)."""
    scan = tmp_path / "removal.pdf"
    scan.write_bytes(LETTER)

    ref = await store.put_file(scan, type="removal-proof", source="person:ann", taken_at=NOW)

    assert (ref.name, ref.media_type, ref.type) == ("removal.pdf", "application/pdf", "removal-proof")
    assert await store.get(ref) == LETTER


@pytest.mark.parametrize(
    ("name", "category"), [("absent.pdf", Category.NOT_FOUND), ("empty.pdf", Category.INVALID), (".", Category.INVALID)]
)
async def test_a_useless_file_is_refused(
    store: EvidenceStore, folder: Path, tmp_path: Path, name: str, category: Category
) -> None:
    """A missing or empty file, or a folder, is refused and nothing is kept."""
    (tmp_path / "empty.pdf").touch()

    assert await refusal(store.put_file(tmp_path / name, type="loa", source="person:ann", taken_at=NOW)) is category
    assert not (folder / "sha256").exists()


async def test_a_wrong_type_is_explained(store: EvidenceStore) -> None:
    """The evidence model's refusal reaches the person in words."""
    with pytest.raises(UnrackError, match="type") as raised:
        await store.put(LETTER, type="No Type", name="a", media_type="text/plain", source="person:ann", taken_at=NOW)

    assert raised.value.problem.category is Category.INVALID


async def test_a_secret_is_handed_over_until_discarded(store: EvidenceStore) -> None:
    """A secret can be taken again by a second attempt; once discarded it is gone, and discarding again is fine."""
    reference = await store.hand_over("the-mailed-token")

    assert reference.startswith("handover:")
    assert "mailed" not in reference
    assert [await store.take(reference), await store.take(reference)] == ["the-mailed-token"] * 2

    await store.discard(reference)
    await store.discard(reference)

    assert await refusal(store.take(reference)) is Category.NOT_FOUND


async def test_only_references_are_taken(store: EvidenceStore) -> None:
    """A secret pasted instead of its reference, or a path, is refused without repeating it."""
    for pasted in ("the-mailed-token", "handover:../sha256/aa", "handover:"):
        with pytest.raises(UnrackError) as raised:
            await store.take(pasted)
        assert raised.value.problem.category is Category.INVALID
        assert pasted not in raised.value.problem.model_dump_json()


async def test_the_folder_is_private(store: EvidenceStore, folder: Path) -> None:
    """Only its owner may look into the folder, which holds secrets for a while."""
    await store.hand_over("the-mailed-token")

    modes = await asyncio.to_thread(
        lambda: [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder / "handover")]
    )
    assert modes == [0o700, 0o700]


@pytest.mark.parametrize("url", ["nonsense", "ftp://host/x", "file://relative/x", "file:///dev/null/x"])
def test_a_useless_url_is_refused(url: str) -> None:
    """A store that cannot be is refused at once, with the setting to change."""
    with pytest.raises(UnrackError) as raised:
        EvidenceStore(url)

    assert "UNRACK_EVIDENCE_URL" in raised.value.problem.suggestion
