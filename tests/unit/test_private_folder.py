"""Nobody but the owner looks into the data folder of an installation."""

import os
import stat
from pathlib import Path

import pytest

from unrack.model.errors import Category, UnrackError
from unrack.private_folder import closed


def mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_new_home_is_closed(tmp_path: Path) -> None:
    """So is every folder that had to be made on the way."""
    old = os.umask(0o022)
    try:
        closed(tmp_path / "data" / "unrack")
    finally:
        os.umask(old)

    assert [mode_of(tmp_path / "data"), mode_of(tmp_path / "data" / "unrack")] == [0o700, 0o700]


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o777, 0o704])
def test_an_open_home_is_closed(tmp_path: Path, mode: int) -> None:
    """Whoever made it."""
    tmp_path.chmod(mode)

    closed(tmp_path)

    assert mode_of(tmp_path) == 0o700


@pytest.mark.parametrize(("mode", "refused"), [(0o755, True), (0o770, False)])
def test_a_home_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, refused: bool
) -> None:
    """Where everybody may look into it; a volume may be shared with a group."""
    tmp_path.chmod(mode)

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", denied)

    if not refused:
        assert closed(tmp_path) == tmp_path
        return
    with pytest.raises(UnrackError, match="every user of this machine") as raised:
        closed(tmp_path)
    assert raised.value.problem.category is Category.DENIED


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    """A file in its place is an error that names it."""
    (tmp_path / "home").touch()

    with pytest.raises(UnrackError, match="cannot be used"):
        closed(tmp_path / "home" / "below")
