"""The catalogues: English texts, with their translations.

A text is looked up as it stands, a message by its template; its values are then said in their turn, so that a sentence
inside a sentence is translated too. Nothing that was said is taken apart again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from unrack.i18n.dates import in_words
from unrack.model.message import PLACEHOLDER, Message, Verbatim
from unrack.model.translation import key_of

HERE = Path(__file__).parent
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.stem for path in HERE.glob("*.po")))
"""The languages of the program."""

_SEPARATORS: Mapping[str, tuple[tuple[str, str], ...]] = {"fr": (("; ", " ; "), (": ", " : "))}
"""How a language spaces what stands between two texts."""

_LETTER = re.compile("[A-Za-z]")
_MARKUP = re.compile(r"\[/?[a-z ]*\]")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language."""

    language: str
    texts: Mapping[str, str]

    @classmethod
    def of(cls, language: str, entries: Mapping[str, str]) -> "Catalogue":
        """From English texts and what they are in `language`; an empty translation says the English."""
        return cls(language, {text: says for text, says in entries.items() if says})

    def say(self, text: str, more: Mapping[str, str]) -> str:
        """`text` in this language: whole, or else line by line; what is not known stays English.

        Args:
            text: A message, or a plain text.
            more: Texts of a runbook, by their key.
        """
        if isinstance(text, Verbatim):
            return text
        if not isinstance(text, Message) or not text.values:
            found = self._known(text, more)
            return text if found is None else found
        values = {name: self._value(value, more) for name, value in text.values.items()}
        return PLACEHOLDER.sub(lambda each: values.get(each[1], each[0]), self._template(text.template, more))

    def _value(self, value: str, more: Mapping[str, str]) -> str:
        said = self.say(value, more)
        return in_words(value, self.language) if said is value and not isinstance(value, Verbatim) else said

    def _template(self, template: str, more: Mapping[str, str]) -> str:
        found = self._known(template, more)
        if found is not None:
            return found
        wordless = not _LETTER.search(_MARKUP.sub("", PLACEHOLDER.sub("", template)))
        for sign, spaced in _SEPARATORS.get(self.language, ()) if wordless else ():
            template = template.replace(sign, spaced)
        return template

    def _known(self, text: str, more: Mapping[str, str]) -> str | None:
        """The translation of a whole text, or of the lines of it that have one."""
        whole = self._whole(text, more)
        if whole is not None or not text.strip():
            return whole
        lines = text.split("\n")
        said = [self._line(line, more) for line in lines]
        return None if said == lines else "\n".join(said)

    def _line(self, line: str, more: Mapping[str, str]) -> str:
        bare = line.strip()
        found = self._whole(bare, more) if bare else None
        return line if found is None else line.replace(bare, found, 1)

    def _whole(self, text: str, more: Mapping[str, str]) -> str | None:
        return self.texts.get(text) or (more.get(key_of(text)) if more else None)


@cache
def catalogue(language: str) -> Catalogue | None:
    """The catalogue of `language`; None where there is none: English needs none."""
    path = HERE / f"{language}.po"
    return Catalogue.of(language, dict(entries(path))) if path.is_file() else None


def entries(path: Path) -> Iterator[tuple[str, str]]:
    """Every text of a catalogue file with its translation; empty where it has none yet."""
    from babel.messages.pofile import read_po  # noqa: PLC0415  who reads English does not wait for it

    with path.open("rb") as file:
        for message in read_po(file):
            if isinstance(message.id, str) and message.id and isinstance(message.string, str):
                yield message.id, "" if message.fuzzy else message.string


def translate(text: str, language: str, translations: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """`text`, a message or a plain English text, in `language`.

    Args:
        text: One line or several.
        language: As ``fr``; one without a catalogue gives the text as it is.
        translations: What a runbook says in other languages, by language.
    """
    known = catalogue(language)
    more = (translations or {}).get(language, {})
    return Catalogue(language, {}).say(text, more) if known is None else known.say(text, more)
