"""Runbooks in other languages: beside the English, complete, never older than it, and frozen with the plan."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.runbook.conftest import SERVICE
from unrack.documents.document import read_document
from unrack.model.request import Request
from unrack.model.service import ServiceFacts
from unrack.model.translation import key_of
from unrack.runbook import check_runbooks, compile_plan, load_runbook
from unrack.runbook.translation import skeleton, spoken

SHIPPED = Path(__file__).parents[3] / "runbooks"
NAME = "ovhcloud-connect-direct"


@pytest.fixture
def runbook(tmp_path: Path) -> Path:
    """A copy of the shipped runbook with its French."""
    path = tmp_path / f"{NAME}.yaml"
    path.write_text((SHIPPED / path.name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / path.name).write_text((SHIPPED / "fr" / path.name).read_text(encoding="utf-8"), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> int:
    """Replace `old` once; the line in which it stood."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def found(path: Path) -> list[tuple[str, int, str]]:
    """What is wrong: folder, line, message."""
    return [(Path(each.file).parent.name, each.line, each.message) for each in check_runbooks([path.parent])]


def test_a_complete_translation_is_in_order(runbook: Path) -> None:
    """Nothing to say; and the folder of a language is not taken for runbooks of its own."""
    assert found(runbook) == []


def test_a_changed_text_makes_its_translation_stale(runbook: Path) -> None:
    """Both ends are shown with their lines: the new text, which has none, and the old one, which is stale."""
    here = change(runbook, "title: No debt is open on the account", "title: The account owes nothing")
    french = (runbook.parent / "fr" / runbook.name).read_text(encoding="utf-8")
    there = french[: french.index("- en: No debt is open")].count("\n") + 1

    told = found(runbook)

    assert [(line, message.partition(":")[0]) for _, line, message in told] == [
        (there, "stale"),
        (here, f"this text has no translation in fr/{NAME}.yaml"),
    ]


def test_an_empty_translation_is_missing(runbook: Path) -> None:
    """What the tool wrote for a translator counts only once it is translated."""
    line = change(runbook.parent / "fr" / runbook.name, "fr: Aucune dette n'est ouverte sur le compte", 'fr: ""')

    assert [(place, message) for _, place, message in found(runbook)] == [(line, "this text is not translated yet")]


def test_a_translation_in_the_wrong_place_is_told(runbook: Path) -> None:
    """A file for another runbook, or of another language than its folder, translates nothing here."""
    change(runbook.parent / "fr" / runbook.name, f"runbook: {NAME}", "runbook: another")

    assert "stands where" in found(runbook)[0][2]


def test_a_translation_of_nothing_is_told(runbook: Path) -> None:
    """The runbook was renamed or removed, and its French stayed behind."""
    runbook.unlink()

    assert "there is no runbook" in found(runbook)[0][2]


def test_folding_makes_no_other_text(runbook: Path) -> None:
    """Lines may be broken anew on either side."""
    change(runbook, "explain: OVHcloud suspends for debt", "explain: >-\n        OVHcloud suspends\n        for debt")

    assert found(runbook) == []


def test_the_plan_carries_every_language(runbook: Path, facts: Callable[..., ServiceFacts]) -> None:
    """What a run says is fixed when it starts, in French too, and is part of what is approved."""
    request = Request.model_validate({"runbook": NAME, "service": {"id": SERVICE}, "reason": "moved"})
    plan, english = (compile_plan(load_runbook(path), request, facts()) for path in (runbook, alone(runbook)))

    task = plan.step("handover.remove-cross-connect")
    assert task.task
    assert plan.translations["fr"][key_of(task.title)] == "Faire retirer l'interconnexion par l'opérateur du datacenter"
    assert "dépose" in plan.translations["fr"][key_of(task.task.instructions)]
    assert plan.digest != english.digest
    left_out = "Hand over the token that OVHcloud mailed"
    assert left_out not in plan.translations["fr"]


def alone(runbook: Path) -> Path:
    """The same runbook without its French."""
    path = runbook.parent / "alone" / runbook.name
    path.parent.mkdir()
    path.write_text(runbook.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_the_tool_keeps_what_is_translated(runbook: Path) -> None:
    """Running it anew changes nothing in a complete file, byte for byte."""
    french = runbook.parent / "fr" / runbook.name

    assert skeleton(runbook, "fr", dict(load_runbook(runbook).translations["fr"])) == french.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_runbook_speaks_french(path: Path) -> None:
    """The documents and many operators are French: every text has its French, and no placeholder gets lost in it."""
    texts = load_runbook(path).translations.get("fr", {})

    said = {each.text: texts.get(key_of(each.text), "") for each in spoken(read_document(path).data) if each.text}
    assert [text for text, french in said.items() if not french] == []
    assert [text for text, french in said.items() if text.count("{") != french.count("{")] == []
