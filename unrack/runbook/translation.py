"""The texts of a runbook in other languages: ``<language>/<name>.yaml`` beside it, both languages side by side.

Each text stands with its English original, in the order of the runbook. A changed original is therefore found: its old
translation is stale, and the new text has none.

``python -m unrack.runbook.translation fr runbooks/name.yaml`` writes or updates it; what is left empty is to be
translated.
"""

import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from unrack.documents.diagnostics import Diagnostic, InputError
from unrack.documents.document import Data, Document, Location, read_document
from unrack.documents.typed import type_errors, validated
from unrack.model.translation import Texts, key_of
from unrack.runbook.source import Slug, Source

_SPOKEN = frozenset({"title", "summary", "description", "explain", "label", "instructions", "no-undo"})
"""Fields that hold a text for people."""
_SPOKEN_LISTS = frozenset({"loses", "keeps", "taken-back"})
_SILENT = frozenset({"sources"})
"""Titles of documents stay as they are."""

_LANGUAGE = re.compile(r"[a-z]{2}")
_WIDTH = 116


class Pair(Source):
    """One text in both languages; every field but `en` is called like the language."""

    en: Annotated[str, Field(min_length=1)]
    fr: str | None = None
    de: str | None = None
    es: str | None = None
    it: str | None = None
    nl: str | None = None

    @property
    def translated(self) -> dict[str, str | None]:
        """The translations by language, as written."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set - {"en"})}


class Translation(Source):
    """The texts of one runbook in one language."""

    runbook: Slug
    """The name of the runbook."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    """As the folder is called."""
    texts: tuple[Pair, ...]
    """Every text of the runbook, in its order."""

    @model_validator(mode="after")
    def _speaks_its_language(self) -> "Translation":
        foreign = {name for pair in self.texts for name in pair.translated} - {self.language}
        if foreign:
            raise ValueError(f"the language is '{self.language}', but texts are given for {', '.join(sorted(foreign))}")
        return self


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text of a runbook and where it stands."""

    text: str
    at: Location


def spoken(data: Data, at: Location = ()) -> Iterator[Spoken]:
    """Every text for people in a runbook, in the order of the file."""
    if isinstance(data, list):
        for index, inner in enumerate(data):
            yield from spoken(inner, (*at, index))
        return
    for name, inner in (data if isinstance(data, dict) else {}).items():
        here = (*at, name)
        if name in _SPOKEN and isinstance(inner, str):
            yield Spoken(inner.strip(), here)
        elif name in _SPOKEN_LISTS and isinstance(inner, list):
            yield from (Spoken(text, (*here, index)) for index, text in enumerate(inner) if isinstance(text, str))
        elif name not in _SILENT:
            yield from spoken(inner, here)


def translated_by(path: Path) -> Path | None:
    """The runbook that the file at `path` translates; None when it is no translation.

    Raises:
        InputError: it translates a runbook that is not in the folder above, or cannot be read.
    """
    if not _LANGUAGE.fullmatch(path.parent.name):
        return None
    runbook = path.parents[1] / path.name
    if runbook.is_file():
        return runbook
    document = read_document(path)
    if isinstance(document.data, dict) and "texts" in document.data:
        raise InputError([document.diagnostic((), f"there is no runbook {runbook} that this could translate")])
    return None


def translations_of(runbook: Path) -> dict[str, Path]:
    """The files that translate `runbook`, by language."""
    files = (folder / runbook.name for folder in sorted(runbook.parent.glob("[a-z][a-z]")))
    return {path.parent.name: path for path in files if path.is_file()}


def load_translations(runbook: Path) -> dict[str, Texts]:
    """Every translation of `runbook`, by language. Missing or stale texts are skipped, and hinder nothing.

    Raises:
        InputError: a file cannot be read as a translation.
    """
    found: dict[str, Texts] = {}
    for language, path in translations_of(runbook).items():
        _, translation = _read(path)
        found[language] = _texts(translation)
    return found


def translation_errors(runbook: Document, path: Path) -> Iterator[Diagnostic]:
    """Yield each missing or stale text in the translations of the runbook at `path`, with its line."""
    for language, file in translations_of(path).items():
        try:
            document, translation = _read(file)
        except InputError as error:
            yield from error.diagnostics
            continue
        yield from _misplaced(document, translation, language, path)
        yield from _missing(runbook, document, translation)
        yield from _stale(runbook, document, translation)


def _misplaced(document: Document, translation: Translation, language: str, path: Path) -> Iterator[Diagnostic]:
    for name, wanted in (("language", language), ("runbook", path.stem)):
        if getattr(translation, name) != wanted:
            message = f"the file says {name} '{getattr(translation, name)}' and stands where '{wanted}' belongs"
            yield document.diagnostic((name,), message)


def _missing(runbook: Document, document: Document, translation: Translation) -> Iterator[Diagnostic]:
    empty = {
        key_of(pair.en): index for index, pair in enumerate(translation.texts) if not _said(pair, translation.language)
    }
    known, told = _texts(translation), set[str]()
    for each in spoken(runbook.data):
        key = key_of(each.text)
        if not key or key in known or key in told:
            continue
        told.add(key)
        if key in empty:
            at = ("texts", empty[key], translation.language)
            yield document.diagnostic(at, "this text is not translated yet", "Translate it")
        else:
            file = f"{translation.language}/{Path(document.file).name}"
            message = f"this text has no translation in {file}: '{textwrap.shorten(key, 60, placeholder='…')}'"
            yield runbook.diagnostic(each.at, message, "Add it there, with this text as 'en'")


def _stale(runbook: Document, document: Document, translation: Translation) -> Iterator[Diagnostic]:
    known, seen = {key_of(each.text) for each in spoken(runbook.data)}, dict[str, int]()
    for index, pair in enumerate(translation.texts):
        key, at = key_of(pair.en), ("texts", index, "en")
        if key not in known:
            message = "stale: no text of the runbook reads so any more"
            yield document.diagnostic(at, message, "Translate the new text, and remove this one")
        elif key in seen:
            first = document.place(("texts", seen[key], "en")).line
            yield document.diagnostic(at, f"this text is translated twice; first in line {first}", "Keep one of them")
        seen.setdefault(key, index)


def _texts(translation: Translation) -> Texts:
    said = ((key_of(pair.en), _said(pair, translation.language)) for pair in translation.texts)
    return {key: text for key, text in said if text}


def _said(pair: Pair, language: str) -> str:
    return (pair.translated.get(language) or "").strip()


def _read(path: Path) -> tuple[Document, Translation]:
    document = read_document(path)
    found = type_errors(Translation, document)
    if found:
        raise InputError(found)
    return document, validated(Translation, document.data)


def skeleton(runbook: Path, language: str, known: Mapping[str, str]) -> str:
    """The file that translates `runbook`: `known` translations filled in, the others empty."""
    told: dict[str, str] = {}
    for each in spoken(read_document(runbook).data):
        if each.text:
            told.setdefault(key_of(each.text), each.text)
    lines = [
        "# yaml-language-server: $schema=../translation.schema.json",
        "#",
        f"# Each text of ../{runbook.name} with its translation, in the same order.",
        "# When a text there changes, its entry here is stale: `unrack runbook check` says which.",
        "",
        f"runbook: {runbook.stem}",
        f"language: {language}",
        "texts:",
    ]
    for key, text in told.items():
        lines += [_entry("- en", text), _entry("  " + language, known.get(key, ""))]
    return "\n".join(lines) + "\n"


def _entry(name: str, text: str) -> str:
    indented = "      "
    if "\n" in text:
        return f"  {name}: |-\n" + textwrap.indent(text, indented)
    if len(text) <= _WIDTH - len(indented):
        return f"  {name}: {_scalar(text)}"
    lines = textwrap.wrap(text, _WIDTH - len(indented), break_on_hyphens=False, break_long_words=False)
    return f"  {name}: >-\n" + textwrap.indent("\n".join(lines), indented)


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[^\W\d_][^:#\[\]{}\"`%]*[^:#\s\[\]{}\"`%]", text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def main(arguments: list[str]) -> None:
    """Write or update the translations into the first argument's language of the runbooks named after it."""
    language, *paths = arguments
    for runbook in map(Path, paths):
        known = load_translations(runbook).get(language, {})
        path = runbook.parent / language / runbook.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(skeleton(runbook, language, known), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
