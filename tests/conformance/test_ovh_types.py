"""The types of OVHcloud's answers are those of its published descriptions."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conformance import make_schemas, ovh_answers
from tests.conformance.make_schemas import MODULES, Module
from tests.conformance.ovh_schema import find
from unrack.simulator.ovhcloud import answers

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.path.stem)


@pytest.fixture
def folder() -> Path:
    found = find()
    if found is None:
        pytest.skip("OVHcloud's API descriptions are not here: set UNRACK_OVH_API to their folder")
    return found


@each_module
def test_the_types_in_the_tree_are_written_from_what_is_published(folder: Path, module: Module) -> None:
    """A description that changed, or a field that is used and was not written, fails here: run `make schemas`."""
    assert make_schemas.digest(module.read(folder)) in module.path.read_text(encoding="utf-8")


@each_module
@pytest.mark.skipif(find_spec("datamodel_code_generator") is None, reason="the generator is not installed")
def test_nobody_wrote_into_the_types_by_hand(folder: Path, module: Module) -> None:
    """Written anew, they are the same."""
    assert module.written(module.read(folder)) == module.path.read_text(encoding="utf-8")


@each_module
def test_their_licences_are_beside_them(folder: Path, module: Module) -> None:
    """Whoever has the types has the terms under which they may be used."""
    for licence in module.licences:
        assert (module.path.parent / Path(licence).name).read_bytes() == (folder / licence).read_bytes()


def test_a_type_of_an_answer_has_each_promised_field(folder: Path) -> None:
    """The simulator's types need every field that is published as never null, allow those that may be, and no other."""
    for name, published in ovh_answers.definitions(folder)["$defs"].items():
        kept = getattr(answers, name)
        assert kept.__required_keys__ == set(published["required"]), name
        assert kept.__required_keys__ | kept.__optional_keys__ == set(published["properties"]), name


def test_no_answer_of_an_area_is_without_a_type() -> None:
    """So pyright refuses, in each of them, a field that is missing or misnamed."""
    for file in (ovh_answers.SIMULATOR / "areas").glob("*.py"):
        assert "-> dict[" not in file.read_text(encoding="utf-8"), file.name


def test_a_type_that_nobody_published_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make schemas` says which type the simulator wants, before it writes anything."""
    (tmp_path / "areas.py").write_text("def view() -> answers.VrackTask | answers.VrackColour: ...", encoding="utf-8")
    monkeypatch.setattr(ovh_answers, "SIMULATOR", tmp_path)

    with pytest.raises(LookupError, match=r"no published answer has the type VrackColour$"):
        ovh_answers.definitions(folder)


@pytest.mark.parametrize("named", [None, "", "nowhere"])
def test_without_the_descriptions_nothing_is_changed(
    named: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make schemas` on a machine that has no copy: exit code 2, and what is missing is said."""
    monkeypatch.delenv("UNRACK_OVH_API", raising=False)
    if named is not None:
        monkeypatch.setenv("UNRACK_OVH_API", named)
    before = [module.path.read_bytes() for module in MODULES]

    assert make_schemas.main() == 2
    assert "UNRACK_OVH_API names no folder" in capsys.readouterr().err
    assert [module.path.read_bytes() for module in MODULES] == before
