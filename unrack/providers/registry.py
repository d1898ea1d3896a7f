"""Which provider is implemented by what, and the open connections of a worker."""

from collections.abc import Callable, Mapping
from typing import Protocol

from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.base import Provider
from unrack.providers.credentials import Credentials
from unrack.providers.ovhcloud import OvhCloud


class OpenProvider(Provider, Protocol):
    """A provider whose connections can be closed."""

    async def close(self) -> None:
        """Close the connections."""
        ...


def _ovhcloud(credentials: Credentials, account: str) -> OpenProvider:
    return OvhCloud(credentials.ovhcloud(account))


FACTORIES: Mapping[str, Callable[[Credentials, str], OpenProvider]] = {"ovhcloud": _ovhcloud}
"""Every provider by name."""


class Providers:
    """The providers of a worker, one per account, opened when first asked for."""

    def __init__(self, credentials: Credentials) -> None:
        """Resolve accounts with `credentials`."""
        self._credentials = credentials
        self._open: dict[tuple[str, str], OpenProvider] = {}

    def get(self, provider: str, account: str) -> Provider:
        """The provider for `account`.

        Raises:
            UnrackError: nothing implements `provider`, or the account has no usable credential.
        """
        key = (provider, account)
        if key not in self._open:
            self._open[key] = _factory(provider)(self._credentials, account)
        return self._open[key]

    async def close(self) -> None:
        """Close every connection."""
        opened, self._open = list(self._open.values()), {}
        for provider in opened:
            await provider.close()


def _factory(provider: str) -> Callable[[Credentials, str], OpenProvider]:
    try:
        return FACTORIES[provider]
    except KeyError:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"no provider '{provider}' is implemented here",
                suggestion=f"known: {', '.join(sorted(FACTORIES))}",
            )
        ) from None
