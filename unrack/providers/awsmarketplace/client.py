"""Calls to the agreement service of one account: the official client in threads, every answer checked for its shape."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers._http import Attempt, DatedAnswers
from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.awsmarketplace.errors import headers_of, misshapen, translate
from unrack.providers.awsmarketplace.sdk import AwsClient
from unrack.providers.permission import may_send
from unrack.providers.threads import Threads

TIMEOUT = (5.0, 20.0)
"""Seconds to connect and to wait for an answer; the library's own is 60 for each."""

_OVERALL = 30.0
"""Seconds for one call with everything around it, from when its thread begins."""

_MOST_PAGES = 200


class Page(Protocol):
    """An answer that is one of several."""

    @property
    def next_token(self) -> str | None:
        """The token that requests the next page."""
        ...


Shape = TypeVar("Shape", bound=BaseModel)


class AwsApi:
    """One account's agreements. Safe for concurrent use."""

    def __init__(self, credential: AwsCredential, timeout: tuple[float, float] = TIMEOUT) -> None:
        """Connect with `credential`; nothing is sent before the first call."""
        self.credential = credential
        self._timeout = timeout
        self._dated = DatedAnswers("AWS Marketplace")
        self._threads = Threads("awsmarketplace")

    @property
    def endpoint(self) -> str:
        """Where it calls."""
        return self.credential.endpoint or f"AWS, {self.credential.region}"

    async def read(self, operation: str, shape: type[Shape], **parameters: object) -> Shape:
        """Read; `operation` as AWS writes it, ``DescribeAgreement``."""
        return await self._call(Attempt(operation, changes=False, secrets=self.credential.secrets()), shape, parameters)

    async def pages(self, operation: str, shape: type[Shape], **parameters: object) -> list[Shape]:
        """Read every page of `operation`."""
        found: list[Shape] = []
        asked = dict(parameters)
        while len(found) < _MOST_PAGES:
            found.append(await self.read(operation, shape, **asked))
            token = cast("Page", found[-1]).next_token
            if not token:
                return found
            asked["nextToken"] = token
        raise UnrackError(
            Problem(
                category=Category.UNEXPECTED,
                message=msg("AWS Marketplace: {operation} has no end of pages", operation=operation),
            )
        )

    async def change(self, operation: str, shape: type[Shape], **parameters: object) -> Shape:
        """A call that changes something."""
        return await self._call(Attempt(operation, changes=True, secrets=self.credential.secrets()), shape, parameters)

    async def clock(self) -> ProviderClock:
        """AWS's clock, as the last answer was dated; AWS has no call that tells the time.

        Raises:
            UnrackError: nothing was read before.
        """
        return self._dated.read()

    async def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            self._client.close()
        self._threads.close()

    async def _call(self, attempt: Attempt, shape: type[Shape], parameters: Mapping[str, object]) -> Shape:
        try:
            given = await self._threads.call(
                lambda: self._send(attempt, dict(parameters)),
                within=_OVERALL,
                before=may_send if attempt.changes else None,
            )
        except TimeoutError as error:
            raise translate(error, attempt) from None
        self._dated.note(headers_of(given))
        try:
            return shape.model_validate(given)
        except ValidationError as error:
            raise misshapen(attempt, error, given) from None

    def _send(self, attempt: Attempt, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._client.send(to_snake(attempt.method), parameters)
        except Exception as error:  # noqa: BLE001  the library lets any exception through on odd answers
            raise translate(error, attempt) from None

    @cached_property
    def _client(self) -> AwsClient:
        return AwsClient(self.credential, self._timeout)
