"""The time by which stated dates are judged: this machine's, or a simulator's in a rehearsal."""

from datetime import UTC, datetime

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from unrack.model.base import Moment
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers.proxies import http_client
from unrack.providers.stated.credential import StatedCredential

_WITHIN = 10.0
"""Seconds for an answer of this machine."""


class _Shown(BaseModel):
    """The part of the simulator's clock that counts here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    now: Moment


class StatedClock:
    """Tells the time."""

    def __init__(self, credential: StatedCredential) -> None:
        """Ask the simulator that `credential` names, if any."""
        self._credential = credential
        self._http = http_client(credential.url, timeout=_WITHIN) if credential.endpoint else None

    async def read(self) -> ProviderClock:
        """The time now.

        Raises:
            UnrackError: the simulator does not tell it (``UNAVAILABLE``).
        """
        before = datetime.now(UTC)
        if self._http is None:
            return ProviderClock(read_at=before, shown=before)
        shown = await self._simulated(self._http)
        return ProviderClock(read_at=before, shown=shown.now)

    async def close(self) -> None:
        """Close the connection."""
        if self._http is not None:
            await self._http.aclose()

    async def _simulated(self, http: httpx2.AsyncClient) -> _Shown:
        address = f"{self._credential.endpoint}/_simulator/clock"
        try:
            answer = await http.get(address)
            return _Shown.model_validate_json(answer.raise_for_status().content)
        except (httpx2.HTTPError, ValidationError) as error:
            raise UnrackError(
                Problem(
                    category=Category.UNAVAILABLE,
                    message=msg("the simulator does not tell its time ({name})", name=type(error).__name__),
                    suggestion=msg("start it (unrack up --simulator), or remove the endpoint of the account 'stated'"),
                    reference=address,
                )
            ) from None
