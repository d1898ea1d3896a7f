"""Calls to the API of one OVHcloud account: the official client in threads, every answer checked for its shape."""

import asyncio
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar

import requests
from pydantic import TypeAdapter, ValidationError

from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers._http import Attempt, shape_fault
from unrack.providers.one_call import note_clock, noted_clock, read_once
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.errors import error_body, misshapen, not_sent, translate
from unrack.providers.ovhcloud.schemas.published import Task
from unrack.providers.ovhcloud.sdk import OvhClient
from unrack.providers.permission import may_send
from unrack.providers.remembered import Remembered
from unrack.providers.threads import Leave, Threads

Shape = TypeVar("Shape")

TIMEOUT = (5.0, 20.0)
"""Seconds to connect and to wait for an answer; the library's own is 180 for each."""

_OVERALL = 30.0
"""Seconds for one call with everything around it (OAuth2 token, clock), from when its thread begins: the library
bounds none of that."""


class OvhApi:
    """One account's API. Safe for concurrent use: each call has a client to itself for as long as it lasts."""

    def __init__(self, credential: OvhCredential, timeout: tuple[float, float] = TIMEOUT) -> None:
        """Connect with `credential`; nothing is sent before the first call."""
        self.credential = credential
        self._timeout = timeout
        self._idle: list[OvhClient] = []
        self._lock = threading.Lock()
        self._closed = False
        self._threads = Threads("ovhcloud")
        self._time_delta: int | None = None
        """By how much the provider's clock is ahead, for signatures; whole seconds."""
        self.ended_tasks = Remembered[Task]()
        """Tasks that were read when they had ended, by path."""

    async def get(self, path: str, shape: type[Shape], **query: str) -> Shape:
        """Read `path`."""
        attempt = Attempt("GET", path, changes=False)
        key = (self, path, tuple(sorted(query.items())))
        given, answer = await read_once(key, lambda: self._asked(attempt, query=query))
        return _shaped(attempt, shape, given, answer)

    async def read_by_post(self, path: str, shape: type[Shape], body: Mapping[str, Any] | None = None) -> Shape:
        """A POST that changes nothing: a letter asked for, a price simulated."""
        return await self._call(Attempt("POST", path, changes=False), shape, body=body)

    async def change(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        body: Mapping[str, Any] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Shape:
        """A call that changes something; `secrets` in its body are never repeated in an error."""
        return await self._call(Attempt(method, path, changes=True, secrets=secrets), shape, body=body)

    async def clock(self) -> ProviderClock:
        """The provider's clock. The reading is dated when it arrived, so the provider's time is never overestimated.

        Each answer shows the time of its own; a value that this call has read is not requested again.
        """
        if (noted := noted_clock(self)) is not None:
            return noted
        attempt = Attempt("GET", "/auth/time", changes=False)
        seconds = await self._call(attempt, int, signed=False)
        try:
            shown = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            raise misshapen(attempt, msg("no time that a calendar knows"), None, seconds) from None
        return ProviderClock(read_at=datetime.now(UTC), shown=shown)

    async def close(self) -> None:
        """Close every connection; calls under way close theirs when they end."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for client in idle:
            client.close()
        self._threads.close()

    async def _call(
        self, attempt: Attempt, shape: type[Shape], *, body: Mapping[str, Any] | None = None, signed: bool = True
    ) -> Shape:
        given, answer = await self._asked(attempt, body=body, signed=signed)
        return _shaped(attempt, shape, given, answer)

    async def _asked(
        self,
        attempt: Attempt,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        signed: bool = True,
    ) -> tuple[object, requests.Response | None]:
        leave = Leave()
        try:
            given, answer = await self._threads.call(
                lambda: self._send(attempt, dict(query or {}), body, leave, signed=signed),
                within=_OVERALL,
                before=may_send if attempt.changes else None,
            )
        except TimeoutError as error:
            if not leave.withdraw():
                raise not_sent(attempt) from None
            raise translate(error, attempt) from None
        except asyncio.CancelledError:
            leave.withdraw()
            raise
        if (shown := shown_time(answer)) is not None:
            note_clock(self, ProviderClock(read_at=datetime.now(UTC), shown=shown))
        return given, answer

    def _send(
        self, attempt: Attempt, query: dict[str, str], body: Mapping[str, Any] | None, leave: Leave, *, signed: bool
    ) -> tuple[object, requests.Response | None]:
        """One call in a thread. A signature refused for its time is signed once more by a clock read anew.

        The refusal is certain: OVHcloud judges the signature before anything else. A client that took so long to
        prepare that nobody waits any more sends nothing: by then the call may be judged otherwise.
        """
        with self._client() as client:
            if not leave.take():
                raise not_sent(attempt)
            try:
                return _sent(client, attempt, query, body, signed=signed)
            except UnrackError:
                if error_body(client.last).get("errorCode") != "QUERY_TIME_OUT":
                    raise
        self._drop_idle()
        with self._client() as client:
            if not leave.take():
                raise not_sent(attempt)
            return _sent(client, attempt, query, body, signed=signed)

    @contextmanager
    def _client(self) -> Generator[OvhClient]:
        """A client for one thread: `requests` does not promise that threads may share a session."""
        with self._lock:
            client = self._idle.pop() if self._idle else None
        client = client or self._opened()
        try:
            yield client
        finally:
            with self._lock:
                keep = not self._closed
                if keep:
                    self._idle.append(client)
            if not keep:
                client.close()

    def _opened(self) -> OvhClient:
        """A new client, prepared, so that a failure to do so is never mistaken for one of the call itself."""
        client = None
        try:
            client = OvhClient(self.credential, self._timeout)
            self._time_delta = client.prepare(self._time_delta)
        except Exception as error:  # noqa: BLE001  the library lets any exception through on odd answers
            if client is not None:
                client.close()
            attempt = Attempt("GET", "/auth/time", changes=False)
            raise translate(error, attempt, client.last if client else None) from None
        return client

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle, self._time_delta = self._idle, [], None
        for client in idle:
            client.close()


def _shaped(attempt: Attempt, shape: type[Shape], given: object, answer: requests.Response | None) -> Shape:
    try:
        return _adapter(shape).validate_python(given)
    except ValidationError as error:
        raise misshapen(attempt, shape_fault(error), answer, given) from None


def shown_time(answer: requests.Response | None) -> datetime | None:
    """The provider's time as an answer shows it, in whole seconds; None where it does not, or a cache answered."""
    if answer is None or "Age" in answer.headers:
        return None
    try:
        shown = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return shown.astimezone(UTC) if shown.tzinfo is not None else None


def _sent(
    client: OvhClient, attempt: Attempt, query: dict[str, str], body: Mapping[str, Any] | None, *, signed: bool
) -> tuple[object, requests.Response | None]:
    try:
        return client.send(attempt.method, attempt.path, query, body, signed=signed), client.last
    except Exception as error:  # noqa: BLE001  the library lets any exception through on odd answers
        raise translate(error, attempt, client.last) from None


@cache
def _adapter(shape: type[Shape]) -> TypeAdapter[Shape]:
    return TypeAdapter(shape)
