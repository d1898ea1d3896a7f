"""Calls to one Cloudcraft account. All of them read."""

import asyncio
import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError

from unrack.model.service import ProviderClock
from unrack.providers._http import Attempt, HttpClient, shape_fault
from unrack.providers.cloudcraft.credential import CloudcraftCredential
from unrack.providers.cloudcraft.errors import ERRORS, from_answer, misshapen, no_such_format

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
        key = {"Authorization": f"Bearer {credential.api_key.get_secret_value()}"}
        self._http = HttpClient(ERRORS, credential.url, headers=key, timeout=_TIMEOUT)

    async def get(self, path: str, shape: type[Shape]) -> Shape:
        """Read `path` as a `shape`."""
        attempt = Attempt("GET", path)
        answer = await self._answered(attempt)
        try:
            return TypeAdapter(shape).validate_json(answer.content)
        except ValidationError as error:
            raise misshapen(attempt, answer, shape_fault(error)) from None

    async def file(self, path: str, kind: str) -> bytes:
        """Fetch `path` as a file of `kind`: ``json``, ``csv``, ``png``, ``svg`` or ``pdf``."""
        attempt = Attempt("GET", path)
        answer = await self._answered(attempt)
        if not answer.content or not answer.content.lstrip().startswith(_MAGIC.get(kind, b"")):
            raise no_such_format(attempt, kind, answer)
        return answer.content

    async def clock(self) -> ProviderClock:
        """Cloudcraft's clock, as the last answer was dated; it has no call that tells the time.

        Raises:
            UnrackError: nothing was read before.
        """
        return self._http.dated.read()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _answered(self, attempt: Attempt) -> httpx2.Response:
        """A success, asked for again as Cloudcraft's own client does."""
        tried = 0
        while True:
            async with self._turns:
                answer = await self._http.send(attempt, attempt.method, attempt.path)
            if answer.status_code not in AGAIN or tried >= self._pace.retries:
                break
            await asyncio.sleep(self._pace.seconds(tried))
            tried += 1
        if answer.status_code != HTTPStatus.OK:
            raise from_answer(attempt, answer)
        return answer
