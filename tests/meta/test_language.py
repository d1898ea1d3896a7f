"""The catalogues say everything that the program says, and nothing in them gets lost or mixed up."""

import re

import pytest

from unrack.i18n.catalogue import PLACEHOLDER, Catalogue, entries
from unrack.i18n.extract import said
from unrack.i18n.languages import HERE
from unrack.runbook.translation import load_translations

_VALUES = {"number": "7", "duration": "7 x"}
LANGUAGES = sorted(path.stem for path in HERE.glob("*.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_every_text(language: str) -> None:
    """A text without its translation fails here: `python -m unrack.i18n.extract`, then translate what is empty."""
    translated = {text for text, says in entries(HERE / f"{language}.po") if says}

    assert sorted({each.text for each in said()} - translated) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_nothing_that_nobody_says(language: str) -> None:
    """A changed text leaves no old one behind."""
    assert sorted({text for text, _ in entries(HERE / f"{language}.po")} - {each.text for each in said()}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_values_and_marks(language: str) -> None:
    """Every value of a text is in its translation, colours open and close, and commands stay commands."""
    both = [(text, says) for text, says in entries(HERE / f"{language}.po") if says]

    assert [text for text, says in both if _kept(text) != _kept(says)] == []


def _kept(text: str) -> list[set[str]]:
    """What a translation must not lose: values, colours, options and commands."""
    patterns = (PLACEHOLDER.pattern, r"\[/?[a-z ]*\]", r"--[a-z][a-z-]+", r"`(unrack [a-z]+)")
    return [set(re.findall(pattern, text)) for pattern in patterns]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_with_values_is_found_again(language: str) -> None:
    """With values filled in, each pattern finds its own text and no other one's."""
    known = {text: says for text, says in entries(HERE / f"{language}.po") if says}
    catalogue = Catalogue.of(language, known)
    wrong: dict[str, str] = {}
    for text, says in known.items():
        names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
        values = {name: _VALUES.get(name, f"x{index}y") for index, name in enumerate(names)}
        if re.search(r"\}\{", text):
            continue  # where two values touch, only both together can be told
        found = catalogue.say(_filled(text, values), {})
        if found != _filled(says, values):
            wrong[text] = found

    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_already_is_not_said_again(language: str) -> None:
    """A text may pass through twice, as a part and in its line; the second time changes nothing."""
    known = {text: says for text, says in entries(HERE / f"{language}.po") if says}
    catalogue = Catalogue.of(language, known)
    told = [says for text, says in known.items() if text != says and not PLACEHOLDER.search(says)]
    for runbook in sorted((HERE.parents[1] / "runbooks").glob("*.yaml")):
        told += load_translations(runbook).get(language, {}).values()

    assert {text: again for text in told if (again := catalogue.say(text, {})) != text} == {}


def _filled(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda each: values[each[1]], text)
