"""Hides secrets in logs: recognised by the name they stand under, by their shape, or because they are known."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, quote, unquote

from structlog.typing import EventDict, WrappedLogger

from unrack.process.settings import PREFIX, Settings

HIDDEN = "[hidden]"

_NAME = (
    r"(?:x-ovh-)?(?:application|consumer|client)[-_]?(?:key|secret|id)|x-ovh-(?:application|consumer|signature)"
    r"|authorization|api[-_]?key|[a-z0-9_-]*access[-_]?key(?:[-_]?id)?"
    r"|[a-z0-9_-]*(?:secret|password|passphrase|token)|cookie"
)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_NAMED_VALUE = re.compile(
    rf"""(?P<name>\b(?:{_NAME}))(?P<to>["']?\s*[:=]\s*["']?(?:Bearer\s+|Basic\s+)?)(?P<value>[^\s"',;&)}}\]]+)""",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_PLAIN = re.compile(
    r"[a-z_-]{1,15}|\d{1,5}|localhost(?::\d{1,5})?|(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|\d{1,3})(?::\d{1,5})?", re.ASCII
)
"""Parts of an address that are no secret by their form: words, small numbers, hosts with their ports."""
_SHORTEST = 6
"""Characters; a known value shorter than this would hide ordinary words."""


class Redactor:
    """A structlog processor: the last one before a line is written."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """Hide the values in `known` wherever they appear, beside what gives itself away."""
        values = sorted({value for value in known if len(value) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, values))) if values else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event without secrets."""
        return {key: self._clean(key, value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        text = _NAMED_VALUE.sub(rf"\g<name>\g<to>{HIDDEN}", text)
        return _IN_URL.sub(HIDDEN, text)

    def _clean(self, key: str, value: object) -> object:
        if _SECRET_NAME.fullmatch(key) and value is not None:
            return HIDDEN
        if isinstance(value, Mapping):
            mapping = cast("Mapping[object, object]", value)
            return {name: self._clean(str(name), inner) for name, inner in mapping.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean("", inner) for inner in cast("Iterable[object]", value)]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(value if isinstance(value, str) else str(value))


def known_secrets(settings: Settings, environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Every secret value that this process was given: in its environment, in files, in its settings."""
    places = (*settings.notify_urls, settings.tell_mail)
    return frozenset(
        {
            *(part for url in places if url is not None for part in _secret_parts(url.get_secret_value())),
            *_from_environment(environment),
            *_from_file(settings.credentials),
        }
    )


def _secret_parts(place: str) -> Iterator[str]:
    """Yield the parts of a notice address that may be its token, in the forms in which a library may say them.

    Each service has its token elsewhere: as the user, the host, a part of the path, an option. So it is everything but
    names of hosts and plain words. A plain word of the path is hidden with the path that it stands in.
    """
    address = re.sub(r"^[a-z]{2}:(?=[A-Za-z0-9+.-]+://)", "", place)  # a language, as in fr:mailto://
    whole = address.partition("://")[2] or address
    authority, slash, path = re.split(r"[?#]", whole, maxsplit=1)[0].partition("/")
    yield from (place, address, whole)
    if slash and path.strip("/"):
        yield from {f"/{path}", f"/{path.strip('/')}", f"/{quote(unquote(path))}"}
    user, _, host = authority.rpartition("@")
    name, _, password = user.partition(":")
    options = parse_qsl(whole.partition("?")[2])
    for secret in (user if password else "", password, *(value for key, value in options if _SECRET_NAME.search(key))):
        yield from {secret, unquote(secret), quote(unquote(secret), safe="")}
    for part in (name, host, *re.split(r"[:,]", host), *re.split(r"[:/?&=,;#]", whole.removeprefix(authority))):
        if part and not _PLAIN.fullmatch(unquote(part)):
            yield from {part, unquote(part), quote(unquote(part), safe="")}


def _from_environment(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if not name.startswith((PREFIX, "TEMPORAL_")) or not _SECRET_NAME.search(name.removesuffix("_FILE")):
            continue
        yield _content(Path(value)).strip() if name.endswith("_FILE") else value


def _from_file(path: Path | None) -> Iterator[str]:
    try:
        yield from _secret_strings("", tomllib.loads(_content(path)) if path else {})
    except tomllib.TOMLDecodeError:
        return  # whoever uses the credentials says what is wrong with them


def _secret_strings(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _secret_strings(key, inner)
    elif isinstance(value, str) and _SECRET_NAME.fullmatch(name):
        yield value


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # whoever uses the file says what is wrong with it
