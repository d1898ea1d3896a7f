"""Texts in several languages. The English text is the key, so that nothing else has to be kept in step."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

Texts: TypeAlias = dict[str, str]
"""From English texts, as `key_of` writes them, to those of one language."""

Translations: TypeAlias = dict[str, Texts]
"""By language, as ``fr``."""


_LONGEST_KEY, _BEGINNING = 100, 60


def key_of(text: str) -> str:
    """`text` on one line: how it is folded in a file makes no other text of it.

    Of a long text only the beginning, with a digest of the whole: a plan's translations travel through histories, where
    the text itself stands already.
    """
    line = " ".join(text.split())
    if len(line) <= _LONGEST_KEY:
        return line
    return f"{line[:_BEGINNING]}… {hashlib.sha256(line.encode()).hexdigest()[:16]}"


def of_these(translations: Mapping[str, Mapping[str, str]], content: object) -> Translations:
    """The part of `translations` that says texts of `content`, which is JSON-ready data or a text."""
    keys = {key_of(text) for text in _texts(content)}
    found = {
        language: {key: text for key, text in sorted(texts.items()) if key in keys}
        for language, texts in sorted(translations.items())
    }
    return {language: texts for language, texts in found.items() if texts}


def together(every: Iterable[Mapping[str, Mapping[str, str]]]) -> Translations:
    """Translations of several runbooks as one; of two that say the same text the last one counts."""
    found: Translations = {}
    for translations in every:
        for language, texts in translations.items():
            found.setdefault(language, {}).update(texts)
    return found


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for inner in cast("dict[Any, object]", content).values():
            yield from _texts(inner)
    elif isinstance(content, list | tuple):
        for inner in cast("list[object]", content):
            yield from _texts(inner)
