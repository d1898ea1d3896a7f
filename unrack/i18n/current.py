"""The language of whoever reads now: chosen once for a command, once for each request or recipient elsewhere."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from unrack.i18n.catalogue import translate
from unrack.i18n.dates import in_words
from unrack.i18n.languages import ENGLISH, LANGUAGES
from unrack.model.message import Verbatim

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)
_more: ContextVar[Mapping[str, Mapping[str, str]] | None] = ContextVar("more", default=None)

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""As POSIX ranks them."""


def spoken() -> str:
    """The language in which things are said now."""
    return _language.get()


def speak(language: str) -> None:
    """Say everything in `language` from here on, in this task or thread."""
    _language.set(language)


@contextmanager
def speaking(language: str) -> Generator[None]:
    """Say things in `language` inside the block."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def also_say(translations: Mapping[str, Mapping[str, str]]) -> None:
    """From here on, know what a plan says in other languages."""
    _more.set(translations)


@contextmanager
def also_saying(translations: Mapping[str, Mapping[str, str]]) -> Generator[None]:
    """Inside the block, know what a plan or task says in other languages."""
    token = _more.set(translations)
    try:
        yield
    finally:
        _more.reset(token)


def say(text: str) -> str:
    """`text`, a message or a plain English text, in the language of whoever reads now."""
    if isinstance(text, Verbatim):
        return text
    language = _language.get()
    return in_words(text, ENGLISH) if language == ENGLISH else translate(text, language, _more.get())


def choose(wanted: str | None, environment: Mapping[str, str]) -> str:
    """The language for a person: the one `wanted`, else that of their locale, as far as the program speaks it."""
    if wanted:
        return wanted if wanted in LANGUAGES else ENGLISH
    locale = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    language = re.split(r"[_.@-]", locale.lower(), maxsplit=1)[0]
    return language if language in LANGUAGES else ENGLISH
