"""The types of OVHcloud's answers are those of its published descriptions."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conformance import ovh_types
from tests.conformance.ovh_schema import find


@pytest.fixture
def folder() -> Path:
    found = find()
    if found is None:
        pytest.skip("OVHcloud's API descriptions are not here: set UNRACK_OVH_API to their folder")
    return found


def test_the_types_in_the_tree_are_written_from_what_is_published(folder: Path) -> None:
    """A description that changed, or a field that is read and was not written, fails here: run `make schemas`."""
    assert ovh_types.digest(ovh_types.definitions(folder)) in ovh_types.PUBLISHED.read_text(encoding="utf-8")


@pytest.mark.skipif(find_spec("datamodel_code_generator") is None, reason="the generator is not installed")
def test_nobody_wrote_into_the_types_by_hand(folder: Path) -> None:
    """Written anew, they are the same."""
    assert ovh_types.written(ovh_types.definitions(folder)) == ovh_types.PUBLISHED.read_text(encoding="utf-8")


@pytest.mark.parametrize("named", [None, "", "nowhere"])
def test_without_the_descriptions_nothing_is_changed(
    named: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make schemas` on a machine that has no copy: exit code 2, and what is missing is said."""
    monkeypatch.delenv("UNRACK_OVH_API", raising=False)
    if named is not None:
        monkeypatch.setenv("UNRACK_OVH_API", named)
    before = ovh_types.PUBLISHED.read_bytes()

    assert ovh_types.main() == 2
    assert "UNRACK_OVH_API names no folder" in capsys.readouterr().err
    assert ovh_types.PUBLISHED.read_bytes() == before
