"""Whether the provider at an address is simulated: asked of the address itself, never taken from a plan.

Simulated is a loopback address that answers a challenge with the key that the simulator wrote at its start and this
worker was given (`unrack.contracts.simulator`). Everything else is real, also on loopback: a tunnel, a proxy, a
simulator that somebody else started.

This is the one place that knows that a simulator's clock may run faster than ours.
"""

import secrets
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from pydantic import ValidationError

from unrack.contracts.simulator import CHALLENGE_PATH, KEY_VARIABLE, Proof
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers.credentials import is_loopback, read_private
from unrack.providers.proxies import http_client

_WITHIN = 10.0
"""Seconds for an answer of this machine."""
_NONCE_BYTES = 32


class Simulation:
    """Whether a simulator answers at the address of one account, and how its clock runs."""

    def __init__(self, url: str, key_file: Path | None, *, only: bool = False) -> None:
        """Judge `url`, where the account's provider is called; nothing is sent before the first question.

        Args:
            url: Empty where nothing is called by HTTP.
            key_file: The file with the simulator's key; None where the worker was given none.
            only: Nothing but a simulator may be there.
        """
        self._url = url
        self._key_file = key_file if is_loopback(url) else None
        self._only = only and bool(url)
        self._http: httpx2.AsyncClient | None = None
        self._scale: float | None = None

    async def answers(self) -> bool:
        """Whether the address proves now that it is a simulator's.

        Raises:
            UnrackError: nothing answers there (``UNAVAILABLE``); the key file cannot be read (``DENIED``); or only a
                simulator may be there and it is none (``DENIED``).
        """
        proof = None if self._key_file is None else await self._proof(self._key_file)
        if proof is None and self._only:
            raise UnrackError(_no_simulator(self._url))
        self._scale = 1.0 if proof is None else proof.scale
        return proof is not None

    async def clock(self, read: ProviderClock) -> ProviderClock:
        """`read`, with the pace of the clock at this address; as it is where nothing is called by HTTP.

        Raises:
            UnrackError: as `answers`.
        """
        if not self._url:
            return read
        if self._scale is None:
            await self.answers()
        return read.model_copy(update={"scale": self._scale})

    async def close(self) -> None:
        """Close the connection."""
        if self._http is not None:
            await self._http.aclose()

    async def _proof(self, key_file: Path) -> Proof | None:
        key = read_private(key_file, msg("the simulator's key file")).strip()
        nonce = secrets.token_hex(_NONCE_BYTES)
        parts = urlsplit(self._url)
        proof = await self._asked(f"{parts.scheme}://{parts.netloc}{CHALLENGE_PATH}", nonce)
        return proof if proof is not None and proof.holds(key, nonce, _port(self._url)) else None

    async def _asked(self, address: str, nonce: str) -> Proof | None:
        """The answer to `nonce`; None for anything that is not one: then something else is there."""
        self._http = self._http or http_client(self._url, timeout=_WITHIN)
        try:
            answer = await self._http.get(address, params={"nonce": nonce})
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnrackError(_silent(address, error)) from None
        if answer.status_code != HTTPStatus.OK:
            return None
        try:
            return Proof.model_validate_json(answer.content)
        except ValidationError:
            return None


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _no_simulator(url: str) -> Problem:
    return Problem(
        category=Category.DENIED,
        message=msg("{url} does not prove that it is the simulator whose key this worker was given", url=url),
        suggestion=msg(
            "name the simulator's key file in the worker's {key_variable} (unrack up --simulator does), or "
            "remove the endpoint of the account 'stated'",
            key_variable=KEY_VARIABLE,
        ),
    )


def _silent(address: str, error: Exception) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg(
            "nothing answers at {address} ({name}), so nobody knows whether it is a simulator",
            address=address,
            name=type(error).__name__,
        ),
        suggestion=msg("nothing was sent; start the simulator, or correct the account's endpoint"),
    )
