"""The catalogues say everything that the program says, and nothing in them gets lost or mixed up."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from unrack.i18n.catalogue import HERE, Catalogue, entries
from unrack.i18n.extract import ROOT, SPEAKING, Said, said
from unrack.model.message import PLACEHOLDER
from unrack.runbook.translation import load_translations

LANGUAGES = sorted(path.stem for path in HERE.glob("*.po"))


@cache
def _said() -> tuple[Said, ...]:
    """Every text that the program says, looked for once."""
    return tuple(said())


@cache
def _parsed(path: Path) -> ast.Module:
    """The code of a file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_every_text(language: str) -> None:
    """A text without its translation fails here: `python -m unrack.i18n.extract`, then translate what is empty."""
    translated = {text for text, says in entries(HERE / f"{language}.po") if says}

    assert sorted({each.text for each in _said()} - translated) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_nothing_that_nobody_says(language: str) -> None:
    """A changed text leaves no old one behind."""
    assert sorted({text for text, _ in entries(HERE / f"{language}.po")} - {each.text for each in _said()}) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_values_and_marks(language: str) -> None:
    """Every value of a text is in its translation, colours open and close, and commands stay commands."""
    both = [(text, says) for text, says in entries(HERE / f"{language}.po") if says]

    assert [text for text, says in both if _kept(text) != _kept(says)] == []


def _kept(text: str) -> list[set[str]]:
    """What a translation must not lose: values, colours, options and commands."""
    patterns = (PLACEHOLDER.pattern, r"\[/?[a-z ]*\]", r"--[a-z][a-z-]+", r"`(unrack [a-z]+)")
    return [set(re.findall(pattern, text)) for pattern in patterns]


@cache
def _messages() -> tuple[tuple[str, ast.Call, bool], ...]:
    return tuple(_found_messages())


def _found_messages() -> Iterator[tuple[str, ast.Call, bool]]:
    """Every call of ``msg``: where it stands, the call, and whether an f-string is around it."""
    files = [path for folder in SPEAKING for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in files:
        tree = _parsed(path)
        inside = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "msg":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node, id(node) in inside


def test_every_message_is_given_the_values_of_its_template() -> None:
    """A name without a value would be shown as ``{name}``, and a value without a name would be lost."""
    wrong: list[str] = []
    for place, call, _ in _messages():
        if place.startswith("unrack/i18n/values.py"):  # these are only named there
            continue
        match call.args[0]:
            case ast.Constant(value=str(template)):
                if set(PLACEHOLDER.findall(template)) != {each.arg for each in call.keywords}:
                    wrong.append(f"{place}: {template}")
            case _:
                pass

    assert wrong == []


def test_no_message_loses_itself_in_a_plain_text() -> None:
    """An f-string around a message forgets how it was made, so that its template is never looked up again."""
    assert [place for place, _, lost in _messages() if lost] == []


_TELLS = frozenset(
    {
        *("Problem", "invalid", "unasked", "accepted", "already", "conflict", "refused", "not_open", "write_new"),
        *("note", "notify", "notify_soon", "Notice", "Checkup", "ok", "missing", "from_error", "add_column"),
    }
)
"""What is called with a text for people, in `_TOLD_BY`; there also `print`, of a console."""

_TOLD_BY = ("workflows", "activities", "unrack/operations", "unrack/audit", "unrack/cli")
_ONLY_ENGLISH = ("unrack/cli/render/history.py",)
"""The timeline and the verdicts of auditors have one language (ADR 14)."""

_PROSE = re.compile(r"[A-Za-z]{2,}")


def _plain_texts() -> Iterator[str]:
    """Every plain text, or f-string, that is handed to somebody who tells it to people."""
    for path in (path for folder in _TOLD_BY for path in sorted((ROOT / folder).rglob("*.py"))):
        place = path.relative_to(ROOT).as_posix()
        for call in ast.walk(_parsed(path)):
            if isinstance(call, ast.Call) and place not in _ONLY_ENGLISH and _tells(call.func):
                told = [*call.args, *(each.value for each in call.keywords if each.arg in ("message", "suggestion"))]
                for text in (said for each in told for said in _prose(each)):
                    yield f"{place}:{call.lineno}: {text}"


def _tells(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return name in _TELLS
        case ast.Attribute(attr="print"):
            return True
        case ast.Attribute(attr=name):
            return name in _TELLS
        case _:
            return False


def _prose(said: ast.expr) -> Iterator[str]:
    """The words in a text that is no message; commands and options are typed as they stand."""
    match said:
        case ast.Constant(value=str(text)):
            words = text
        case ast.JoinedStr(values=values):
            words = "".join(str(each.value) if isinstance(each, ast.Constant) else "" for each in values)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from (*_prose(one), *_prose(other))
            return
        case _:
            return
    bare = re.sub(r"\[/?[a-z ]*\]", "", words).strip()
    if _PROSE.search(bare) and not bare.startswith(("unrack ", "--")):
        yield bare


def test_every_text_for_people_is_a_message() -> None:
    """A plain text reaches no catalogue, and an f-string is never found in one: both stay English in French."""
    names = {"SHA-256", "bytes\nsha256:"}

    assert [place for place in _plain_texts() if place.partition(": ")[2].strip(": ") not in names] == []


def _counted() -> Iterator[str]:
    """The nouns in calls as ``count(3, "run")``."""
    for path in sorted((ROOT / "unrack").rglob("*.py")):
        for call in ast.walk(_parsed(path)):
            match call:
                case (
                    ast.Call(func=ast.Name(id="count"), args=[_, ast.Constant(value=str(noun))])
                    | ast.Call(func=ast.Name(id="count"), args=[_, ast.Call(args=[ast.Constant(value=str(noun))])])
                ) if path.relative_to(ROOT).as_posix() not in _ONLY_ENGLISH:
                    yield noun
                case _:
                    pass


def test_every_counted_thing_has_its_french() -> None:
    """``count(3, "run")`` makes its text of the noun, where no extractor sees it."""
    known = {text for text, says in entries(HERE / "fr.po") if says}
    nouns = set(_counted())

    assert len(nouns) > 5
    assert {text for noun in nouns for text in (f"1 {noun}", f"{{number}} {noun}s")} - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_already_is_not_said_again(language: str) -> None:
    """A text may pass through twice, as a part and in its line; the second time changes nothing."""
    known = {text: says for text, says in entries(HERE / f"{language}.po") if says}
    catalogue = Catalogue.of(language, known)
    told = [says for text, says in known.items() if text != says and not PLACEHOLDER.search(says)]
    for runbook in sorted((Path(HERE).parents[1] / "runbooks").glob("*.yaml")):
        told += load_translations(runbook).get(language, {}).values()

    assert {text: again for text in told if (again := catalogue.say(text, {})) != text} == {}
