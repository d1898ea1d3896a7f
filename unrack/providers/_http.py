"""Error handling that all calls to providers share, whichever library makes them.

How far a failed call got decides what it means for a run:

- The provider refused (4xx): certain, nothing happened.
- No connection was made: certain, nothing was sent: ``UNAVAILABLE``.
- It was sent, and no answer came, or a 5xx, or an answer that nobody can read: a read is ``UNAVAILABLE``, a call that
  changes something is ``UNKNOWN_OUTCOME``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2
from pydantic import ValidationError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers.permission import may_send
from unrack.providers.proxies import http_client

_VENDOR_TEXT = 300
"""How many characters of the vendor's own words are repeated."""

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_NO_ADDRESS = (httpx2.UnsupportedProtocol, httpx2.InvalidURL)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call, as errors name it."""

    method: str
    """The HTTP method; the operation where the API has no paths, as ``CancelAgreement``."""
    path: str = ""
    changes: bool = False
    """Whether it changes something at the provider."""
    secrets: tuple[str, ...] = ()
    """Values that no error repeats, even where the vendor's answer quotes them."""

    def __str__(self) -> str:
        """Without the query, which may hold text that people wrote."""
        return f"{self.method} {self.path.partition('?')[0]}".rstrip()

    @property
    def lost(self) -> Category:
        """The category of a call without a readable answer."""
        return Category.UNKNOWN_OUTCOME if self.changes else Category.UNAVAILABLE

    @property
    def misread(self) -> Category:
        """The category of a success whose shape is not the one that the vendor promises."""
        return self.lost if self.changes else Category.UNEXPECTED

    def scrubbed(self, text: str) -> str:
        """`text` without the secrets of the call, and not endless."""
        for secret in self.secrets:
            text = text.replace(secret, "***") if secret in text else text  # a message stays one
        return text if len(text) <= _VENDOR_TEXT else text[:_VENDOR_TEXT] + "…"


@dataclass(frozen=True, slots=True)
class Errors:
    """Makes the errors of one vendor."""

    vendor: str
    """Its name for people."""
    suggestions: Mapping[Category, str]
    """The remedy, by category."""

    def error(  # noqa: PLR0913  one place makes every error
        self,
        attempt: Attempt,
        category: Category,
        text: str,
        *,
        reference: str = "",
        missing: tuple[str, ...] = (),
        pause: float | None = None,
    ) -> UnrackError:
        """The error of `attempt`; `pause` is in seconds."""
        problem = Problem(
            category=category,
            message=msg("{vendor}: {call}: {said}", vendor=self.vendor, call=attempt, said=attempt.scrubbed(text)),
            suggestion=self.suggestions.get(category, ""),
            reference=reference,
            missing_rights=missing,
        )
        return UnrackError(problem, pause)

    def by_silence(self, attempt: Attempt, error: Exception) -> UnrackError:
        """The error of a call that `httpx2` could not make, or that got no answer."""
        if isinstance(error, _NEVER_SENT):
            category = Category.UNAVAILABLE
        else:
            category = Category.INVALID if isinstance(error, _NO_ADDRESS) else attempt.lost
        return self.error(attempt, category, msg("no answer ({name})", name=type(error).__name__))


def by_status(status: int, attempt: Attempt) -> Category:
    """Return the category of a failed HTTP status, where the vendor says nothing more exact."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Category.RATE_LIMITED
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Category.DENIED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return attempt.lost
    return Category.INVALID


def shape_fault(error: ValidationError) -> str:
    """Which part of an answer has the wrong shape; never its content."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return msg("{value}: {first}", value=".".join(map(str, first["loc"])) or "body", first=first["msg"])


def retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    """Seconds to wait before the next call, by ``Retry-After`` in either form; `otherwise` where it says nothing."""
    asked = headers.get("retry-after") or headers.get("Retry-After") or ""
    if asked.isdecimal():
        return float(asked)
    try:
        dated = headers.get("date") or headers["Date"]
        return max(1.0, (parsedate_to_datetime(asked) - parsedate_to_datetime(dated)).total_seconds())
    except (ValueError, KeyError):
        return otherwise


class DatedAnswers:
    """The clock of a provider that has no call for the time: its answers are dated."""

    def __init__(self, vendor: str) -> None:
        """No time is known yet. `vendor` is the provider's name for people."""
        self._vendor = vendor
        self._last: ProviderClock | None = None

    def note(self, headers: Mapping[str, str]) -> None:
        """Remember the date of an answer that arrives now, so that the provider's time is never overestimated."""
        read_at = datetime.now(UTC)
        try:
            shown = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            shown = read_at  # a proxy that removes the date leaves our own clock
        self._last = ProviderClock(read_at=read_at, shown=shown)

    def read(self) -> ProviderClock:
        """The time of the last answer.

        Raises:
            UnrackError: nothing was read before.
        """
        if self._last is None:
            text = msg("{vendor}: no answer yet, so no time is known", vendor=self._vendor)
            raise UnrackError(Problem(category=Category.UNEXPECTED, message=text))
        return self._last


class HttpClient:
    """Calls to one address by `httpx2`. Safe for concurrent use."""

    def __init__(self, errors: Errors, url: str, **more: Any) -> None:  # noqa: ANN401  httpx2's own
        """Nothing is sent before the first call.

        Args:
            errors: Makes the vendor's errors.
            url: Where the API is called.
            more: Further arguments of `httpx2.AsyncClient`.
        """
        self.dated = DatedAnswers(errors.vendor)
        self._errors = errors
        self._http = http_client(url, base_url=url, **more)

    async def send(  # the last are httpx2's own
        self,
        attempt: Attempt,
        method: str,
        path: str,
        **more: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        """The answer to one call, whatever its status; a changing one asks first whether it may be sent.

        Args:
            attempt: The call, for errors.
            method: Of HTTP.
            path: Where it goes.
            more: Further arguments of `httpx2.AsyncClient.request`.

        Raises:
            UnrackError: no answer came.
        """
        if attempt.changes:
            await may_send()
        try:
            answer = await self._http.request(method, path, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._errors.by_silence(attempt, error) from None
        self.dated.note(answer.headers)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
