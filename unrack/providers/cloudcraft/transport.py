"""Calls to one Cloudcraft account. All of them read."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.service import ProviderClock
from unrack.providers.cloudcraft.credential import CloudcraftCredential
from unrack.providers.cloudcraft.errors import from_answer, from_silence, misshapen, no_such_format
from unrack.providers.proxies import http_client

Shape = TypeVar("Shape")

AGAIN = frozenset({202, 408, 429, 502, 503, 504})
"""Answers after which Cloudcraft's own client asks again; 202: a picture is not rendered yet (cloudcraft-go)."""

_TIMEOUT = httpx2.Timeout(20.0, connect=5.0)
"""Seconds; the client of Cloudcraft waits 120."""

_AT_ONCE = 4
"""How many calls run at the same time; nobody publishes a limit."""

_MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "svg": b"<"}
"""How each export begins."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and when an answer of `AGAIN` is asked for again (cloudcraft-go, config.go and retry.go)."""

    retries: int = 3
    first: float = 1.0
    """Seconds; each pause is twice the one before, a tenth more or less."""
    longest: float = 30.0

    def seconds(self, attempt: int) -> float:
        """The pause after `attempt`, 0 for the first."""
        pause = min(self.first * 2**attempt, self.longest)
        return pause * random.uniform(0.9, 1.1)  # noqa: S311  spreads calls, protects nothing


class CloudcraftApi:
    """One account. Safe for concurrent use."""

    def __init__(self, credential: CloudcraftCredential, pace: Pace | None = None) -> None:
        """Connect with `credential`; nothing is sent before the first call."""
        self.credential = credential
        self._pace = pace or Pace()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._last: ProviderClock | None = None
        self._http = http_client(
            credential.url,
            base_url=credential.endpoint,
            headers={"Authorization": f"Bearer {credential.api_key.get_secret_value()}"},
            timeout=_TIMEOUT,
        )

    async def get(self, path: str, shape: type[Shape]) -> Shape:
        """Read `path` as a `shape`."""
        answer = await self._answered(path)
        try:
            return TypeAdapter(shape).validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise misshapen(path, answer, f"{where}: {first['msg']}") from None

    async def file(self, path: str, kind: str) -> bytes:
        """Fetch `path` as a file of `kind`: ``json``, ``csv``, ``png``, ``svg`` or ``pdf``."""
        answer = await self._answered(path)
        if not answer.content or not answer.content.lstrip().startswith(_MAGIC.get(kind, b"")):
            raise no_such_format(path, kind, answer)
        return answer.content

    async def clock(self) -> ProviderClock:
        """Cloudcraft's clock, as the last answer was dated; it has no call that tells the time.

        Raises:
            UnrackError: nothing was read before.
        """
        if self._last is None:
            raise UnrackError(
                Problem(category=Category.UNEXPECTED, message="Cloudcraft: no answer yet, so no time is known")
            )
        return self._last

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _answered(self, path: str) -> httpx2.Response:
        """A success, asked for again as Cloudcraft's own client does."""
        attempt = 0
        while True:
            async with self._turns:
                answer = await self._sent(path)
            if answer.status_code not in AGAIN or attempt >= self._pace.retries:
                break
            await asyncio.sleep(self._pace.seconds(attempt))
            attempt += 1
        if answer.status_code != HTTPStatus.OK:
            raise from_answer(path, answer)
        return answer

    async def _sent(self, path: str) -> httpx2.Response:
        try:
            answer = await self._http.get(path)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise from_silence(path, error) from None
        self._note_time(answer)
        return answer

    def _note_time(self, answer: httpx2.Response) -> None:
        """Remember the date of an answer; it is dated when it arrived, so the time is never overestimated."""
        read_at = datetime.now(UTC)
        try:
            shown = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            shown = read_at  # a proxy that removes the date leaves our own clock
        self._last = ProviderClock(read_at=read_at, shown=shown)
