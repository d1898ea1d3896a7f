"""The catalogues: English texts, with their translations. A text with values in it is found by its pattern.

``Left out: {text}`` in a catalogue finds "Left out: detach.pause" and says "Laissé de côté : detach.pause". Values are
looked up themselves, so that a sentence inside a sentence is translated too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from unrack.i18n.dates import in_words
from unrack.i18n.languages import HERE
from unrack.model.message import PLACEHOLDER, Message
from unrack.model.translation import key_of

TYPED = {"number": r"[0-9]+", "duration": r"[0-9]+ [a-z]+(?:(?:, | and )[0-9]+ [a-z]+)*"}
"""Placeholders that stand for values of one form only; every other one for any text."""
_MARKED = re.compile(r"(\[[a-z ]+\]\s*|• )(.+?)((?:\[/\])?)")
"""A text in colour, or on a list."""
_PLACED = re.compile(r"(\S+:[0-9]+:[0-9]+: |[a-z]+(?:_[a-z]+)*: )(.+)")
"""A mistake in a file, after its place, or in a setting, after its name."""
_SENTENCE_ENDS = re.compile(r"(?<=[.?!]) ")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with values in it."""

    regex: re.Pattern[str]
    literal: str
    """Its longest part without a value, to find it by quickly."""
    weight: int
    """How many characters it has besides its values: the more, the surer."""
    says: str

    @classmethod
    def of(cls, text: str, says: str) -> "Pattern":
        """The pattern for the English `text`."""
        parts = PLACEHOLDER.split(text)
        literals, names = parts[::2], parts[1::2]
        body = re.escape(literals[0])
        for name, literal in zip(names, literals[1:], strict=True):
            body += f"(?P<{name}>{TYPED.get(name, '.*?')})" + re.escape(literal)
        return cls(re.compile(body), max(literals, key=len), sum(map(len, literals)), says)


@dataclass(slots=True)
class Catalogue:
    """One language."""

    language: str
    texts: Mapping[str, str]
    patterns: tuple[Pattern, ...] = ()

    @classmethod
    def of(cls, language: str, entries: Mapping[str, str]) -> "Catalogue":
        """From English texts and what they are in `language`; an empty translation says the English."""
        said = {text: says for text, says in entries.items() if says}
        patterns = [Pattern.of(text, says) for text, says in said.items() if PLACEHOLDER.search(text)]
        return cls(language, said, tuple(sorted(patterns, key=lambda each: -each.weight)))

    def say(self, text: str, more: Mapping[str, str]) -> str:
        """`text` in this language: whole, or else line by line; what is not known stays English.

        Args:
            text: What was said in English.
            more: Texts of a runbook, by their key.
        """
        if isinstance(text, Message) and text.values:
            return self._message(text, more)
        whole = self._find(text, more)
        if whole is not None:
            return whole
        return (
            "\n".join(self._line(line, more) for line in text.split("\n")) if "\n" in text else self._line(text, more)
        )

    def _message(self, text: Message, more: Mapping[str, str]) -> str:
        """The template in this language, with each value said in its turn."""
        values = {name: self._inner(value, more) for name, value in text.values.items()}
        return PLACEHOLDER.sub(lambda each: values.get(each[1], each[0]), self._template(text.template))

    def _inner(self, value: str, more: Mapping[str, str]) -> str:
        return self._message(value, more) if isinstance(value, Message) and value.values else self._value(value, more)

    def _template(self, template: str) -> str:
        whole = self.texts.get(template)
        if whole is not None:
            return whole
        lines = [
            line.replace(line.strip(), self.texts.get(line.strip(), line.strip()), 1) for line in template.split("\n")
        ]
        return "\n".join(lines)

    def _line(self, line: str, more: Mapping[str, str]) -> str:
        bare = line.strip()
        found = (self._find(bare, more) or self._sentences(bare, more)) if bare else None
        return line if found is None else line.replace(bare, found, 1)

    def _sentences(self, text: str, more: Mapping[str, str]) -> str | None:
        """What is wrong in a file, and what was probably meant: two texts in one line, after the place in the file."""
        placed = _PLACED.fullmatch(text)
        place, said = (placed[1], placed[2]) if placed else ("", text)
        cuts = [(said[: cut.start()], said[cut.end() :]) for cut in _SENTENCE_ENDS.finditer(said)]
        halves = [(self._sentence(first, more), self._sentence(rest, more), rest) for first, rest in cuts]
        both = next((f"{place}{first} {second}" for first, second, _ in halves if first and second), None)
        whole = self._sentence(said, more)
        if both or whole or not placed:
            return both or (None if whole is None else f"{place}{whole}")
        return next((f"{place}{first} {rest}" for first, _, rest in halves if first), None)

    def _sentence(self, text: str, more: Mapping[str, str]) -> str | None:
        """`text`, whose full stop may not be its own."""
        whole = self._find(text, more)
        if whole is not None or not text.endswith("."):
            return whole
        found = self._find(text[:-1], more)
        return None if found is None else f"{found.rstrip('.')}."

    def _find(self, text: str, more: Mapping[str, str]) -> str | None:
        if text in self.texts:
            return self.texts[text]
        if more and (found := more.get(key_of(text))):
            return found
        for pattern in self.patterns:
            match = pattern.regex.fullmatch(text) if pattern.literal in text else None
            if match:
                return self._filled(pattern, match, more)
        marked = _MARKED.fullmatch(text)
        inner = self._find(marked[2], more) if marked else None
        return f"{marked[1]}{inner}{marked[3]}" if marked and inner is not None else None

    def _filled(self, pattern: Pattern, match: re.Match[str], more: Mapping[str, str]) -> str:
        values = {name: self._value(value, more) for name, value in match.groupdict().items()}
        return PLACEHOLDER.sub(lambda each: values.get(each[1], each[0]), pattern.says)

    def _value(self, value: str, more: Mapping[str, str]) -> str:
        """A value inside a text; one that only surrounds another text with marks is said by what it holds."""
        if not value or value.isdigit():
            return value
        found = self._find(value.strip(), more) or self._sentences(value.strip(), more)
        if found is not None:
            return value.replace(value.strip(), found, 1)
        if "; " in value:
            parts = value.split("; ")
            said = [self._value(part, more) for part in parts]
            return value if said == parts else " ; ".join(said)
        return in_words(value, self.language)


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
    """`text`, which was said in English, in `language`.

    Args:
        text: One line or several.
        language: As ``fr``; one without a catalogue gives the text as it is.
        translations: What a runbook says in other languages, by language.
    """
    known = catalogue(language)
    more = (translations or {}).get(language, {})
    if known is None:
        return more.get(key_of(text), text)
    return known.say(text, more)
