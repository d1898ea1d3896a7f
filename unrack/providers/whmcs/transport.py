"""Calls to one WHMCS: form-encoded POSTs to one address, JSON back, every answer checked for its shape."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx2
from pydantic import ValidationError

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.service import ProviderClock
from unrack.providers.permission import may_send
from unrack.providers.proxies import http_client
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.errors import Attempt, misshapen, refused, silent, unusable
from unrack.providers.whmcs.ignored_fields import Shape, nested
from unrack.providers.whmcs.paging import Listing, Reading
from unrack.providers.whmcs.schemas import Page

_PATH = "/includes/api.php"
_TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
"""Seconds; a server module may take its time, and a whole attempt has 60."""

Field = str | int | bool
_Body = dict[str, Any]


class WhmcsApi:
    """One WHMCS. Safe for concurrent use."""

    def __init__(self, credential: WhmcsCredential) -> None:
        """Connect with `credential`; nothing is sent before the first call."""
        self.credential = credential
        self._secrets = tuple(credential.authentication().values())
        self._last: ProviderClock | None = None
        self.readings: dict[str, Reading] = {}
        """Readings of long lists that were cut off."""
        self._http = http_client(credential.url, base_url=credential.endpoint, timeout=_TIMEOUT)

    async def read(self, action: str, shape: type[Shape], **fields: Field) -> Shape:
        """Read."""
        return await self._call(Attempt(action, changes=False, secrets=self._secrets), shape, fields)

    def listing(self, action: str, inside: str, shape: type[Shape], **fields: Field) -> Listing[Shape]:
        """The list of `action`, which its answer has under `inside`; read page by page, whatever is asked of it."""

        async def page(start: int, number: int) -> Page:
            attempt = Attempt(action, changes=False, secrets=self._secrets)
            asked = {**fields, "limitstart": start, "limitnum": number}
            return await self._call(attempt, Page, asked, lambda body: {**body, "rows": body.get(inside)})

        return Listing(page, shape, action)

    async def change(self, action: str, shape: type[Shape], **fields: Field) -> Shape:
        """A call that changes something."""
        await may_send()
        return await self._call(Attempt(action, changes=True, secrets=self._secrets), shape, fields)

    async def clock(self) -> ProviderClock:
        """The clock of its web server, as the last answer was dated.

        Raises:
            UnrackError: nothing was read before.
        """
        if self._last is None:
            raise UnrackError(
                Problem(category=Category.UNEXPECTED, message="WHMCS: no answer yet, so no time is known")
            )
        return self._last

    def moment(self, day: date) -> datetime:
        """The first moment of `day` in the zone of this WHMCS."""
        return datetime.combine(day, time(), self.credential.zone()).astimezone(UTC)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(
        self, attempt: Attempt, shape: type[Shape], fields: Mapping[str, Field], put: Callable[[_Body], _Body] = dict
    ) -> Shape:
        told = {"action": attempt.action, "responsetype": "json", **{name: _text(v) for name, v in fields.items()}}
        try:
            answer = await self._http.post(_PATH, data=told | self.credential.authentication())
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise silent(attempt, error) from None
        self._note_time(answer)
        body = _json(answer)
        if body is None:
            raise unusable(attempt, answer)
        if body.get("result") != "success":
            raise refused(attempt, answer, str(body.get("message", "no reason given")))
        try:
            return shape.model_validate(put(nested(body)))
        except ValidationError as error:
            raise misshapen(attempt, answer, error) from None

    def _note_time(self, answer: httpx2.Response) -> None:
        """Remember the date of an answer; it is dated when it arrived, so the time is never overestimated."""
        read_at = datetime.now(UTC)
        try:
            shown = parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            shown = read_at  # a proxy that removes the date leaves our own clock
        self._last = ProviderClock(read_at=read_at, shown=shown)


def _json(answer: httpx2.Response) -> dict[str, Any] | None:
    """The object that WHMCS's API answers; None for anything else, as a page of a web server."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) and "result" in body else None


def _text(value: Field) -> str:
    """A flag as 1 or 0: WHMCS is PHP, in which the text ``false`` is true."""
    return str(int(value)) if isinstance(value, bool) else value if isinstance(value, str) else str(value)
