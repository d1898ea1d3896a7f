"""Calls to one WHMCS: form-encoded POSTs to one address, JSON back, every answer checked for its shape."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, cast

import httpx2
from pydantic import ValidationError

from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers._http import Attempt, HttpClient
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.errors import ERRORS, misshapen, refused, unusable
from unrack.providers.whmcs.lenient import Shape, nested
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
        self.readings: dict[str, Reading] = {}
        """Readings of long lists that were cut off."""
        self._http = HttpClient(ERRORS, credential.url, timeout=_TIMEOUT)

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
        return await self._call(Attempt(action, changes=True, secrets=self._secrets), shape, fields)

    async def clock(self) -> ProviderClock:
        """The clock of its web server, as the last answer was dated.

        Raises:
            UnrackError: nothing was read before.
        """
        return self._http.dated.read()

    def moment(self, day: date) -> datetime:
        """The first moment of `day` in the zone of this WHMCS."""
        return datetime.combine(day, time(), self.credential.zone()).astimezone(UTC)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _call(
        self, attempt: Attempt, shape: type[Shape], fields: Mapping[str, Field], put: Callable[[_Body], _Body] = dict
    ) -> Shape:
        told = {"action": attempt.method, "responsetype": "json", **{name: _text(v) for name, v in fields.items()}}
        answer = await self._http.send(attempt, "POST", _PATH, data=told | self.credential.authentication())
        body = _json(answer)
        if body is None:
            raise unusable(attempt, answer)
        if body.get("result") != "success":
            raise refused(attempt, answer, str(body.get("message", msg("no reason given"))))
        try:
            return shape.model_validate(put(nested(body)))
        except ValidationError as error:
            raise misshapen(attempt, answer, error) from None


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
