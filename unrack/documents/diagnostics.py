"""A fault in a file: its place, its message and the probable correction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from unrack.model.message import joined, msg, verbatim

_NO_TRANSLATIONS: Mapping[str, Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file, counted from 1; ``Place(0, 0)`` is the file as a whole."""

    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong in a file that a person wrote."""

    file: str
    line: int
    """From 1; 0 when it concerns the file as a whole."""
    column: int
    """From 1, in characters."""
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        """``file:line:column: message. suggestion``, as editors and terminals make clickable."""
        position = f":{self.line}:{self.column}" if self.line else ""
        text = joined(" ", (_sentence(part) for part in (self.message, self.suggestion) if part))
        return f"{self.file}{position}: " + text if self.file else text

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """Orders diagnostics as a reader meets them."""
        return (self.file, self.line, self.column, self.message)


class InputError(Exception):
    """A file or value that a person wrote cannot be used; carries everything that is wrong with it at once."""

    def __init__(
        self, diagnostics: Iterable[Diagnostic], translations: Mapping[str, Mapping[str, str]] = _NO_TRANSLATIONS
    ) -> None:
        """Keep `diagnostics` in reading order, each once.

        Args:
            diagnostics: The faults.
            translations: The runbook's texts in other languages, by language. A diagnostic may quote them.
        """
        self.translations = translations
        self.diagnostics: tuple[Diagnostic, ...] = tuple(sorted(set(diagnostics), key=lambda found: found.sort_key))
        super().__init__(str(self))

    def __str__(self) -> str:
        """Every diagnostic on its own line."""
        return joined("\n", (str(diagnostic) for diagnostic in self.diagnostics))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion for a mistyped `name`: the nearest of `known`, or else all of them."""
    names = sorted(set(known))
    nearest = get_close_matches(name, names, n=1, cutoff=0.6)
    if nearest:
        return msg("Did you mean '{nearest}'?", nearest=verbatim(nearest[0]))
    return msg("Known here: {join}", join=verbatim(", ".join(names))) if names else ""


def listed(names: Sequence[str]) -> str:
    """Names as a person writes them: ``a``, ``a and b``, ``a, b and c``."""
    *head, last = names or (msg("nothing"),)
    return msg("{names} and {last}", names=joined(", ", head), last=last) if head else last


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else text + "."
