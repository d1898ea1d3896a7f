"""Texts in the language of the reader: texts of the program, texts of runbooks, dates and durations.

Everything is first said, recorded and sent in English; it is translated where a person reads it. So histories, logs and
JSON know one language only, and an old run is read in French without having been told about it (ADR 14).

Each name is imported when it is first used: who only asks which languages there are does not wait for a catalogue.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from unrack.i18n.languages import ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from unrack.i18n.catalogue import translate
    from unrack.i18n.current import also_say, also_saying, choose, say, speak, speaking, spoken

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "also_say",
    "also_saying",
    "choose",
    "say",
    "speak",
    "speaking",
    "spoken",
    "translate",
]


def __getattr__(name: str) -> object:
    """Import and return `name`; see above."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"unrack.i18n.{'catalogue' if name == 'translate' else 'current'}"), name)
