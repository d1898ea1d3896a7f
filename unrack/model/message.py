"""Texts for people that remember how they were made, so that another language needs no parser.

A `Message` is the English text wherever a string is wanted. Beside it, it keeps the template and the values it was
made of: who reads French gets the French template, with the same values. In a payload it travels as
``["{name} is overdue", {"name": "detach.pops"}]``; in a document for tools (``--json``) it is the English text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Self, SupportsIndex

PLACEHOLDER = re.compile(r"\{([a-z_]+[0-9]*)\}")


class Message(str):
    """English text with the template and the values it was made of."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, str]
    """Each of them a plain text, one that nobody translates (`verbatim`), or a message in its turn."""

    def __new__(cls, template: str, values: Mapping[str, str]) -> Self:
        """`template` with each ``{name}`` that `values` knows filled in."""
        text = super().__new__(cls, PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template))
        text.template, text.values = template, values
        return text

    def __str__(self) -> str:
        """Itself: the text of an error remembers how it was made, too."""
        return self

    def __add__(self, other: str) -> str:
        """Both, one after the other; neither forgets how it was made."""
        return Message("{begin}{end}", {"begin": self, "end": other})

    def __radd__(self, other: str) -> str:
        """Like `__add__`, after a plain text."""
        return Message("{begin}{end}", {"begin": other, "end": self})

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """A part of it; the whole remembers how it was made."""
        return self._unless_whole(super().__getitem__(key))

    def strip(self, chars: str | None = None, /) -> str:
        """See `str.strip`; what is taken off its template leaves a message."""
        return self._shorter(super().strip(chars), self.template.strip(chars))

    def rstrip(self, chars: str | None = None, /) -> str:
        """See `strip`."""
        return self._shorter(super().rstrip(chars), self.template.rstrip(chars))

    def _shorter(self, text: str, template: str) -> str:
        made = Message(template, self.values)
        return made if str.__eq__(made, text) else text

    def _unless_whole(self, part: str) -> str:
        return self if len(part) == len(self) else part

    def __reduce__(self) -> tuple[type[Self], tuple[str, dict[str, str]]]:
        """For copies and pickles."""
        return type(self), (self.template, dict(self.values))


class Verbatim(str):
    """A text that no catalogue may touch: what somebody wrote, or what is in the reader's language already."""

    __slots__ = ()


def verbatim(text: str) -> str:
    """`text` as somebody wrote it, in every language: a name, a reason, a ticket, an id."""
    return Verbatim(text)


def msg(template: str, /, **values: object) -> str:
    """The English text `template` for people, with its values.

    Args:
        template: As ``"{step} waits for {who}"``. Every catalogue is keyed by it.
        values: What each name stands for; a message among them is said in the reader's language, too.
    """
    return Message(template, {name: _plain(value) for name, value in values.items()})


def joined(separator: str, parts: Iterable[str]) -> str:
    """Like ``separator.join(parts)``; messages among the parts remember how they were made."""
    row = tuple(parts)
    if len(row) == 1:
        return row[0]
    if not any(isinstance(part, Message) for part in row):
        told = separator.join(row)
        return Verbatim(told) if row and all(isinstance(part, Verbatim) for part in row) else told
    names = [f"part{number}" for number in range(1, len(row) + 1)]
    return Message(separator.join(f"{{{name}}}" for name in names), dict(zip(names, row, strict=True)))


def _plain(value: object) -> str:
    return value if isinstance(value, Message | Verbatim) else str(value)
