"""A handed-over secret is what was meant, is seen by its owner only, and does not stay."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from unrack.evidence.handover import KEPT_FOR, secret_in
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import UnrackError

LINK = "https://www.ovh.com/manager/#/billing/confirmTerminate?id=4711&token=AbCdEf123456"


@pytest.mark.parametrize(
    "text",
    [
        "AbCdEf123456",
        "\ufeffAbCdEf123456\r\n",
        "  AbCdEf123456 \n",
        LINK,
        f"\ufeff{LINK}\r\n",
        LINK.replace("&", "&amp;"),
        f'Dear customer,\nconfirm here: <a href="{LINK}">{LINK}</a>\nor do nothing.',
    ],
)
def test_the_token_is_found_in_what_was_pasted(text: str) -> None:
    """Windows' mark is dropped, and of a mailed link the token is taken (ovh-api)."""
    assert secret_in(text) == "AbCdEf123456"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \ufeff \n", "empty"),
        ("https://www.ovh.com/support/resiliation/?action=cancel&t=AbC&n=xx1-ovh", "link without a token"),
        (f"{LINK}\n{LINK.replace('AbC', 'XyZ')}", "different tokens"),
        ("one\ntwo", "several lines"),
        ("x" * 100_000, "at most"),
    ],
)
def test_what_is_no_secret_is_refused(text: str, said: str) -> None:
    """Before anything is sent, and without repeating it."""
    with pytest.raises(UnrackError, match=said) as raised:
        secret_in(text)

    assert "AbC" not in str(raised.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


async def test_only_the_owner_reads_it(folder: Path) -> None:
    """Whatever the process lets others do with its files."""
    old = os.umask(0)
    try:
        await EvidenceStore(folder.as_uri()).hand_over("secret")
    finally:
        os.umask(old)

    (kept,) = (folder / "handover").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_an_open_folder_is_closed(folder: Path) -> None:
    """Also one that was made before, by hand."""
    (folder / "handover").mkdir(parents=True)
    for each in (folder, folder / "handover"):
        each.chmod(0o755)

    EvidenceStore(folder.as_uri())

    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder / "handover")] == [0o700, 0o700]


async def test_a_volume_that_is_shared_with_a_group_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to somebody else, so it cannot be closed; only its group may look into it."""
    (folder / "handover").mkdir(parents=True)
    for each in (folder, folder / "handover"):
        each.chmod(0o770)

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", denied)

    reference = await EvidenceStore(folder.as_uri()).hand_over("secret")

    assert reference.startswith("handover:")


@pytest.mark.parametrize("how", ["take", "hand_over", "forget_old"])
async def test_what_nobody_used_is_forgotten(folder: Path, how: str) -> None:
    """After a week it is neither given out nor kept, whoever comes by first."""
    store = EvidenceStore(folder.as_uri())
    reference = await store.hand_over("secret")
    (kept,) = (folder / "handover").iterdir()
    old = kept.stat().st_mtime - (KEPT_FOR + timedelta(hours=1)).total_seconds()
    os.utime(kept, (old, old))

    if how == "take":
        with pytest.raises(UnrackError, match="older than 7 days"):
            await store.take(reference)
    elif how == "hand_over":
        await store.hand_over("another")
    else:
        assert await store.forget_old() == 1

    assert not kept.exists()


async def test_what_is_young_stays(folder: Path) -> None:
    """Looking for old ones touches nothing else."""
    store = EvidenceStore(folder.as_uri())
    reference = await store.hand_over("secret")

    assert await store.forget_old() == 0
    assert await store.take(reference) == "secret"
